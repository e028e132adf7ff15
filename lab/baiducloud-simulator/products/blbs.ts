import type { Account } from "../account.ts";
import { badRequest, denied, Fault, noSuchObject, quotaExceeded } from "../api/fault.ts";
import { boolean, requiredText, resourceName, type Tag, tags, text } from "../api/fields.ts";
import { page } from "../api/paging.ts";
import type { Router } from "../api/router.ts";
import type { Eips } from "./eips.ts";

export interface SimulatedListener {
  readonly listenerType: string;
  readonly listenerPort: number;
  /** All fields as stored, defaults filled in. */
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface SimulatedBlb {
  readonly blbId: string;
  readonly address: string;
  readonly subnetId: string;
  /** An IPv6 one, whose `address` is of that family; they are a list of their own. */
  readonly ipv6Only: boolean;
  readonly createTime: string;
  readonly visibleFrom: number;
  readonly clusters: { readonly layer4: string; readonly layer7: string };
  tags: readonly Tag[];
  /** "" unless dual stack. */
  ipv6: string;
  performanceLevel: string;
  readonly securityGroups: Set<string>;
  name: string;
  desc: string;
  status: "creating" | "available" | "updating";
  allowDelete: boolean;
  /** By `TCP/80`. */
  readonly listeners: Map<string, SimulatedListener>;
  /** Weight by instance. */
  readonly backends: Map<string, number>;
  /** What who added a backend wrote to it. */
  readonly backendNotes: Map<string, string>;
}

/** Load balancers (BLB): the objects themselves; listeners and backends are in files of their own. */
export interface Blbs {
  readonly all: ReadonlyMap<string, SimulatedBlb>;
  get(id: string): SimulatedBlb;
  /** Refuses unless available, then enters `updating` for a while: every change of a load balancer goes through here. */
  mutate(id: string, change: (blb: SimulatedBlb) => void): void;
  onChange(listener: (blb: SimulatedBlb) => void): void;
}

const LEVELS = ["", "small1", "small2", "medium1", "medium2", "large1", "large2", "large3", "unlimited"];

function level(name: string): string {
  if (LEVELS.includes(name)) return name;
  throw badRequest(`performanceLevel: "${name}" is unknown.`);
}

export function createBlbs(account: Account, router: Router, eips: () => Eips): Blbs {
  const { clock, timings, quotas, vpc } = account;
  const all = new Map<string, SimulatedBlb>();
  const listeners: ((blb: SimulatedBlb) => void)[] = [];
  const told = (blb: SimulatedBlb): void => {
    for (const listener of listeners) listener(blb);
  };
  const get = (id: string): SimulatedBlb => {
    const blb = all.get(id);
    if (!blb) throw noSuchObject(id);
    return blb;
  };
  const rest = (blb: SimulatedBlb, ms: number, done: () => void): void => {
    clock.schedule(ms, () => {
      if (all.get(blb.blbId) !== blb) return;
      blb.status = "available";
      done();
      told(blb);
    });
  };
  const mutate = (id: string, change: (blb: SimulatedBlb) => void): void => {
    const blb = get(id);
    if (blb.status !== "available")
      throw denied(`load balancer ${id} is ${blb.status}: try again when it is available.`);
    change(blb);
    blb.status = "updating";
    told(blb);
    rest(blb, timings.blbUpdate, () => {});
  };
  const summary = (blb: SimulatedBlb) => {
    const eip = eips().boundTo(blb.blbId, "ipv4");
    const eip6 = eips().boundTo(blb.blbId, "ipv6");
    return {
      blbId: blb.blbId,
      name: blb.name,
      desc: blb.desc,
      address: blb.address,
      status: blb.status,
      vpcId: vpc.vpcId,
      publicIp: eip?.eip ?? "",
      eipRouteType: eip?.routeType ?? "",
      publicIpv6: eip6?.eip ?? "",
      eipV6RouteType: eip6?.routeType ?? "",
      ...(blb.ipv6 === "" ? {} : { ipv6: blb.ipv6 }),
      tags: blb.tags,
      allowDelete: blb.allowDelete,
      allowModify: true,
      modificationProtectionReason: "",
      layer4ClusterId: blb.clusters.layer4,
      layer7ClusterId: blb.clusters.layer7,
      layer4ClusterExclusive: false,
      layer7ClusterExclusive: false,
      paymentTiming: "Postpaid",
      billingMethod: "",
    };
  };

  router.on("POST", "/v1/blb", ({ body }) => {
    const vpcId = requiredText(body, "vpcId");
    if (vpcId !== vpc.vpcId) throw noSuchObject(vpcId);
    const subnetId = requiredText(body, "subnetId");
    const desc = text(body, "desc") ?? "";
    if (new TextEncoder().encode(desc).length > 450) throw badRequest("desc: at most 450 bytes.");
    const name = resourceName(body);
    const marks = tags(body);
    if (all.size >= quotas.blbs) throw quotaExceeded("load balancers");
    const type = text(body, "type") ?? "";
    if (type !== "" && type !== "normal" && type !== "ipv6") throw badRequest(`type: "${type}" is unknown.`);
    const performanceLevel = level(text(body, "performanceLevel") ?? "");
    const ipv6Only = type === "ipv6";
    const address = ipv6Only
      ? account.takeIpv6(subnetId)
      : account.takeIp(subnetId, text(body, "address") || undefined);
    const blbId = account.newId("lb");
    const blb: SimulatedBlb = {
      blbId,
      address,
      subnetId,
      ipv6Only,
      ipv6: !ipv6Only && boolean(body, "allocateIpv6") ? account.takeIpv6(subnetId) : "",
      performanceLevel,
      securityGroups: new Set(),
      clusters: { layer4: text(body, "layer4ClusterId") ?? "", layer7: text(body, "layer7ClusterId") ?? "" },
      tags: marks,
      createTime: account.time(),
      visibleFrom: clock.now() + timings.blbListLag,
      name: name ?? `BLB-${account.region}-${blbId.slice(3)}`,
      desc,
      status: "creating",
      allowDelete: boolean(body, "allowDelete") ?? true,
      listeners: new Map(),
      backends: new Map(),
      backendNotes: new Map(),
    };
    all.set(blbId, blb);
    const eip = text(body, "eip");
    if (eip) eips().bindNow(eip, "BLB", blbId);
    account.emit({ kind: "blb.created", blbId, name: blb.name, address });
    rest(blb, timings.blbCreate, () => account.emit({ kind: "blb.available", blbId, name: blb.name, address }));
    return { blbId, name: blb.name, desc, address };
  });
  router.on("GET", "/v1/blb", (input) => {
    const [address, name, blbId, bccId] = ["address", "name", "blbId", "bccId"].map((field) => input.param(field));
    const exact = input.param("exactlyMatch") === "true";
    const fits = (value: string, wanted: string | undefined) =>
      !wanted || (exact ? value === wanted : value.includes(wanted));
    const ipv6Only = input.param("type") === "ipv6";
    const chosen = [...all.values()].filter(
      (blb) =>
        blb.ipv6Only === ipv6Only &&
        blb.visibleFrom <= clock.now() &&
        fits(blb.name, name) &&
        fits(blb.address, address) &&
        (!blbId || blb.blbId === blbId) &&
        (!bccId || blb.backends.has(bccId)),
    );
    const views = chosen.map((blb) => ({ ...summary(blb), subnetId: blb.subnetId }));
    return page(input, "blbList", views, (view) => view.blbId);
  });
  router.on("GET", "/v1/blb/{}", (_input, id = "") => {
    const blb = get(id);
    return {
      ...summary(blb),
      cidr: vpc.cidr,
      vpcName: vpc.name,
      createTime: blb.createTime,
      releaseTime: "",
      performanceLevel: blb.performanceLevel,
      expireTime: "",
      // A text here, a number everywhere else: official clients insist on it.
      listener: [...blb.listeners.values()].map(({ listenerPort, listenerType }) => ({
        port: String(listenerPort),
        type: listenerType,
      })),
    };
  });
  router.on("PUT", "/v1/blb/{}", ({ body }, id = "") => {
    const name = resourceName(body);
    const desc = text(body, "desc");
    const allowDelete = boolean(body, "allowDelete");
    const allocateIpv6 = boolean(body, "allocateIpv6");
    mutate(id, (blb) => {
      if (allocateIpv6 === true && blb.ipv6 === "") blb.ipv6 = account.takeIpv6(blb.subnetId);
      if (allocateIpv6 === false) blb.ipv6 = "";
      blb.name = name ?? blb.name;
      blb.desc = desc ?? blb.desc;
      blb.allowDelete = allowDelete ?? blb.allowDelete;
    });
    return {};
  });
  router.on("POST", "/v1/blb/{}", (input, id = "") => {
    if (input.param("action") !== "RESIZE") throw badRequest("expected the action RESIZE.");
    const performanceLevel = level(requiredText(input.body, "performanceLevel"));
    mutate(id, (blb) => {
      blb.performanceLevel = performanceLevel;
    });
    return {};
  });
  router.on("DELETE", "/v1/blb/{}", (_input, id = "") => {
    const blb = get(id);
    if (!blb.allowDelete)
      throw new Fault(403, "OperationDenied", `load balancer ${id} is protected against deletion (allowDelete).`);
    if (blb.status !== "available")
      throw denied(`load balancer ${id} is ${blb.status}: try again when it is available.`);
    all.delete(id);
    account.releaseIp(blb.address);
    eips().detach(id);
    account.emit({ kind: "blb.deleted", blbId: id, name: blb.name });
    told(blb);
    return {};
  });
  return { all, get, mutate, onChange: (listener) => void listeners.push(listener) };
}
