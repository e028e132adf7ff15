import type { Clock } from "@ccm/base";
import type { Ccr, ReadOptions } from "@ccm/bce";
import type { RegistryCredential } from "../docker-config.ts";
import type { RegistryPlace } from "./place.ts";

/** What docker signs in with, for some time. */
export interface TemporaryLogin extends RegistryCredential {
  /** Milliseconds since the epoch: both by our clock. Never later than the password's own end. */
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** What of the cloud's API makes logins. */
export type LoginApi = Pick<Ccr, "loginName" | "temporaryPassword"> & {
  readonly personal: Pick<Ccr["personal"], "userName" | "temporaryPassword">;
};

/** Of a region; of any, for the personal edition. */
export type LoginApiOf = (region: string | undefined) => LoginApi | Promise<LoginApi>;

export const LONGEST_HOURS = 24;
/** The personal edition documents no other. */
const PERSONAL_HOURS = 1;
const HOUR_MS = 3_600_000;

/**
 * A login of the caller itself, in addition to those it has: it can do what the caller's IAM user can do there. Two calls.
 * `hours`: 1 to 24, for the enterprise edition. Throws a BceError.
 */
export async function temporaryLogin(
  api: LoginApiOf,
  place: RegistryPlace,
  hours: number,
  clock: Pick<Clock, "now">,
  options: ReadOptions = {},
): Promise<TemporaryLogin> {
  // Before the call: the password's life begins somewhere in it.
  const issuedAt = clock.now();
  if (place.edition === "personal") {
    const { personal } = await api(undefined);
    const username = await personal.userName(options);
    // The time that the answer names has no zone: how long it was asked for says more.
    const { password } = await personal.temporaryPassword(PERSONAL_HOURS, options);
    return { username, password, issuedAt, expiresAt: issuedAt + PERSONAL_HOURS * HOUR_MS };
  }
  const ccr = await api(place.region);
  const username = await ccr.loginName(undefined, options);
  const password = await ccr.temporaryPassword(place.instanceId, hours, options);
  return { username, password, issuedAt, expiresAt: issuedAt + hours * HOUR_MS };
}
