import { Secret, SingleFlight } from "@ccm/base";
import type { ConfigEnvironment } from "./connection.ts";
import { configError, type Mapping } from "./fields.ts";
import { isHeaderText, type TokenSource } from "./token.ts";

export interface ExecSpec {
  readonly apiVersion: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly installHint: string;
  /** For KUBERNETES_EXEC_INFO, when the plugin wants to know the cluster. */
  readonly cluster?: Mapping;
}

export interface ExecCredential {
  readonly token?: Secret;
  /** PEM texts. */
  readonly clientCertificate?: string;
  readonly clientKey?: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt?: number;
}

const VERSIONS = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"];
/** A credential is renewed this long before it expires. */
const MARGIN_MS = 10_000;

/**
 * A credential plugin (client.authentication.k8s.io): asked once, then when its answer expires or is refused; calls that
 * need it at the same time share one run.
 */
export function execCredentials(
  spec: ExecSpec,
  where: string,
  machine: Pick<ConfigEnvironment, "run" | "now">,
): TokenSource & { credential(refresh: boolean): Promise<ExecCredential> } {
  const asking = new SingleFlight<ExecCredential>();
  let known: ExecCredential | undefined;
  const askAgain = async (): Promise<ExecCredential> => {
    const fresh = await ask(spec, where, machine);
    known = fresh;
    return fresh;
  };
  const credential = async (refresh: boolean): Promise<ExecCredential> => {
    const valid = known && (known.expiresAt === undefined || known.expiresAt - MARGIN_MS > machine.now());
    return known && valid && !refresh ? known : asking.run("", askAgain);
  };
  return { credential, get: async (refresh) => (await credential(refresh)).token };
}

async function ask(spec: ExecSpec, where: string, machine: Pick<ConfigEnvironment, "run">): Promise<ExecCredential> {
  if (!VERSIONS.includes(spec.apiVersion)) throw configError(where, `apiVersion: expected ${VERSIONS.join(" or ")}`);
  const info = {
    kind: "ExecCredential",
    apiVersion: spec.apiVersion,
    spec: { interactive: false, ...(spec.cluster ? { cluster: spec.cluster } : {}) },
  };
  let output: string;
  try {
    const env = { ...spec.env, KUBERNETES_EXEC_INFO: JSON.stringify(info) };
    output = await machine.run({ command: spec.command, args: spec.args, env });
  } catch (error) {
    // Not kept as the cause: what a process runner throws carries the arguments and the output.
    const hint = spec.installHint.trim().split("\n")[0];
    throw configError(where, `credential plugin ${spec.command} failed${howItEnded(error)}${hint ? ` (${hint})` : ""}`);
  }
  return readCredential(output, spec, where);
}

/** The output holds the credential: no part of it may reach a message. */
function readCredential(output: string, spec: ExecSpec, where: string): ExecCredential {
  const { kind, apiVersion, status } = jsonMapping(output) ?? {};
  if (kind !== "ExecCredential" || apiVersion !== spec.apiVersion || !isMapping(status)) {
    throw configError(where, `${spec.command} printed no ExecCredential of ${spec.apiVersion} with a status`);
  }
  const { token, clientCertificateData: cert, clientKeyData: key, expirationTimestamp } = status;
  const hasToken = typeof token === "string" && token !== "";
  const hasPair = typeof cert === "string" && typeof key === "string" && cert !== "" && key !== "";
  if (!hasToken && !hasPair) {
    throw configError(where, `${spec.command} gave no token, and not both clientCertificateData and clientKeyData`);
  }
  const secret = hasToken ? new Secret(token.trim()) : undefined;
  if (secret && !isHeaderText(secret)) {
    throw configError(where, `${spec.command} gave a token that is not printable ASCII`);
  }
  const expiresAt = typeof expirationTimestamp === "string" ? Date.parse(expirationTimestamp) : Number.NaN;
  return {
    ...(secret ? { token: secret } : {}),
    ...(hasPair ? { clientCertificate: cert, clientKey: key } : {}),
    ...(Number.isFinite(expiresAt) ? { expiresAt } : {}),
  };
}

/** What can be told of a failed process without its words. */
function howItEnded(error: unknown): string {
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  if (code === "ENOENT") return ": no such program";
  if (typeof code === "number") return `: exit status ${code}`;
  return typeof code === "string" && /^[A-Z_]+$/.test(code) ? `: ${code}` : "";
}

function jsonMapping(text: string): Mapping | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isMapping(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
