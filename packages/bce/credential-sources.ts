import { type Clock, Secret, SingleFlight } from "@ccm/base";
import type { Authority, CredentialSource, Credentials } from "./credentials.ts";
import type { Sts, TemporaryCredentials } from "./products/sts.ts";

/**
 * Named texts from outside: the data of a Secret, the files of a folder, the keys of a file, environment variables. It
 * is read again and again, so that whoever changes it need not restart us.
 */
export type ReadRecord = () => Promise<Readonly<Record<string, string | undefined>>>;

export interface RecordOptions {
  readonly read: ReadRecord;
  /** For error messages: "Secret kube-system/bce-keys". */
  readonly where: string;
  readonly clock: Clock;
}

/** How old what was read may be. A call that the cloud refuses reads at once. Milliseconds. */
const FRESH_MS = 10_000;

/** Spellings in use, in lower case and without separators: this project's, the SDKs', Terraform's. */
const NAMES = {
  accessKeyId: ["accesskeyid", "accesskey", "ak"],
  secretAccessKey: ["secretaccesskey", "secretkey", "sk"],
  sessionToken: ["sessiontoken", "securitytoken"],
} as const;

/** An access key that is kept somewhere else, and may change there at any time. */
export function recordedKeys({ read, where, clock }: RecordOptions): CredentialSource {
  return reread(clock, FRESH_MS, async () => {
    const record = plain(await read());
    const text = (names: readonly string[]) => names.map((name) => record.get(name)).find(Boolean) ?? "";
    const accessKeyId = text(NAMES.accessKeyId);
    const secretAccessKey = text(NAMES.secretAccessKey);
    const sessionToken = text(NAMES.sessionToken);
    if (accessKeyId === "") throw new Error(`${where}: expected an entry AccessKeyID`);
    if (secretAccessKey === "") throw new Error(`${where}: expected an entry SecretAccessKey`);
    return {
      accessKeyId,
      secretAccessKey: new Secret(secretAccessKey),
      ...(sessionToken === "" ? {} : { sessionToken: new Secret(sessionToken) }),
    };
  });
}

/** The token of CCE's gateway, with the entries `token` and `expiredAt` (Unix seconds), as CCE itself writes them. */
export function recordedToken(
  options: RecordOptions & { readonly gateway: string; readonly clusterId: string },
): CredentialSource {
  const { read, where, clock, gateway, clusterId } = options;
  return reread(clock, FRESH_MS, async () => {
    const record = plain(await read());
    const token = record.get("token") ?? "";
    const expiry = record.get("expiredat") ?? "";
    if (token === "") throw new Error(`${where}: expected an entry "token"`);
    if (!/^\d{1,12}$/.test(expiry)) throw new Error(`${where}: expected an entry "expiredAt" with Unix seconds`);
    const expiresAt = Number(expiry) * 1000;
    if (expiresAt <= clock.now()) {
      const time = new Date(expiresAt).toISOString();
      throw new Error(`${where}: the token has expired at ${time}: is what renews it running?`);
    }
    return { gateway, clusterId, token: new Secret(token) };
  });
}

/** Temporary credentials are renewed when this much of their life is left. Milliseconds. */
const RENEW_BEFORE_MS = 600_000;
const RETRY_RENEWAL_MS = 30_000;

/** A role's temporary credentials, renewed in time. While a renewal fails, those at hand are used to their end. */
export function assumedRole(options: {
  readonly sts: Sts;
  readonly role: Parameters<Sts["assumeRole"]>[0];
  readonly clock: Clock;
}): CredentialSource {
  const { sts, role, clock } = options;
  const flights = new SingleFlight<TemporaryCredentials>();
  let current: TemporaryCredentials | undefined;
  let notBefore = Number.NEGATIVE_INFINITY;

  const renew = async (): Promise<TemporaryCredentials> => {
    current = await flights.run("", () => sts.assumeRole(role));
    return current;
  };
  const authority = ({ credentials }: TemporaryCredentials): Credentials => credentials;
  return async (refresh = false) => {
    const left = (current?.expiresAt ?? 0) - clock.now();
    if (!current || refresh || left <= 0) return authority(await renew());
    if (left < RENEW_BEFORE_MS && clock.monotonic() >= notBefore) {
      notBefore = clock.monotonic() + RETRY_RENEWAL_MS;
      try {
        return authority(await renew());
      } catch {
        // Said by the call that fails when these have ended too; until then nothing is wrong for anybody.
      }
    }
    return authority(current);
  };
}

/**
 * Reads again what is older than `freshMs`, and at once when asked to refresh; those who ask together share one reading.
 * A reading that fails leaves what was read before, unless the cloud has refused that.
 */
function reread(clock: Clock, freshMs: number, read: () => Promise<Authority>): CredentialSource {
  const flights = new SingleFlight<Authority>();
  let known: { readonly authority: Authority; readonly at: number } | undefined;
  return async (refresh = false) => {
    if (known && !refresh && clock.monotonic() - known.at < freshMs) return known.authority;
    try {
      const authority = await flights.run("", read);
      known = { authority, at: clock.monotonic() };
      return authority;
    } catch (error) {
      if (!known || refresh) throw error;
      return known.authority;
    }
  };
}

/** Names without case and separators; values without the line break that editors add. */
function plain(record: Readonly<Record<string, string | undefined>>): ReadonlyMap<string, string> {
  const entries = Object.entries(record).map(([name, value]) => {
    return [name.toLowerCase().replace(/[^a-z0-9]/g, ""), (value ?? "").trim()] as const;
  });
  return new Map(entries);
}
