import type { Account } from "../account.ts";
import { badRequest, denied, Fault, noSuchObject, quotaExceeded } from "../api/fault.ts";
import { integer, requiredInteger, requiredText, resourceName, type Tag, tags, text } from "../api/fields.ts";
import { page } from "../api/paging.ts";
import type { Router } from "../api/router.ts";
import type { Instances } from "./instances.ts";

type Status = "creating" | "available" | "binding" | "binded" | "unbinding" | "updating";

export interface SimulatedEip {
  readonly eip: string;
  readonly eipId: string;
  readonly name: string;
  readonly paymentTiming: string;
  readonly billingMethod: string | null;
  readonly routeType: string;
  readonly createTime: string;
  readonly tags: readonly Tag[];
  status: Status;
  bandwidthInMbps: number;
  instanceType: string | null;
  instanceId: string | null;
}

/** Public addresses (EIP). */
export interface Eips {
  readonly all: ReadonlyMap<string, SimulatedEip>;
  /** The address whose traffic goes to the instance now. */
  boundTo(instanceId: string): SimulatedEip | undefined;
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
    if ([...all.values()].some((other) => other.instanceId === instanceId)) {
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
  const view = (eip: SimulatedEip) => ({
    ...eip,
    eipInstanceType: "normal",
    shareGroupId: null,
    clusterId: null,
    expireTime: null,
    region: account.region,
    deleteProtect: false,
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
    const most = billingMethod === "ByTraffic" ? 200 : 500;
    const bandwidthInMbps = requiredInteger(body, "bandwidthInMbps", 1, most);
    if (all.size >= quotas.eips) throw quotaExceeded("EIPs");
    const address = nextAddress((candidate) => all.has(candidate));
    const eip: SimulatedEip = {
      eip: address,
      eipId: account.newId("ip"),
      name: resourceName(body) ?? `eip-${address}`,
      paymentTiming,
      billingMethod: paymentTiming === "Prepaid" ? null : billingMethod,
      routeType: text(body, "routeType") ?? "BGP",
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
    if (id && !type) throw badRequest("instanceId needs instanceType.");
    const chosen = [...all.values()].filter(
      (eip) =>
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
    if (eip.paymentTiming === "Prepaid")
      throw denied(`EIP ${address} is prepaid: it cannot be released before its term ends.`);
    all.delete(address);
    account.emit({ kind: "eip.released", eip: address, name: eip.name });
    changed();
    return {};
  });

  return {
    all,
    boundTo: (instanceId) => [...all.values()].find((eip) => eip.instanceId === instanceId && eip.status !== "binding"),
    detach(instanceId) {
      const eip = [...all.values()].find((candidate) => candidate.instanceId === instanceId);
      if (!eip) return;
      free(eip);
      eip.status = "available";
      changed();
    },
    bindNow: (address, instanceType, instanceId) => bind(get(address), instanceType, instanceId),
    onChange: (listener) => void listeners.push(listener),
  };
}
