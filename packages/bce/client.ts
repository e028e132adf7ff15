import { type Bcc, createBcc } from "./products/bcc.ts";
import { type Blb, createBlb } from "./products/blb.ts";
import { type Cce, createCce } from "./products/cce.ts";
import { createEip, type EipApi } from "./products/eip.ts";
import { createVpc, type Vpc } from "./products/vpc.ts";
import { createScheduler, type SchedulerOptions } from "./scheduler.ts";

/**
 * Baidu AI Cloud as seen by one account in one region. Every call goes through one scheduler. Calls throw a BceError, or
 * the signal's reason after an abort.
 */
export interface BceClient {
  readonly bcc: Bcc;
  readonly vpc: Vpc;
  readonly blb: Blb;
  readonly eip: EipApi;
  readonly cce: Cce;
}

export interface BceClientOptions extends SchedulerOptions {
  /** Such as "bj". */
  readonly region: string;
  /** `scheme://host[:port]` by product, instead of `https://<product>.<region>.baidubce.com`. VPC is served by bcc's. */
  readonly endpoints?: Partial<Readonly<Record<"bcc" | "blb" | "eip" | "cce", string>>>;
}

/** Throws a TypeError for an endpoint that is not `scheme://host[:port]`, a RangeError for limits that let nothing through. */
export function createBceClient(options: BceClientOptions): BceClient {
  const call = createScheduler(options);
  const endpoint = (product: "bcc" | "blb" | "eip" | "cce") => {
    const given = options.endpoints?.[product] ?? `https://${product}.${options.region}.baidubce.com`;
    const url = given.replace(/\/+$/, "");
    // A path would be sent but not signed, a user name would end up in error messages.
    if (!/^https?:\/\/[^/?#@\s]+$/i.test(url)) {
      throw new TypeError(`endpoint of ${product}: expected scheme://host[:port] and nothing else`);
    }
    return url;
  };
  return {
    bcc: createBcc(call, endpoint("bcc")),
    vpc: createVpc(call, endpoint("bcc")),
    blb: createBlb(call, endpoint("blb")),
    eip: createEip(call, endpoint("eip")),
    cce: createCce(call, endpoint("cce")),
  };
}
