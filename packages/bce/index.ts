export * from "./call.ts";
export * from "./client.ts";
export * from "./client-token.ts";
export { assumedRole, type ReadRecord, type RecordOptions, recordedKeys, recordedToken } from "./credential-sources.ts";
export {
  type Authority,
  type CredentialSource,
  type Credentials,
  type GatewayToken,
  staticCredentials,
} from "./credentials.ts";
export * from "./endpoints.ts";
export * from "./error.ts";
export { checkLimits, DEFAULT_LIMITS, limitOf, type RateLimit, type RateLimits } from "./limits.ts";
export type { BareMetal, BareMetalNetwork, Bbc } from "./products/bbc.ts";
export type { Bcc, Instance } from "./products/bcc.ts";
export type { Backend, Blb, BlbSpec, Listener, ListenerType, LoadBalancer } from "./products/blb.ts";
export { CCE_PATH_PREFIX, type Cce, type ClusterInstance } from "./products/cce.ts";
export {
  ALL,
  type CceAccess,
  CLUSTER_ROLES,
  type Cluster,
  type ClusterRole,
  type Grant,
  type Grantee,
  type GrantOutcome,
  type KubeconfigType,
  type NewGrant,
} from "./products/cce-access.ts";
export type {
  Ccr,
  PersonalRegistry,
  RegistryInstance,
  RegistryProject,
  RegistryRepository,
  Robot,
  RobotPermission,
  RobotSpec,
} from "./products/ccr.ts";
export { pullPermissions } from "./products/ccr.ts";
export type { Eip, EipApi, EipSpec } from "./products/eip.ts";
export type { Hpas, HpasInstance } from "./products/hpas.ts";
export type { Iam, Identity } from "./products/iam.ts";
export type { Quota, Quotas } from "./products/quota.ts";
export type { SecurityGroup, SecurityGroupRule, SecurityGroups } from "./products/security-group.ts";
export type { Sts, TemporaryCredentials } from "./products/sts.ts";
export type { TaggedService, Tags } from "./products/tags.ts";
export type { RouteRule, Subnet, Vpc } from "./products/vpc.ts";
export type { SchedulerOptions } from "./scheduler.ts";
export * from "./signing.ts";
