import { Secret } from "@ccm/base";
import { KubeError } from "../error.ts";
import type { ConfigEnvironment } from "./connection.ts";
import type { TokenSource } from "./token.ts";

export interface ExecSpec {
  readonly apiVersion: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly installHint: string;
  /** For KUBERNETES_EXEC_INFO, when the plugin wants to know the cluster. */
  readonly cluster?: Readonly<Record<string, unknown>>;
}

export interface ExecCredential {
  readonly token?: Secret;
  readonly clientCertificate?: string;
  readonly clientKey?: string;
  readonly expiresAt?: number;
}

const VERSIONS = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"];
/** A credential is renewed this long before it expires. */
const MARGIN_MS = 10_000;

/** A credential plugin (client.authentication.k8s.io): asked once, then when its answer expires or is refused. */
export function execCredentials(
  spec: ExecSpec,
  where: string,
  machine: Pick<ConfigEnvironment, "run" | "now">,
): TokenSource & { credential(refresh: boolean): Promise<ExecCredential> } {
  let known: ExecCredential | undefined;
  const credential = async (refresh: boolean): Promise<ExecCredential> => {
    const fresh = known && (known.expiresAt === undefined || known.expiresAt - MARGIN_MS > machine.now());
    if (known && fresh && !refresh) return known;
    known = await ask(spec, where, machine);
    return known;
  };
  return { credential, get: async (refresh) => (await credential(refresh)).token };
}

async function ask(spec: ExecSpec, where: string, machine: Pick<ConfigEnvironment, "run">): Promise<ExecCredential> {
  if (!VERSIONS.includes(spec.apiVersion)) {
    throw new KubeError("config", `${where}.apiVersion: expected ${VERSIONS.join(" or ")}`);
  }
  const info = {
    kind: "ExecCredential",
    apiVersion: spec.apiVersion,
    spec: { interactive: false, ...(spec.cluster ? { cluster: spec.cluster } : {}) },
  };
  let output: string;
  try {
    const env = { ...spec.env, KUBERNETES_EXEC_INFO: JSON.stringify(info) };
    output = await machine.run({ command: spec.command, args: spec.args, env });
  } catch (cause) {
    const hint = spec.installHint ? ` (${spec.installHint.trim().split("\n")[0]})` : "";
    throw new KubeError("config", `${where}: credential plugin ${spec.command} failed${hint}`, { cause });
  }
  // The output holds the credential: no part of it may reach a message.
  const status = statusIn(output);
  if (!status) throw new KubeError("config", `${where}: ${spec.command} did not print an ExecCredential with a status`);
  const { token, clientCertificateData, clientKeyData, expirationTimestamp } = status;
  const expiresAt = typeof expirationTimestamp === "string" ? Date.parse(expirationTimestamp) : Number.NaN;
  return {
    ...(typeof token === "string" ? { token: new Secret(token) } : {}),
    ...(typeof clientCertificateData === "string" ? { clientCertificate: clientCertificateData } : {}),
    ...(typeof clientKeyData === "string" ? { clientKey: clientKeyData } : {}),
    ...(Number.isFinite(expiresAt) ? { expiresAt } : {}),
  };
}

function statusIn(output: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value = JSON.parse(output) as { readonly status?: unknown } | null;
    const status = value?.status;
    return typeof status === "object" && status !== null ? (status as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
