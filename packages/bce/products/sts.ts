import { Secret } from "@ccm/base";
import type { Scheduler } from "../api-call.ts";
import type { ReadOptions } from "../call.ts";
import type { Credentials } from "../credentials.ts";
import { given, product, required } from "../request.ts";

export interface TemporaryCredentials {
  readonly credentials: Credentials;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** The longest, and the default, that the cloud gives. */
const LONGEST_SECONDS = 7200;

export interface Sts {
  /** The role's owner has to trust the caller. Throws a BceError of kind "auth" when it does not. */
  assumeRole(
    role: {
      /** Account that owns the role. */
      readonly accountId: string;
      readonly roleName: string;
      readonly userId?: string;
      /** At most 7200. */
      readonly durationSeconds?: number;
    },
    options?: ReadOptions,
  ): Promise<TemporaryCredentials>;
}

/** STS has one endpoint for all regions. */
export function createSts(call: Scheduler, endpoint: string, now: () => number): Sts {
  const sts = product("sts", endpoint);
  return {
    async assumeRole({ accountId, roleName, userId, durationSeconds = LONGEST_SECONDS }, options = {}) {
      const query = given({ assumeRole: "", durationSeconds: String(durationSeconds), accountId, roleName, userId });
      const asked = now();
      // It makes nothing that stays: asking twice does no harm.
      const request = { ...sts.lookUp("assumeRole", "/v1/credential", undefined, options), query };
      const answer = await call(request);
      const expiry = Date.parse(typeof answer.expiration === "string" ? answer.expiration : "");
      const longest = asked + durationSeconds * 1000;
      return {
        credentials: {
          accessKeyId: required(request, answer, "accessKeyId"),
          secretAccessKey: new Secret(required(request, answer, "secretAccessKey")),
          sessionToken: new Secret(required(request, answer, "sessionToken")),
        },
        // Never longer than asked for: the cloud's clock may be ahead of ours.
        expiresAt: Number.isFinite(expiry) ? Math.min(expiry, longest) : longest,
      };
    },
  };
}
