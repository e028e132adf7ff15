import type { Clock } from "@ccm/base";
import type { Scheduler } from "../api-call.ts";
import type { ReadOptions, Tag, WriteOptions } from "../call.ts";
import { createLooks } from "../looks.ts";
import { allPages } from "../paging.ts";
import { given, hasTags, lookOf, product, required, whenDone } from "../request.ts";

/** creating, available, binding, binded, unbinding, updating, paused, unavailable. */
export interface Eip {
  readonly eip: string;
  readonly eipId: string;
  readonly name: string;
  readonly status: string;
  readonly instanceType?: string | null;
  readonly instanceId?: string | null;
  readonly bandwidthInMbps: number;
  readonly paymentTiming: string;
  readonly billingMethod?: string | null;
  readonly routeType?: string | null;
  /** "shared": in a shared bandwidth group, whose bandwidth it uses. */
  readonly eipInstanceType?: string | null;
  readonly shareGroupId?: string | null;
  /** Protected against release. */
  readonly deleteProtect?: boolean | null;
  readonly tags?: readonly Tag[] | null;
}

export interface EipSpec {
  /** 1 to 65 characters, a letter first, then letters, digits and `-_/.`. */
  readonly name: string;
  readonly bandwidthInMbps: number;
  readonly billing: {
    readonly paymentTiming: "Prepaid" | "Postpaid";
    readonly billingMethod?: "ByTraffic" | "ByBandwidth";
    readonly reservation?: { readonly reservationLength: number; readonly reservationTimeUnit: "month" };
  };
  readonly tags?: readonly Tag[];
  /** Default: ipv4. */
  readonly ipVersion?: "ipv6";
  /** Default: BGP. */
  readonly routeType?: "BGP" | "BGP_S";
  readonly resourceGroupId?: string;
  readonly deleteProtect?: boolean;
}

export interface EipApi {
  /** Follows the pages. */
  list(
    filter?: {
      /** Default: ipv4. */
      readonly ipVersion?: "ipv6";
      readonly eip?: string;
      readonly name?: string;
      readonly instanceType?: "BLB";
      /** Needs instanceType. */
      readonly instanceId?: string;
    },
    options?: ReadOptions,
  ): Promise<readonly Eip[]>;
  /** For who waits, over and over: undefined when there is none; looks of one moment share a call. */
  look(eip: string, options?: ReadOptions): Promise<Eip | undefined>;
  /** The address is asynchronous: `look` until "available". */
  create(spec: EipSpec, options: WriteOptions): Promise<{ readonly eip: string }>;
  bind(
    eip: string,
    target: { readonly instanceType: "BLB"; readonly instanceId: string },
    options: WriteOptions,
  ): Promise<void>;
  unbind(eip: string, options: WriteOptions): Promise<void>;
  resize(eip: string, newBandwidthInMbps: number, options: WriteOptions): Promise<void>;
  protect(eip: string, deleteProtect: boolean, options: WriteOptions): Promise<void>;
  release(eip: string, options: WriteOptions): Promise<void>;
  /** Into a shared bandwidth group (`eg-…`). */
  joinGroup(groupId: string, eip: string, options: WriteOptions): Promise<void>;
  /** One that came from outside gets back what it had before. */
  leaveGroup(groupId: string, eip: string, options: WriteOptions): Promise<void>;
}

export function createEip(call: Scheduler, endpoint: string, clock: Clock): EipApi {
  const eips = product("eip", endpoint);
  /** The address itself is the key in the path. */
  const at = (eip: string) => `/v1/eip/${eip}`;
  const list: EipApi["list"] = (filter = {}, options = {}) =>
    allPages(call, eips.read("list", "/v1/eip", given({ ...filter }), options), "eipList");
  const versionOf = (eip: string) => (eip.includes(":") ? { ipVersion: "ipv6" as const } : {});
  const find = async (eip: string, options: ReadOptions) =>
    (await list({ eip, ...versionOf(eip) }, options)).find((one) => one.eip === eip);
  const look = createLooks<Eip>(clock, { one: find, all: (options) => list({}, options), idOf: ({ eip }) => eip });
  /** For `observe`: whether the address is as it was to become; `done` is asked about undefined when it is gone. */
  const seen = (eip: string, options: WriteOptions, done: (found: Eip | undefined) => boolean) => {
    return { observe: () => whenDone(find(eip, lookOf(options)).then(done)) };
  };
  return {
    list,
    look: (eip, options = {}) => look(eip, options),
    async create(spec, options) {
      const observe = async () => {
        const filter = { name: spec.name, ...(spec.ipVersion ? { ipVersion: spec.ipVersion } : {}) };
        const named = await list(filter, lookOf(options));
        const made = named.find((one) => one.name === spec.name && hasTags(one, spec.tags));
        return made && { eip: made.eip };
      };
      const request = eips.write("create", "POST", "/v1/eip", { lane: "new", ...options }, { body: spec, observe });
      return { eip: required(request, await call(request), "eip") };
    },
    async bind(eip, target, options) {
      const look = seen(eip, options, (found) => found?.instanceId === target.instanceId);
      await call(eips.write("bind", "PUT", at(eip), options, { query: [["bind", ""]], body: target, ...look }));
    },
    async unbind(eip, options) {
      const look = seen(eip, options, (found) => found?.status === "unbinding" || found?.status === "available");
      const lane = { lane: "delete", ...options } as const;
      await call(eips.write("unbind", "PUT", at(eip), lane, { query: [["unbind", ""]], ...look }));
    },
    async resize(eip, newBandwidthInMbps, options) {
      const look = seen(eip, options, (found) => found?.bandwidthInMbps === newBandwidthInMbps);
      const body = { newBandwidthInMbps };
      await call(eips.write("resize", "PUT", at(eip), options, { query: [["resize", ""]], body, ...look }));
    },
    async protect(eip, deleteProtect, options) {
      const look = seen(eip, options, (found) => found?.deleteProtect === deleteProtect);
      await call(
        eips.write("protect", "PUT", `${at(eip)}/deleteProtect`, options, { body: { deleteProtect }, ...look }),
      );
    },
    async release(eip, options) {
      const look = seen(eip, options, (found) => found === undefined);
      await call(eips.write("release", "DELETE", at(eip), { lane: "delete", ...options }, look));
    },
    async joinGroup(groupId, eip, options) {
      const look = seen(eip, options, (found) => found?.shareGroupId === groupId);
      const more = { query: [["move_in", ""]] as const, body: { eips: [eip] }, ...look };
      await call(eips.write("joinGroup", "PUT", `/v1/eipgroup/${groupId}`, options, more));
    },
    async leaveGroup(groupId, eip, options) {
      const look = seen(eip, options, (found) => found !== undefined && !found.shareGroupId);
      const more = { query: [["move_out", ""]] as const, body: { moveOutEips: [{ eip }] }, ...look };
      await call(eips.write("leaveGroup", "PUT", `/v1/eipgroup/${groupId}`, options, more));
    },
  };
}
