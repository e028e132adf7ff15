import { assumedRole } from "./credential-sources.ts";
import type { CredentialSource } from "./credentials.ts";
import { type EndpointOptions, endpointOf, personalRegistryEndpoint } from "./endpoints.ts";
import { type Bbc, createBbc } from "./products/bbc.ts";
import { type Bcc, createBcc } from "./products/bcc.ts";
import { type Blb, createBlb } from "./products/blb.ts";
import { type Cce, createCce } from "./products/cce.ts";
import { type CceAccess, createCceAccess } from "./products/cce-access.ts";
import { type Ccr, createCcr } from "./products/ccr.ts";
import { createEip, type EipApi } from "./products/eip.ts";
import { createHpas, type Hpas } from "./products/hpas.ts";
import { createIam, type Iam } from "./products/iam.ts";
import { createQuotas, type Quotas } from "./products/quota.ts";
import { createSecurityGroups, type SecurityGroups } from "./products/security-group.ts";
import { createSts, type Sts } from "./products/sts.ts";
import { createTags, type Tags } from "./products/tags.ts";
import { createVpc, type Vpc } from "./products/vpc.ts";
import { createScheduler, type SchedulerOptions } from "./scheduler.ts";

/**
 * Baidu AI Cloud as seen by one account in one region. Every call goes through one scheduler. Calls throw a BceError, or
 * the signal's reason after an abort.
 */
export interface BceClient {
  readonly bcc: Bcc;
  readonly bbc: Bbc;
  readonly hpas: Hpas;
  readonly vpc: Vpc;
  readonly blb: Blb;
  readonly eip: EipApi;
  readonly cce: Cce;
  readonly cceAccess: CceAccess;
  readonly ccr: Ccr;
  readonly securityGroups: SecurityGroups;
  readonly tags: Tags;
  readonly quotas: Quotas;
  readonly iam: Iam;
}

export interface BceClientOptions extends SchedulerOptions, EndpointOptions {
  /** Default: that of the public API. */
  readonly ccePathPrefix?: string;
}

/** Throws a TypeError for an endpoint that is not `scheme://host[:port]`, a RangeError for limits that let nothing through. */
export function createBceClient(options: BceClientOptions): BceClient {
  const { clock } = options;
  const call = createScheduler(options);
  const endpoint = (product: Parameters<typeof endpointOf>[0]) => endpointOf(product, options);
  return {
    bcc: createBcc(call, endpoint("bcc"), clock),
    bbc: createBbc(call, endpoint("bbc"), clock),
    hpas: createHpas(call, endpoint("hpas"), clock),
    vpc: createVpc(call, endpoint("vpc")),
    blb: createBlb(call, endpoint("blb"), clock),
    eip: createEip(call, endpoint("eip"), options.clock),
    cce: createCce(call, endpoint("cce"), options.ccePathPrefix),
    cceAccess: createCceAccess(call, endpoint("cce"), options.ccePathPrefix),
    ccr: createCcr(call, { enterprise: endpoint("ccr"), personal: personalRegistryEndpoint(options) }),
    securityGroups: createSecurityGroups(call, endpoint("bcc")),
    tags: createTags(call, endpoint("tag"), options.region),
    quotas: createQuotas(call, endpoint("quota"), options.region),
    iam: createIam(call, endpoint("iam")),
  };
}

/**
 * The temporary credentials of a role, which `options.credentials` may assume. They have a scheduler of their own: the
 * account that they are asked of need not be the account that they are for.
 */
export function createAssumedRole(
  options: SchedulerOptions & EndpointOptions,
  role: Parameters<Sts["assumeRole"]>[0],
): CredentialSource {
  const { clock } = options;
  const sts = createSts(createScheduler(options), endpointOf("sts", options), () => clock.now());
  return assumedRole({ sts, role, clock });
}
