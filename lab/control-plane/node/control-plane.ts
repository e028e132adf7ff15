import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openTransport, systemClock, systemRandom } from "@ccm/base/node";
import { stringify } from "yaml";
import { type AuditEvent, METADATA_POLICY, parseAuditLog } from "../audit.ts";
import { apiServerFlags, commandLine, controllerManagerFlags, etcdFlags, type Flags } from "../flags.ts";
import { type Applied, apply } from "./apply.ts";
import { type Assets, findAssets } from "./assets.ts";
import { type Component, startComponent } from "./component.ts";
import { createPki, type Pki } from "./pki.ts";
import { type TakenPort, takePort } from "./ports.ts";
import { waitUntilReady } from "./ready.ts";
import { createUser, type User } from "./users.ts";

const HOST = "127.0.0.1";
const START_TIMEOUT_MS = 60_000;
const STOP_GRACE_MS = 20_000;

export type ComponentName = "etcd" | "kube-apiserver" | "kube-controller-manager";

export interface ControllerManagerOptions {
  /** As its --controllers takes them: "namespace-controller", "garbage-collector-controller", "node-ipam-controller"… */
  readonly controllers: readonly string[];
  /** Pod networks, one per IP family: nodes get parts of them when "node-ipam-controller" runs. */
  readonly clusterCidrs?: readonly string[];
  readonly flags?: Flags;
}

export interface ControlPlaneOptions {
  /** Default: what `findAssets` finds; nothing is downloaded or built. */
  readonly assets?: Assets;
  /** One, or one per IP family. Default: dual stack, IPv4 first. */
  readonly serviceCidrs?: readonly string[];
  /** `true`: an event per request, without bodies; or an audit policy. Default: no audit log. */
  readonly audit?: boolean | Readonly<Record<string, unknown>>;
  /** For the API server and the controller manager. */
  readonly featureGates?: Readonly<Record<string, boolean>>;
  readonly apiServerFlags?: Flags;
  readonly etcdFlags?: Flags;
  /** Default: no controller manager; nothing finalises namespaces, collects garbage or makes ServiceAccounts. */
  readonly controllerManager?: ControllerManagerOptions;
  /** For each component. Default 60 s. */
  readonly startTimeoutMs?: number;
}

/** A running control plane. It ends with this process at the latest, however that ends. */
export interface ControlPlane {
  /** `https://127.0.0.1:port`, the same after a restart. */
  readonly server: string;
  /** "1.37.2" */
  readonly version: string;
  /** Holds everything of it, and goes with it. */
  readonly folder: string;
  /** In the group system:masters: may do everything. */
  readonly admin: User;
  /** Anybody else: `days` is the life of the certificate. */
  mintUser(name: string, groups?: readonly string[], days?: number): Promise<User>;
  /** Creates or updates objects, given as they are or as YAML text, in their order; CRDs are waited for. */
  apply(...objects: readonly Applied[]): Promise<void>;
  /** Where a later `auditEvents` may start. */
  auditPosition(): number;
  /** The events since a position, or since the start. Throws when it was started without an audit log. */
  auditEvents(since?: number): readonly AuditEvent[];
  /** SIGTERM, as in an upgrade; `kill` as in a crash. etcd keeps the data. */
  stopApiServer(how?: "kill"): Promise<void>;
  /** Resolves when it is ready again. */
  startApiServer(): Promise<void>;
  /** Gives the API server a new serving certificate of the same authority; it reads it without a restart. */
  rotateServingCertificate(): Promise<void>;
  /** What a component has written, all its lives together. */
  log(component: ComponentName): string;
  /** Process IDs of what runs. */
  pids(): readonly number[];
  /** Resolves, with a text that says how, when a component ends that nobody has stopped. */
  readonly crashed: Promise<string>;
  stop(): Promise<void>;
}

/**
 * Starts etcd, kube-apiserver and, when asked, kube-controller-manager on free loopback ports, with certificates of
 * their own, and resolves when they are ready. Rejects, with the end of the log, when one is not.
 */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const assets = options.assets ?? findAssets(options.controllerManager ? ["kube-controller-manager"] : []);
  const folder = mkdtempSync(join(tmpdir(), "control-plane-"));
  const parts: Parts = {
    options,
    assets,
    folder,
    ports: [],
    running: new Map(),
    users: [],
    minted: 0,
    stopping: new Set(),
    crash: Promise.withResolvers(),
  };
  try {
    return await start(parts);
  } catch (error) {
    await takeDown(parts);
    throw error;
  }
}

interface Parts {
  readonly options: ControlPlaneOptions;
  readonly assets: Assets;
  readonly folder: string;
  readonly ports: TakenPort[];
  readonly running: Map<ComponentName, Component>;
  readonly users: User[];
  minted: number;
  /** Components that are meant to end. */
  readonly stopping: Set<Component>;
  readonly crash: PromiseWithResolvers<string>;
}

async function start(parts: Parts): Promise<ControlPlane> {
  const { options, assets, folder, running } = parts;
  const { serviceCidrs = ["10.96.0.0/16", "fd00:10:96::/112"], featureGates = {} } = options;
  const [pki, etcdPort, peerPort, port] = await Promise.all([
    createPki(join(folder, "pki"), HOST, systemClock),
    freePort(parts),
    freePort(parts),
    freePort(parts),
  ]);
  const server = `https://${HOST}:${port}`;
  const etcd = `http://${HOST}:${etcdPort}`;
  const audit = auditFiles(options.audit, folder);

  const etcdPlan = { host: HOST, port: etcdPort, peerPort, dataDir: join(folder, "etcd") };
  launch(parts, "etcd", assets.etcd, commandLine(etcdFlags(etcdPlan), options.etcdFlags ?? {}));
  await ready(parts, "etcd", `${etcd}/health`, {});

  const plan = { host: HOST, port, etcd, certDir: join(folder, "certs"), files: pki.files, serviceCidrs, featureGates };
  const apiServer = commandLine(apiServerFlags({ ...plan, ...(audit ? { audit } : {}) }), options.apiServerFlags ?? {});
  const admin = await mint(parts, pki, server, "admin", ["system:masters"]);
  const startApiServer = async () => {
    if (running.get("kube-apiserver")?.hasEnded() === false) return;
    launch(parts, "kube-apiserver", assets["kube-apiserver"], apiServer);
    await ready(parts, "kube-apiserver", `${server}/readyz`, admin.connection.tls);
    // Made by a loop of the API server itself, which readiness does not wait for.
    await waitUntilReady({
      ...waiting(parts, "kube-apiserver"),
      probe: async () => (await admin.request("GET", "/api/v1/namespaces/default")).status === 200,
    });
  };
  await startApiServer();
  if (options.controllerManager) await startControllerManager(parts, options.controllerManager, pki, admin, plan);

  const { gitVersion } = JSON.parse((await admin.request("GET", "/version")).text) as { gitVersion: string };
  const auditLog = () => {
    if (!audit) throw new Error("this control plane has no audit log: start it with `audit: true`");
    return readIfThere(audit.log);
  };
  return {
    server,
    version: gitVersion.replace(/^v/, ""),
    folder,
    admin,
    mintUser: (name, groups = [], days) => mint(parts, pki, server, name, groups, days),
    apply: (...objects) => apply(admin.request, objects),
    auditPosition: () => auditLog().length,
    auditEvents: (since = 0) => parseAuditLog(auditLog().subarray(since).toString("utf8")),
    async stopApiServer(how) {
      const component = running.get("kube-apiserver");
      if (component) parts.stopping.add(component);
      await (how === "kill" ? component?.kill() : component?.stop(STOP_GRACE_MS));
    },
    startApiServer,
    rotateServingCertificate: () => pki.writeServingCertificate(),
    log: (component) => readIfThere(logFile(folder, component)).toString("utf8"),
    pids: () => [...running.values()].filter((component) => !component.hasEnded()).map(({ pid }) => pid),
    crashed: parts.crash.promise,
    stop: () => takeDown(parts),
  };
}

async function startControllerManager(
  parts: Parts,
  { controllers, clusterCidrs = [], flags = {} }: ControllerManagerOptions,
  pki: Pki,
  admin: User,
  {
    serviceCidrs,
    featureGates,
  }: { readonly serviceCidrs: readonly string[]; readonly featureGates: Readonly<Record<string, boolean>> },
): Promise<void> {
  const file = parts.assets["kube-controller-manager"];
  if (!file) throw new Error(`${parts.assets.source} has no kube-controller-manager`);
  const port = await freePort(parts);
  const args = commandLine(
    controllerManagerFlags({
      host: HOST,
      port,
      certDir: join(parts.folder, "controller-manager-certs"),
      kubeconfig: admin.kubeconfigFile,
      files: pki.files,
      controllers,
      serviceCidrs,
      clusterCidrs,
      featureGates,
    }),
    flags,
  );
  launch(parts, "kube-controller-manager", file, args);
  // Its certificate is its own, self-signed.
  await ready(parts, "kube-controller-manager", `https://${HOST}:${port}/healthz`, { insecureSkipVerify: true });
}

async function mint(
  parts: Parts,
  pki: Pki,
  server: string,
  name: string,
  groups: readonly string[],
  days?: number,
): Promise<User> {
  const options = { name, groups, ...(days === undefined ? {} : { days }) };
  const user = await createUser(options, { server, pki, folder: parts.folder, id: parts.minted++ });
  parts.users.push(user);
  return user;
}

async function freePort({ ports }: Parts): Promise<number> {
  const taken = await takePort(systemRandom);
  ports.push(taken);
  return taken.port;
}

function launch(
  { folder, running, stopping, crash }: Parts,
  name: ComponentName,
  file: string,
  args: readonly string[],
): void {
  const component = startComponent({ name, file, args, folder, logFile: logFile(folder, name) });
  running.set(name, component);
  void component.ended.then((how) => {
    if (!stopping.has(component)) crash.resolve(`${name} ${how}`);
  });
}

async function ready(
  parts: Parts,
  name: ComponentName,
  url: string,
  tls: Parameters<typeof openTransport>[0],
): Promise<void> {
  const transport = openTransport(tls);
  try {
    const probe = async (signal: AbortSignal) => {
      const answer = await transport.send({ method: "GET", url, headers: {} }, { signal });
      for await (const _ of answer.body) void _;
      return answer.status === 200;
    };
    await waitUntilReady({ ...waiting(parts, name), probe });
  } finally {
    await transport.close();
  }
}

function waiting({ running, options }: Parts, name: ComponentName) {
  const component = running.get(name);
  if (!component) throw new Error(`${name} was not started`);
  return { component, clock: systemClock, timeoutMs: options.startTimeoutMs ?? START_TIMEOUT_MS };
}

/** At once: what they would still write down goes with the folder. */
async function takeDown({ running, users, ports, folder, stopping }: Parts): Promise<void> {
  for (const component of running.values()) stopping.add(component);
  await Promise.all(users.map((user) => user.close()));
  await Promise.all([...running.values()].map((component) => component.kill()));
  for (const port of ports) port.release();
  rmSync(folder, { recursive: true, force: true });
}

function auditFiles(audit: ControlPlaneOptions["audit"], folder: string) {
  if (!audit) return undefined;
  mkdirSync(join(folder, "audit"), { mode: 0o700 });
  const policy = join(folder, "audit", "policy.yaml");
  writeFileSync(policy, stringify(audit === true ? METADATA_POLICY : audit));
  return { policy, log: join(folder, "audit", "audit.log") };
}

const logFile = (folder: string, component: ComponentName) => join(folder, `${component}.log`);

function readIfThere(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    return Buffer.alloc(0);
  }
}
