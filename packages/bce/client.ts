import { type Bcc, createBcc } from "./products/bcc.ts";
import { type Blb, createBlb } from "./products/blb.ts";
import { type Cce, createCce } from "./products/cce.ts";
import { createEip, type EipApi } from "./products/eip.ts";
import { createVpc, type Vpc } from "./products/vpc.ts";
import { createScheduler, type SchedulerOptions } from "./scheduler.ts";

/** Baidu AI Cloud as seen by one account in one region. Every call goes through one scheduler. Calls throw a BceError. */
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

export function createBceClient(options: BceClientOptions): BceClient {
  const call = createScheduler(options);
  const endpoint = (product: "bcc" | "blb" | "eip" | "cce") =>
    (options.endpoints?.[product] ?? `https://${product}.${options.region}.baidubce.com`).replace(/\/+$/, "");
  return {
    bcc: createBcc(call, endpoint("bcc")),
    vpc: createVpc(call, endpoint("bcc")),
    blb: createBlb(call, endpoint("blb")),
    eip: createEip(call, endpoint("eip")),
    cce: createCce(call, endpoint("cce")),
  };
}
