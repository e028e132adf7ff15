import type { Secret } from "@ccm/base";

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
  /** Of temporary credentials. */
  readonly sessionToken?: Secret;
}

/** Where credentials come from. Asked before each attempt, so that rotated ones are used at once. */
export type CredentialSource = () => Promise<Credentials>;

export function staticCredentials(credentials: Credentials): CredentialSource {
  return async () => credentials;
}
