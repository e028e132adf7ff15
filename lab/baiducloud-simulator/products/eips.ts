import type { Account } from "../account.ts";
import { badRequest, denied, Fault, noSuchObject, quotaExceeded } from "../api/fault.ts";
import {
  boolean,
  integer,
  objects,
  requiredInteger,
  requiredText,
  resourceName,
  type Tag,
  tags,
  text,
  texts,
} from "../api/fields.ts";
import { page } from "../api/paging.ts";
import type { Router } from "../api/router.ts";
import type { Instances } from "./instances.ts";

type Status = "creating" | "available" | "binding" | "binded" | "unbinding" | "updating";

export type IpVersion = "ipv4" | "ipv6";

export interface SimulatedEip {
  readonly eip: string;
  readonly eipId: string;
  readonly name: string;
  readonly paymentTiming: string;
  readonly billingMethod: string | null;
  readonly routeType: string;
  readonly createTime: string;
  readonly ipVersion: IpVersion;
  tags: readonly Tag[];
  deleteProtect: boolean;
  /** "" unless it is in a shared bandwidth group. */
  shareGroupId: string;
  status: Status;
  bandwidthInMbps: number;
  instanceType: string | null;
  instanceId: string | null;
}

/** Public addresses (EIP). */
export interface Eips {
  readonly all: ReadonlyMap<string, SimulatedEip>;
  /** The address whose traffic goes to the instance now. */
  boundTo(instanceId: string, ipVersion: IpVersion): SimulatedEip | undefined;
  /** The instance is gone: its address becomes free by itself. */
  detach(instanceId: string): void;
  /** Binds a new or given address in the same call that creates its target. */
  bindNow(address: string, instanceType: string, instanceId: string): void;
  onChange(listener: () => void): void;
}

const TARGETS = new Set(["BCC", "BBC", "DCC", "ENI", "BLB", "NAT", "VPN"]);

export function createEips(
  account: Account,
  router: Router,
  instances: Instances,
  hasBlb: (id: string) => boolean,
  nextAddress: (taken: (address: string) => boolean) => string,
): Eips {
  const { clock, timings, quotas } = account;
  const all = new Map<string, SimulatedEip>();
  let ipv6Count = 0;
  const listeners: (() => void)[] = [];
  const changed = (): void => {
    for (const listener of listeners) listener();
  };
  const get = (address: string): SimulatedEip => {
    const eip = all.get(address);
    if (!eip) throw noSuchObject(address);
    return eip;
  };
  /** Enters `during` at once, as clients expect, and `after` when the time has come. */
  const transition = (eip: SimulatedEip, during: Status, after: Status, ms: number, done: () => void): void => {
    eip.status = during;
    clock.schedule(ms, () => {
      if (all.get(eip.eip) !== eip || eip.status !== during) return;
      eip.status = after;
      done();
      changed();
    });
  };
  const setPublicIp = (instanceId: string, address: string): void => {
    const instance = instances.all.get(instanceId);
    if (instance) instance.publicIp = address;
  };
  const bind = (eip: SimulatedEip, instanceType: string, instanceId: string): void => {
    if (eip.status !== "available") throw denied(`EIP ${eip.eip} is ${eip.status}: it must be available to be bound.`);
    if (!TARGETS.has(instanceType)) throw badRequest(`instanceType: "${instanceType}" is unknown.`);
    const exists = instanceType === "BLB" ? hasBlb(instanceId) : instances.all.has(instanceId);
    if (!exists) throw noSuchObject(instanceId);
    if ([...all.values()].some((other) => other.instanceId === instanceId && other.ipVersion === eip.ipVersion)) {
      throw denied(`${instanceType} ${instanceId} has an EIP already.`);
    }
    eip.instanceType = instanceType;
    eip.instanceId = instanceId;
    transition(eip, "binding", "binded", timings.eipBind, () => {
      setPublicIp(instanceId, eip.eip);
      account.emit({ kind: "eip.bound", eip: eip.eip, instanceId });
    });
  };
  const free = (eip: SimulatedEip): void => {
    const { instanceId } = eip;
    eip.instanceId = null;
    eip.instanceType = null;
    if (!instanceId) return;
    setPublicIp(instanceId, "");
    account.emit({ kind: "eip.unbound", eip: eip.eip, instanceId });
  };
  const view = ({ ipVersion: _, ...eip }: SimulatedEip) => ({
    ...eip,
    eipInstanceType: eip.shareGroupId === "" ? "normal" : "shared",
    shareGroupId: eip.shareGroupId || null,
    clusterId: null,
    expireTime: null,
    region: account.region,
  });

  router.on("POST", "/v1/eip", ({ body }) => {
    const billing = body.billing;
    if (typeof billing !== "object" || billing === null)
      throw new Fault(400, "InappropriateJSON", "billing is required.");
    const terms = billing as Record<string, unknown>;
    const paymentTiming = requiredText(terms, "paymentTiming");
    const billingMethod = text(terms, "billingMethod") ?? null;
    if (paymentTiming !== "Prepaid" && paymentTiming !== "Postpaid")
      throw badRequest(`paymentTiming: "${paymentTiming}" is unknown.`);
    if (paymentTiming === "Postpaid" && billingMethod !== "ByTraffic" && billingMethod !== "ByBandwidth") {
      throw badRequest("billingMethod: expected ByTraffic or ByBandwidth.");
    }
    const routeType = text(body, "routeType") ?? "BGP";
    if (routeType !== "BGP" && routeType !== "BGP_S") throw badRequest(`routeType: "${routeType}" is unknown.`);
    const [least, most] = routeType === "BGP_S" ? [100, 5000] : [1, billingMethod === "ByTraffic" ? 200 : 500];
    const bandwidthInMbps = requiredInteger(body, "bandwidthInMbps", least, most);
    const ipVersion = text(body, "ipVersion") ?? "ipv4";
    if (ipVersion !== "ipv4" && ipVersion !== "ipv6") throw badRequest(`ipVersion: "${ipVersion}" is unknown.`);
    if (all.size >= quotas.eips) throw quotaExceeded("EIPs");
    const address =
      ipVersion === "ipv6"
        ? `2400:da00:100::${(++ipv6Count).toString(16)}`
        : nextAddress((candidate) => all.has(candidate));
    const eip: SimulatedEip = {
      eip: address,
      eipId: account.newId("ip"),
      name: resourceName(body) ?? `eip-${address}`,
      paymentTiming,
      billingMethod: paymentTiming === "Prepaid" ? null : billingMethod,
      routeType,
      ipVersion,
      deleteProtect: boolean(body, "deleteProtect") ?? false,
      shareGroupId: "",
      createTime: account.time(),
      tags: tags(body),
      status: "creating",
      bandwidthInMbps,
      instanceType: null,
      instanceId: null,
    };
    all.set(address, eip);
    transition(eip, "creating", "available", timings.eipCreate, () => {});
    account.emit({ kind: "eip.created", eip: address, name: eip.name });
    return { eip: address };
  });
  router.on("GET", "/v1/eip", (input) => {
    const [address, name, status, type, id] = ["eip", "name", "status", "instanceType", "instanceId"].map((field) =>
      input.param(field),
    );
    const ids = input.param("eipIds")?.split(",");
    const ipVersion = input.param("ipVersion") || "ipv4";
    if (id && !type) throw badRequest("instanceId needs instanceType.");
    const chosen = [...all.values()].filter(
      (eip) =>
        eip.ipVersion === ipVersion &&
        (!address || eip.eip === address) &&
        (!ids || ids.includes(eip.eipId)) &&
        (!name || eip.name === name) &&
        (!status || eip.status === status) &&
        (!type || eip.instanceType === type) &&
        (!id || eip.instanceId === id),
    );
    return page(input, "eipList", chosen.map(view), ({ eipId }) => eipId);
  });
  router.on("PUT", "/v1/eip/{}", (input, address = "") => {
    const eip = get(address);
    if (input.has("bind")) bind(eip, requiredText(input.body, "instanceType"), requiredText(input.body, "instanceId"));
    else if (input.has("unbind")) {
      if (eip.status !== "binded")
        throw new Fault(409, "UnsupportedOperation", `EIP ${address} is ${eip.status}: it must be binded.`);
      transition(eip, "unbinding", "available", timings.eipBind, () => free(eip));
    } else if (input.has("resize")) {
      const before = eip.status;
      if (before !== "available" && before !== "binded") throw denied(`EIP ${address} is ${before}.`);
      if (eip.shareGroupId !== "") throw denied(`EIP ${address} is in ${eip.shareGroupId}, whose bandwidth it shares.`);
      const most = eip.billingMethod === "ByTraffic" ? 1000 : 200;
      const wanted = integer(input.body, "newBandwidthInMbps", 1, most) ?? eip.bandwidthInMbps;
      eip.bandwidthInMbps = wanted;
      transition(eip, "updating", before, timings.eipBind, () => {});
    } else throw badRequest("expected one of the actions bind, unbind, resize.");
    changed();
    return {};
  });
  router.on("DELETE", "/v1/eip/{}", (_input, address = "") => {
    const eip = get(address);
    if (eip.status !== "available")
      throw denied(`EIP ${address} is ${eip.status}: it must be available to be released.`);
    if (eip.deleteProtect) throw denied(`EIP ${address} is protected against release (deleteProtect).`);
    if (eip.paymentTiming === "Prepaid")
      throw denied(`EIP ${address} is prepaid: it cannot be released before its term ends.`);
    all.delete(address);
    account.emit({ kind: "eip.released", eip: address, name: eip.name });
    changed();
    return {};
  });
  router.on("PUT", "/v1/eip/{}/deleteProtect", ({ body }, address = "") => {
    get(address).deleteProtect = boolean(body, "deleteProtect") ?? false;
    return {};
  });
  router.on("PUT", "/v1/eipgroup/{}", (input, groupId = "") => {
    if (!/^eg-/.test(groupId)) throw noSuchObject(groupId);
    const leave = (objects(input.body, "moveOutEips") ?? []).map((entry) => requiredText(entry, "eip"));
    const moved = input.has("move_in") ? (texts(input.body, "eips") ?? []) : input.has("move_out") ? leave : [];
    if (moved.length === 0) throw badRequest("expected one of the actions move_in, move_out, with addresses.");
    const members = moved.map(get);
    for (const eip of members) {
      const here = input.has("move_in") ? "" : groupId;
      if (eip.shareGroupId !== here) throw denied(`EIP ${eip.eip} is in ${eip.shareGroupId || "no group"}.`);
    }
    for (const eip of members) eip.shareGroupId = input.has("move_in") ? groupId : "";
    return {};
  });

  return {
    all,
    boundTo: (instanceId, ipVersion) =>
      [...all.values()].find(
        (eip) => eip.instanceId === instanceId && eip.status !== "binding" && eip.ipVersion === ipVersion,
      ),
    detach(instanceId) {
      const bound = [...all.values()].filter((candidate) => candidate.instanceId === instanceId);
      for (const eip of bound) {
        free(eip);
        eip.status = "available";
      }
      if (bound.length > 0) changed();
    },
    bindNow: (address, instanceType, instanceId) => bind(get(address), instanceType, instanceId),
    onChange: (listener) => void listeners.push(listener),
  };
}
