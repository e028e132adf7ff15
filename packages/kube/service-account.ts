import { type Clock, errorText, type Logger, type Random, Secret, SingleFlight, sleep } from "@ccm/base";
import type { KubeClient } from "./client.ts";
import { hasCode, KubeError } from "./error.ts";
import type { KubeObject, ResourceType } from "./types/meta.ts";

const ACCOUNTS: ResourceType<KubeObject> = {
  group: "",
  version: "v1",
  plural: "serviceaccounts",
  kind: "ServiceAccount",
  namespaced: true,
};
const NAMESPACES: ResourceType<KubeObject> = {
  group: "",
  version: "v1",
  plural: "namespaces",
  kind: "Namespace",
  namespaced: false,
};

const LIFETIME_S = 3600;
/** A token is replaced when this share of its life is left; one that says it lives shorter is taken to live this long. */
const SHARE_LEFT = 0.2;
const SHORTEST_LIFE_MS = 600_000;
const ATTEMPTS = 4;
const RETRY_MS = 500;

/**
 * Headers that prove to be a service account, by tokens that `client` asks the API server for (TokenRequest). The
 * account is made when it is missing, and its namespace too if that is allowed. Calls at the same time share one question.
 */
export function serviceAccountHeaders(options: {
  /** With the right to create service accounts and their tokens. */
  readonly client: KubeClient;
  readonly namespace: string;
  readonly name: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}): (refresh: boolean) => Promise<Readonly<Record<string, string>>> {
  const { client, namespace, name, clock, random, logger } = options;
  const asking = new SingleFlight<Secret>();
  let known: { readonly token: Secret; readonly until: number } | undefined;

  const ask = async (): Promise<Secret> => {
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
    const request = {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      spec: { expirationSeconds: LIFETIME_S },
    };
    const { status } = await client.post<{ status?: { token?: string; expirationTimestamp?: string } }>(path, request);
    if (!status?.token) throw new KubeError("unexpected", `post ${path}: the answer has no token`);
    const token = new Secret(status.token);
    const expires = Date.parse(status.expirationTimestamp ?? "");
    const life = Math.max(SHORTEST_LIFE_MS, Number.isFinite(expires) ? expires - clock.now() : LIFETIME_S * 1000);
    known = { token, until: clock.monotonic() + life * (1 - SHARE_LEFT) };
    return token;
  };
  const createAccount = async (): Promise<void> => {
    const create = () => client.create(ACCOUNTS, { metadata: { namespace, name } });
    try {
      await create();
    } catch (error) {
      if (!hasCode(error, "not_found")) throw error;
      await client.create(NAMESPACES, { metadata: { name: namespace } });
      await create();
    }
  };
  const askUntilAnswered = async (): Promise<Secret> => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await ask();
      } catch (error) {
        if (attempt >= ATTEMPTS) throw error;
        logger.warn("cannot get a service account's token yet", { account: name, error: errorText(error) });
        if (hasCode(error, "not_found")) await createAccount().catch(() => {});
        else await sleep(clock, RETRY_MS * 2 ** (attempt - 1) * (1 + random.next() * 0.2));
      }
    }
  };
  return async (refresh) => {
    const fresh = !refresh && known && clock.monotonic() < known.until ? known.token : undefined;
    const token = fresh ?? (await asking.run("", askUntilAnswered));
    return { authorization: `Bearer ${token.reveal()}` };
  };
}
