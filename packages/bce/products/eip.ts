import type { Scheduler } from "../api-call.ts";
import type { ReadOptions, Tag, WriteOptions } from "../call.ts";
import { allPages } from "../paging.ts";
import { given, product, required } from "../request.ts";

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
}

export interface EipApi {
  /** Follows the pages. */
  list(
    filter?: {
      readonly eip?: string;
      readonly name?: string;
      readonly instanceType?: "BLB";
      /** Needs instanceType. */
      readonly instanceId?: string;
    },
    options?: ReadOptions,
  ): Promise<readonly Eip[]>;
  /** The address is asynchronous: poll `list({eip})` until "available". */
  create(spec: EipSpec, options: WriteOptions): Promise<{ readonly eip: string }>;
  bind(
    eip: string,
    target: { readonly instanceType: "BLB"; readonly instanceId: string },
    options: WriteOptions,
  ): Promise<void>;
  unbind(eip: string, options: WriteOptions): Promise<void>;
  resize(eip: string, newBandwidthInMbps: number, options: WriteOptions): Promise<void>;
  release(eip: string, options: WriteOptions): Promise<void>;
}

export function createEip(call: Scheduler, endpoint: string): EipApi {
  const eips = product("eip", endpoint);
  /** The address itself is the key in the path. */
  const at = (eip: string) => `/v1/eip/${eip}`;
  return {
    list: (filter = {}, options = {}) =>
      allPages(call, eips.read("list", "/v1/eip", given({ ...filter }), options), "eipList"),
    async create(spec, options) {
      const request = eips.write("create", "POST", "/v1/eip", options, { body: spec });
      return { eip: required(request, await call(request), "eip") };
    },
    async bind(eip, target, options) {
      await call(eips.write("bind", "PUT", at(eip), options, { query: [["bind", ""]], body: target }));
    },
    async unbind(eip, options) {
      await call(eips.write("unbind", "PUT", at(eip), { lane: "delete", ...options }, { query: [["unbind", ""]] }));
    },
    async resize(eip, newBandwidthInMbps, options) {
      await call(
        eips.write("resize", "PUT", at(eip), options, { query: [["resize", ""]], body: { newBandwidthInMbps } }),
      );
    },
    async release(eip, options) {
      await call(eips.write("release", "DELETE", at(eip), { lane: "delete", ...options }));
    },
  };
}
