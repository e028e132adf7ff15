import type { Bcc } from "./products/bcc.ts";
import type { Blb } from "./products/blb.ts";
import type { Cce } from "./products/cce.ts";
import type { EipApi } from "./products/eip.ts";
import type { Vpc } from "./products/vpc.ts";

/** Baidu AI Cloud as seen by one account in one region. Every call goes through one scheduler. Calls throw a BceError. */
export interface BceClient {
  readonly bcc: Bcc;
  readonly vpc: Vpc;
  readonly blb: Blb;
  readonly eip: EipApi;
  readonly cce: Cce;
}
