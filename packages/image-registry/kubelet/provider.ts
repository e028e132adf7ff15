import { type Clock, type Secret, unlessAborted, withTimeout } from "@ccm/base";
import type { KubeClient } from "@ccm/kube";
import { LONGEST_HOURS, type LoginApiOf, temporaryLogin } from "../registries/login.ts";
import { imageHost, type NamedRegistry, registryAt } from "../registries/place.ts";
import { ANNOTATION_LOGIN_SECRET, loginFromSecret } from "./login-secret.ts";
import type { CredentialAnswer, CredentialRequest } from "./protocol.ts";

export interface ProviderOptions {
  /** The cloud's API of a region, with the node's own credentials. Only called when they are needed. */
  readonly api: LoginApiOf;
  /** The API server as whoever has the token. Absent: annotations of service accounts are refused. */
  readonly connect?: (token: Secret) => Pick<KubeClient, "get">;
  readonly clock: Clock;
  /** Hosts that the cloud does not name itself. */
  readonly registries?: readonly NamedRegistry[];
  /** Life of temporary passwords: 1 to 24. */
  readonly passwordHours?: number;
  /** The kubelet waits a minute. */
  readonly timeoutMs?: number;
}

/** The kubelet may keep a password for this share of its life: a pull that begins then can still take hours. */
const KEPT_SHARE = 0.5;
/** A login of a Secret may be replaced at any time, and the old one be disabled after a grace time. */
const SECRET_SECONDS = 300;
/** An image of a registry that is not ours is not asked about again for so long. */
const NOTHING_SECONDS = 3600;

/** Answers what the kubelet asks. Throws a BceError, a KubeError, a TimeoutError or an Error of one line. */
export function createCredentialProvider(
  options: ProviderOptions,
): (request: CredentialRequest, signal: AbortSignal) => Promise<CredentialAnswer> {
  const { api, connect, clock, registries, passwordHours = LONGEST_HOURS, timeoutMs = 45_000 } = options;

  const loginOf = async (host: string, request: CredentialRequest, signal: AbortSignal) => {
    const { serviceAccountToken: token, serviceAccountAnnotations } = request;
    const reference = serviceAccountAnnotations[ANNOTATION_LOGIN_SECRET];
    const place = registryAt(host, registries);
    if (!place) return undefined;
    if (reference === undefined) {
      const login = await temporaryLogin(api, place, passwordHours, clock, { signal, lane: "user" });
      const keptMs = (login.expiresAt - login.issuedAt) * KEPT_SHARE - (clock.now() - login.issuedAt);
      return { ...login, seconds: Math.max(0, Math.floor(keptMs / 1000)) };
    }
    // Never the node's login in its place: it may do more than the workload should.
    if (!token) throw new Error(`${ANNOTATION_LOGIN_SECRET}: expected a serviceAccountToken: set tokenAttributes`);
    if (!connect) throw new Error(`${ANNOTATION_LOGIN_SECRET}: expected --api-server, to read the Secret from`);
    const login = await loginFromSecret(reference, token, host, connect, signal);
    return { ...login, seconds: SECRET_SECONDS };
  };

  return (request, signal) =>
    withTimeout(clock, timeoutMs, `credentials for ${imageHost(request.image)}`, signal, async (limited) => {
      const host = imageHost(request.image);
      const login = await unlessAborted(loginOf(host, request, limited), limited);
      if (!login) return { cacheKeyType: "Registry", cacheSeconds: NOTHING_SECONDS, auth: {} };
      const { username, password, seconds } = login;
      // All of a registry, by one login: the kubelet asks once for each host, not for each image.
      return { cacheKeyType: "Registry", cacheSeconds: seconds, auth: { [host]: { username, password } } };
    });
}
