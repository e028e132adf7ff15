import { type Clock, errorText, type HttpResponse, readText, type Transport, withTimeout } from "@ccm/base";
import type { RegistryCredential } from "./docker-config.ts";

/**
 * refused: the registry does not know the user name with this password. denied: it does, and does not let it pull this.
 * absent: it may pull, and there is no such image. unproven: the registry asks nobody who they are.
 * unreachable: no answer, or none that tells.
 */
export type PullOutcome = "pulled" | "refused" | "denied" | "absent" | "unproven" | "unreachable";

export interface PullProof {
  readonly outcome: PullOutcome;
  /** One line for people, without a secret. */
  readonly message: string;
}

export interface PullOptions {
  readonly send: Transport;
  readonly clock: Clock;
  readonly credential: RegistryCredential;
  readonly signal?: AbortSignal;
  /** Of all requests together. */
  readonly timeoutMs?: number;
}

export interface ImageName {
  /** Host and port. */
  readonly host: string;
  /** "project/name". */
  readonly repository: string;
  /** Tag or digest. Default: the first tag that the registry lists. */
  readonly reference?: string;
}

const TIMEOUT_MS = 30_000;
const MANIFESTS = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

/**
 * Whether a credential can pull an image, as kubelets find out: the registry says where tokens are had, the token is
 * asked for with the credential, the manifest with the token. Never rejects but for the signal.
 */
export function provePull(options: PullOptions, image: ImageName): Promise<PullProof> {
  const { host, repository } = image;
  return prove(options, host, async (ask) => {
    const bearer = await ask.token(`repository:${repository}:pull`);
    const reference = image.reference ?? (await firstTag(ask, repository, bearer));
    const path = `/v2/${repository}/manifests/${reference}`;
    const { status } = await ask.send("HEAD", ask.base + path, { ...bearer, accept: MANIFESTS });
    const name = `${host}/${repository}${reference.includes(":") ? "@" : ":"}${reference}`;
    if (status === 200) return { outcome: "pulled", message: `${name} can be pulled` };
    throw failed(status, `${name}`);
  });
}

/** Whether a registry takes a user name and password at all. Never rejects but for the signal. */
export function proveLogin(options: PullOptions, host: string): Promise<PullProof> {
  return prove(options, host, async (ask) => {
    const bearer = await ask.token();
    const { status } = await ask.send("GET", `${ask.base}/v2/`, bearer);
    if (status === 200) return { outcome: "pulled", message: `${host} takes the login` };
    throw failed(status, `${host}/v2/`);
  });
}

/** http only for this machine, as docker does it. */
export function registryBase(host: string): string {
  return /^(127\.\d+\.\d+\.\d+|localhost|\[::1\])(:\d+)?$/.test(host) ? `http://${host}` : `https://${host}`;
}

interface Ask {
  readonly base: string;
  /** The header that goes with further requests. */
  token(scope?: string): Promise<Readonly<Record<string, string>>>;
  send(method: string, url: string, headers: Readonly<Record<string, string>>): Promise<Answered>;
}

interface Answered {
  readonly status: number;
  readonly headers: HttpResponse["headers"];
  readonly text: string;
}

/** How a proof ends early. */
class Failure extends Error {
  readonly outcome: PullOutcome;

  constructor(outcome: PullOutcome, message: string) {
    super(message);
    this.outcome = outcome;
  }
}

async function prove(options: PullOptions, host: string, run: (ask: Ask) => Promise<PullProof>): Promise<PullProof> {
  const { clock, signal, timeoutMs = TIMEOUT_MS } = options;
  const { username, password } = options.credential;
  try {
    return await withTimeout(clock, timeoutMs, host, signal, (inTime) => run(createAsk(options, host, inTime)));
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    const outcome = error instanceof Failure ? error.outcome : "unreachable";
    const basic = Buffer.from(`${username}:${password.reveal()}`).toString("base64");
    // What others wrote may quote what they were sent.
    const text = errorText(error).replace(/\s+/g, " ").replaceAll(basic, "[redacted]");
    const message = password.empty ? text : text.replaceAll(password.reveal(), "[redacted]");
    return { outcome, message: message.includes(host) ? message : `${host}: ${message}` };
  }
}

function createAsk({ send, credential }: PullOptions, host: string, signal: AbortSignal): Ask {
  const { username, password } = credential;
  const base = registryBase(host);
  const basic = { authorization: `Basic ${Buffer.from(`${username}:${password.reveal()}`).toString("base64")}` };
  const ask: Ask = {
    base,
    async send(method, url, headers) {
      const { status, headers: answered, body } = await send({ method, url, headers }, { signal });
      return { status, headers: answered, text: await readText(body) };
    },
    async token(scope) {
      const { status, headers } = await ask.send("GET", `${base}/v2/`, {});
      if (status === 200) throw new Failure("unproven", `${host} asks nobody for a password`);
      const challenge = parseChallenge(headers["www-authenticate"] ?? "");
      if (status !== 401 || !challenge) {
        throw new Failure("unreachable", `${host}/v2/ answered http ${status}: is it a registry?`);
      }
      if (challenge.scheme === "basic") return basic;
      const { realm = "", service } = challenge.fields;
      // Who asks for the password in clear text on the way does not get it.
      if (!realm.startsWith("https://") && !realm.startsWith(`${base}/`)) {
        throw new Failure("unreachable", `${host} has its tokens at "${realm}": expected an https URL`);
      }
      const query = new URLSearchParams({ ...(service ? { service } : {}), ...(scope ? { scope } : {}) });
      const answer = await ask.send("GET", `${realm}${realm.includes("?") ? "&" : "?"}${query}`, basic);
      if (answer.status === 401 || answer.status === 403) {
        throw new Failure("refused", `${host} refuses ${username}: wrong or ended password, or disabled`);
      }
      const token = answer.status === 200 ? tokenIn(answer.text) : undefined;
      if (!token) throw new Failure("unreachable", `${host}: no token from ${realm} (http ${answer.status})`);
      return { authorization: `Bearer ${token}` };
    },
  };
  return ask;
}

async function firstTag(ask: Ask, repository: string, bearer: Readonly<Record<string, string>>): Promise<string> {
  const { status, text } = await ask.send("GET", `${ask.base}/v2/${repository}/tags/list?n=1`, bearer);
  if (status !== 200) throw failed(status, `tags of ${repository}`);
  const tags = (jsonOf(text).tags ?? []) as readonly unknown[];
  const [first] = Array.isArray(tags) ? tags : [];
  if (typeof first !== "string") throw new Failure("absent", `${repository} has no tag`);
  return first;
}

function failed(status: number, what: string): Failure {
  if (status === 401 || status === 403) return new Failure("denied", `${what}: may not be pulled (http ${status})`);
  if (status === 404) return new Failure("absent", `${what}: there is no such image (http 404)`);
  return new Failure("unreachable", `${what}: http ${status}`);
}

interface Challenge {
  /** In lower case. */
  readonly scheme: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** `Bearer realm="https://…",service="…"`. */
export function parseChallenge(header: string): Challenge | undefined {
  const [, scheme = "", rest = ""] = /^\s*(\w+)\s*(.*)$/s.exec(header) ?? [];
  if (scheme === "") return undefined;
  const fields = [...rest.matchAll(/(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/g)].map(
    ([, name = "", quoted, bare]) => [name.toLowerCase(), (quoted ?? bare ?? "").replace(/\\(.)/g, "$1")],
  );
  return { scheme: scheme.toLowerCase(), fields: Object.fromEntries(fields) };
}

function tokenIn(text: string): string | undefined {
  const { token, access_token: alias } = jsonOf(text);
  for (const one of [token, alias]) if (typeof one === "string" && one !== "") return one;
  return undefined;
}

function jsonOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
