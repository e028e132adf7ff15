import type { Secret } from "@ccm/base";

/** An access key: requests are signed with it. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
  /** Of temporary credentials. */
  readonly sessionToken?: Secret;
}

/**
 * The token that CCE gives to components of its clusters. Requests carry it to CCE's gateway, which signs them with a
 * role of the cluster and passes them on. Source: Baidu's own network and storage plugins.
 */
export interface GatewayToken {
  /** `scheme://host[:port]`. */
  readonly gateway: string;
  readonly clusterId: string;
  readonly token: Secret;
}

export type Authority = Credentials | GatewayToken;

/**
 * Where credentials come from. Asked before each attempt, so that rotated ones are used at once; a source that caches
 * must look again when `refresh` is true, which says that the cloud has just refused what it gave. A source that fails
 * makes the call fail with kind "auth".
 */
export type CredentialSource = (refresh?: boolean) => Promise<Authority>;

export function staticCredentials(authority: Authority): CredentialSource {
  return async () => authority;
}

export function isGatewayToken(authority: Authority): authority is GatewayToken {
  return "gateway" in authority;
}

export function sameAuthority(a: Authority, b: Authority): boolean {
  return fingerprint(a) === fingerprint(b);
}

/** The texts that must not be shown. */
export function secretsOf(authority: Authority | undefined): readonly string[] {
  if (!authority) return [];
  if (isGatewayToken(authority)) return [authority.token.reveal()];
  const { accessKeyId, secretAccessKey, sessionToken } = authority;
  return [secretAccessKey.reveal(), accessKeyId, ...(sessionToken ? [sessionToken.reveal()] : [])];
}

function fingerprint(authority: Authority): string {
  const rest = isGatewayToken(authority) ? [authority.gateway, authority.clusterId] : [authority.accessKeyId];
  return JSON.stringify([...rest, ...secretsOf(authority)]);
}
