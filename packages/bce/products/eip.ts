import type { ReadOptions, Tag, WriteOptions } from "../call.ts";

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
