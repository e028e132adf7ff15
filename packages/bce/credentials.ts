import type { Secret } from "@ccm/base";

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
  /** Of temporary credentials. */
  readonly sessionToken?: Secret;
}

/**
 * Where credentials come from. Asked before each attempt, so that rotated ones are used at once; a source that caches
 * must look again when `refresh` is true, which says that the cloud has just refused what it gave. A source that fails
 * makes the call fail with kind "auth".
 */
export type CredentialSource = (refresh?: boolean) => Promise<Credentials>;

export function staticCredentials(credentials: Credentials): CredentialSource {
  return async () => credentials;
}

export function sameCredentials(a: Credentials, b: Credentials): boolean {
  return (
    a.accessKeyId === b.accessKeyId &&
    a.secretAccessKey.reveal() === b.secretAccessKey.reveal() &&
    a.sessionToken?.reveal() === b.sessionToken?.reveal()
  );
}
