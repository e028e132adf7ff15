import { createHmac, timingSafeEqual } from "node:crypto";
import { type Clock, type Random, randomText } from "@ccm/base";
import type { Store } from "../../store/store.ts";
import type { Action } from "./identities.ts";

export const TOKEN_LIFE_S = 1800;
/** The name of a registry's list of repositories, where others have their own. */
export const CATALOG = "";

export interface Grant {
  /** "" is nobody. */
  readonly name: string;
  readonly access: readonly {
    readonly accountId: string;
    readonly instanceId: string;
    readonly repository: string;
    readonly actions: readonly (Action | "*")[];
  }[];
}

/** Tokens that carry what they allow: nothing is kept of them, so they are good until they end, as the cloud's are. */
export function createTokens(clock: Clock, random: Random, store: Store) {
  const keys = store.table<{ readonly key: string }>("registryKeys");
  const sign = (text: string): string => {
    const { key } = keys.get("token") ?? { key: randomText(random, 64, "0123456789abcdef") };
    if (!keys.has("token")) keys.set("token", { key });
    return createHmac("sha256", key).update(text).digest("base64url");
  };
  return {
    issue(grant: Grant): string {
      const expiresAt = clock.now() + TOKEN_LIFE_S * 1000;
      const payload = Buffer.from(JSON.stringify({ grant, expiresAt })).toString("base64url");
      return `${payload}.${sign(payload)}`;
    },
    /** Undefined for one that is not ours, or has ended. */
    read(token: string): Grant | undefined {
      const [payload = "", signature = ""] = token.split(".");
      const [given, right] = [Buffer.from(signature), Buffer.from(sign(payload))];
      if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined;
      const { grant, expiresAt } = JSON.parse(Buffer.from(payload, "base64url").toString("utf8")) as {
        readonly grant: Grant;
        readonly expiresAt: number;
      };
      return expiresAt > clock.now() ? grant : undefined;
    },
  };
}

export type Tokens = ReturnType<typeof createTokens>;
