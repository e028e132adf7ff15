import { type Bcc, createBcc } from "./products/bcc.ts";
import { type Blb, createBlb } from "./products/blb.ts";
import { type Cce, createCce } from "./products/cce.ts";
import { createEip, type EipApi } from "./products/eip.ts";
import { createSecurityGroups, type SecurityGroups } from "./products/security-group.ts";
import { createTags, type Tags } from "./products/tags.ts";
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
  readonly securityGroups: SecurityGroups;
  readonly tags: Tags;
}

export interface BceClientOptions extends SchedulerOptions {
  /** Such as "bj". */
  readonly region: string;
  /**
   * `scheme://host[:port]` by product, instead of `https://<product>.<region>.baidubce.com`. VPC and security groups are
   * served by bcc's. Tags have one host for all regions; where BLB has a host of its own (private cloud), it is theirs too.
   */
  readonly endpoints?: Partial<Readonly<Record<"bcc" | "blb" | "eip" | "cce" | "tag", string>>>;
}

/** Throws a TypeError for an endpoint that is not `scheme://host[:port]`, a RangeError for limits that let nothing through. */
export function createBceClient(options: BceClientOptions): BceClient {
  const call = createScheduler(options);
  const usual = (product: string) =>
    product === "tag"
      ? (options.endpoints?.blb ?? "https://tag.baidubce.com")
      : `https://${product}.${options.region}.baidubce.com`;
  const endpoint = (product: "bcc" | "blb" | "eip" | "cce" | "tag") => {
    const given = options.endpoints?.[product] ?? usual(product);
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
    securityGroups: createSecurityGroups(call, endpoint("bcc")),
    tags: createTags(call, endpoint("tag"), options.region),
  };
}
