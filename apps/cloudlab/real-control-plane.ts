import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, openSync, rmSync } from "node:fs";
import { createConnection, createServer, type Server, type Socket } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { errorText } from "@ccm/base";
import { createProgress, provideAssets, startControlPlane } from "@ccm/control-plane/node";

export interface UpOptions {
  /** Several may run at once, by name. */
  readonly name: string;
  /** Of kube-controller-manager; none: it is not started. */
  readonly controllers: readonly string[];
  readonly background: boolean;
}

/** `cloudlab control-plane up`: one JSON line `{name, version, server, kubeconfig}`, then it runs until a signal or `down`. */
export async function controlPlaneUp(options: UpOptions): Promise<number> {
  if (await isRunning(options.name)) {
    return fail(`a control plane "${options.name}" runs already: stop it with "cloudlab control-plane down"`);
  }
  return options.background ? upInBackground(options) : upHere(options);
}

async function upHere({ name, controllers }: UpOptions): Promise<number> {
  const asked = Promise.withResolvers<void>();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => asked.resolve());
  const callers: Socket[] = [];
  let socket: Server | undefined;
  try {
    const assets = await provideAssets(controllers.length > 0 ? ["kube-controller-manager"] : [], {
      progress: createProgress(process.stderr),
    });
    const plane = await startControlPlane({
      assets,
      audit: true,
      ...(controllers.length > 0 ? { controllerManager: { controllers } } : {}),
    });
    try {
      socket = await serveDown(name, (caller) => {
        callers.push(caller);
        asked.resolve();
      });
      const { server, version, admin } = plane;
      process.stdout.write(`${JSON.stringify({ name, version, server, kubeconfig: admin.kubeconfigFile })}\n`);
      const crash = await Promise.race([asked.promise, plane.crashed]);
      if (crash) throw new Error(`the control plane has ended: ${crash}`);
    } finally {
      await plane.stop();
    }
    for (const caller of callers) caller.end("stopped\n");
    return 0;
  } catch (error) {
    return fail(errorText(error));
  } finally {
    socket?.close();
  }
}

/** The same in a process of its own, which this one leaves when it is ready. */
async function upInBackground({ name, controllers }: UpOptions): Promise<number> {
  const main = process.argv[1] ?? "";
  const log = openSync(runtimeFile(name, "log"), "w", 0o600);
  const list = controllers.length > 0 ? ["--controllers", controllers.join(",")] : [];
  const child = spawn(process.execPath, [main, "control-plane", "up", "--name", name, ...list], {
    detached: true,
    stdio: ["ignore", "pipe", log],
  });
  const { stdout } = child;
  if (!stdout) return fail("unreachable: it was started with a pipe");
  const line = await new Promise<string | undefined>((resolve) => {
    createInterface({ input: stdout }).once("line", resolve);
    child.once("close", () => resolve(undefined));
  });
  stdout.destroy();
  child.unref();
  if (line === undefined) return fail(`it could not be started: ${runtimeFile(name, "log")} says why`);
  process.stdout.write(`${line}\n`);
  return 0;
}

/** `cloudlab control-plane down`: resolves when it has stopped. */
export async function controlPlaneDown(name: string): Promise<number> {
  const answer = await ask(name, "down\n");
  if (answer === undefined) return fail(`no control plane "${name}" runs`);
  return answer === "stopped\n" ? 0 : fail(`the control plane "${name}" ended before it could say that it stopped`);
}

/** `cloudlab control-plane assets`: gets the programs, and prints where they are as one JSON line. */
export async function controlPlaneAssets(): Promise<number> {
  const progress = createProgress(process.stderr);
  try {
    const assets = await provideAssets(["kubectl", "kube-controller-manager"], { progress });
    process.stdout.write(`${JSON.stringify(assets)}\n`);
    return 0;
  } catch (error) {
    return fail(errorText(error));
  }
}

/** A socket, not a file with a process ID: it cannot name a process that only has the same number. */
async function serveDown(name: string, onDown: (caller: Socket) => void): Promise<Server> {
  const path = runtimeFile(name, "sock");
  // Nobody listens on it: `up` has asked.
  rmSync(path, { force: true });
  const server = createServer((caller) => {
    caller.on("error", () => {});
    caller.once("data", () => onDown(caller));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
  chmodSync(path, 0o600);
  return server;
}

async function isRunning(name: string): Promise<boolean> {
  return (await ask(name, undefined)) !== undefined;
}

/** What it answers until it closes; undefined when nobody is there. */
function ask(name: string, text: string | undefined): Promise<string | undefined> {
  return new Promise((resolve) => {
    let answer = "";
    const socket = createConnection(runtimeFile(name, "sock"));
    socket.on("connect", () => (text === undefined ? socket.end() : socket.write(text)));
    socket.setEncoding("utf8").on("data", (chunk) => {
      answer += chunk;
    });
    socket.on("error", () => resolve(socket.pending ? undefined : answer));
    socket.on("close", () => resolve(answer));
  });
}

function runtimeFile(name: string, extension: string): string {
  const folder = join(process.env.XDG_RUNTIME_DIR || tmpdir(), `cloudlab-${userInfo().username}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return join(folder, `control-plane-${name}.${extension}`);
}

function fail(message: string): number {
  process.stderr.write(`cloudlab: ${message}\n`);
  return 1;
}
