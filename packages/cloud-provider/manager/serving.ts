import { X509Certificate } from "node:crypto";
import { type Clock, errorText, type HttpHandler, type ServerCertificate, type ServerTls, sleep } from "@ccm/base";
import { CloudError } from "../error.ts";
import type { ManagerEnvironment } from "./environment.ts";
import { parseSniPair, type TlsSettings } from "./tls-settings.ts";

/** Where a server listens and what it shows. */
export interface ServerPlan {
  /** Starts its flags: "" or "webhook-". */
  readonly prefix: "" | "webhook-";
  readonly host: string;
  readonly port: number;
  readonly sharePort: boolean;
  readonly certFile: string;
  readonly keyFile: string;
  readonly certDir: string;
  /** Name of the pair in certDir. */
  readonly pairName: string;
  readonly sni: readonly string[];
  readonly tls: TlsSettings;
  readonly handler: HttpHandler;
  /** PEM of those who sign client certificates. */
  readonly clientCa?: () => string;
}

export interface RunningServer {
  close(): Promise<void>;
  /** Reads the certificates again, and shows them when they have changed. */
  refresh(): Promise<void>;
}

/** How often certificate files are looked at. Kubernetes replaces a mounted Secret within about a minute. */
const REFRESH_MS = 10_000;

/**
 * Serves over TLS; certificates are read again while it runs, so that whoever renews them restarts nothing. A pair that
 * cannot be read or does not fit together (it may be half written) leaves the last good one in place.
 */
export async function startServer(
  plan: ServerPlan,
  env: ManagerEnvironment,
  signal: AbortSignal,
): Promise<RunningServer> {
  const { prefix, host, port, sharePort, handler } = plan;
  if (!env.listen) throw new CloudError("permanent", "nothing to listen with");
  const own = plan.certFile === "" ? await ownCertificate(plan, env) : undefined;
  const read = () => readTls(plan, env, own);
  let shown = await read();
  let server: Awaited<ReturnType<NonNullable<ManagerEnvironment["listen"]>>>;
  try {
    server = await env.listen({
      host,
      port,
      handler,
      ...(shown ? { tls: shown } : {}),
      ...(sharePort ? { sharePort } : {}),
    });
  } catch (cause) {
    const flags = prefix === "" ? "--bind-address, --secure-port" : "--webhook-bind-address, --webhook-secure-port";
    throw new CloudError("permanent", `cannot listen on ${host}:${port} (${flags})`, { cause });
  }
  const refresh = async (): Promise<void> => {
    try {
      const fresh = await read();
      if (!fresh || JSON.stringify(fresh) === JSON.stringify(shown)) return;
      server.renew?.(fresh);
      shown = fresh;
      env.logger.info("serving certificates renewed", { port: server.port });
    } catch (error) {
      env.logger.warn("serving certificates cannot be renewed, keeping the old ones", { error: errorText(error) });
    }
  };
  if (shown && server.renew) keepFresh(refresh, env.clock, signal);
  env.logger.info("serving", { host, port: server.port });
  return { close: () => server.close(), refresh };
}

async function keepFresh(refresh: () => Promise<void>, clock: Clock, signal: AbortSignal): Promise<void> {
  for (;;) {
    await sleep(clock, REFRESH_MS, signal).catch(() => {});
    if (signal.aborted) return;
    await refresh();
  }
}

async function readTls(
  { prefix, certFile, keyFile, sni, tls, clientCa }: ServerPlan,
  { files }: ManagerEnvironment,
  own: ServerCertificate | undefined,
): Promise<ServerTls | undefined> {
  const flag = `--${prefix}tls-cert-file`;
  const pair = own ?? (certFile === "" ? undefined : await readPair(files, flag, certFile, keyFile));
  if (!pair) return undefined;
  const byName = await Promise.all(
    sni.map(async (value) => {
      const { certFile: cert = "", keyFile: key = "", names = [] } = parseSniPair(value) ?? {};
      const named = await readPair(files, `--${prefix}tls-sni-cert-key`, cert, key);
      return { ...named, names: names.length > 0 ? names : namesIn(named.cert) };
    }),
  );
  const ca = clientCa?.() ?? "";
  return { ...pair, ...tls, ...(byName.length > 0 ? { byName } : {}), ...(ca ? { clientCa: ca } : {}) };
}

/** Without files: the pair in --cert-dir, made when it is not there, or one in memory. */
async function ownCertificate(
  { certDir, pairName }: ServerPlan,
  { files, makeCertificate }: ManagerEnvironment,
): Promise<ServerCertificate | undefined> {
  if (certDir === "" || !files) return makeCertificate?.();
  const paths = { cert: `${certDir}/${pairName}.crt`, key: `${certDir}/${pairName}.key` };
  try {
    return { cert: await files.read(paths.cert), key: await files.read(paths.key) };
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  }
  const made = await makeCertificate?.();
  if (made) {
    await files.write(paths.cert, made.cert, false);
    await files.write(paths.key, made.key, true);
  }
  return made;
}

async function readPair(
  files: ManagerEnvironment["files"],
  flag: string,
  cert: string,
  key: string,
): Promise<ServerCertificate> {
  const read = async (path: string): Promise<string> => readFile(files, path, flag);
  return { cert: await read(cert), key: await read(key) };
}

/** A file that a flag names. Throws with one line: the flag, the path, why. */
export async function readFile(files: ManagerEnvironment["files"], path: string, flag: string): Promise<string> {
  if (!files) throw new CloudError("permanent", `${flag} ${path}: there are no files here`);
  try {
    return await files.read(path);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : "";
    const why = code === "ENOENT" ? "no such file" : code === "EACCES" ? "permission denied" : "cannot be read";
    throw new CloudError("permanent", `${flag} ${path}: ${why}`);
  }
}

/** The DNS names that a certificate is for. */
function namesIn(pem: string): readonly string[] {
  const { subjectAltName = "" } = new X509Certificate(pem);
  return (subjectAltName ?? "")
    .split(", ")
    .filter((name) => name.startsWith("DNS:"))
    .map((name) => name.slice("DNS:".length));
}
