import { createSocket, type RemoteInfo, type Socket as UdpSocket } from "node:dgram";
import { connect, createServer, type Server, type Socket } from "node:net";
import { type Clock, errorText } from "@ccm/base";
import { createBalancer } from "../data-plane/balancer.ts";
import { type DataPlane, type Forwarding, forwardingKey, type Target } from "../data-plane/data-plane.ts";
import { HealthChecker, type Probe } from "../data-plane/health-checker.ts";

const RETRY_OPEN_MS = 2000;
const UDP_IDLE_MS = 30_000;

export interface SocketDataPlaneOptions {
  readonly clock: Clock;
  /** A port that cannot be opened, in one line. It is tried again. */
  readonly onProblem?: (message: string) => void;
}

/** Listeners as real TCP and UDP sockets on their public addresses, with real health checks of the backends. */
export function socketDataPlane({ clock, onProblem }: SocketDataPlaneOptions): DataPlane {
  const live = new Map<string, LiveListener>();
  let closed = false;
  return {
    apply(forwardings) {
      // The cloud's objects may still change after the lab has closed its sockets: none is opened again.
      if (closed) return;
      const wanted = new Map(forwardings.map((forwarding) => [forwardingKey(forwarding), forwarding]));
      for (const [key, listener] of live) {
        if (wanted.has(key)) continue;
        live.delete(key);
        void listener.close();
      }
      for (const [key, forwarding] of wanted) {
        const known = live.get(key);
        if (known) known.update(forwarding);
        else live.set(key, new LiveListener(clock, forwarding, onProblem ?? (() => {})));
      }
    },
    health: (blbId, protocol, port, instanceId) =>
      live.get(`${blbId} ${protocol}/${port}`)?.health(instanceId) ?? "Unknown",
    async close() {
      closed = true;
      const all = [...live.values()];
      live.clear();
      await Promise.all(all.map((listener) => listener.close()));
    },
  };
}

/** One listener: its socket while it has an address, its health checks all the time. */
class LiveListener {
  readonly #clock: Clock;
  readonly #onProblem: (message: string) => void;
  readonly #checker: HealthChecker;
  readonly #balancer = createBalancer();
  #forwarding: Forwarding;
  #open: { readonly address: string; readonly close: () => Promise<void> } | undefined;
  #opening: Promise<void> | undefined;
  #closed = false;
  #told = "";

  constructor(clock: Clock, forwarding: Forwarding, onProblem: (message: string) => void) {
    this.#clock = clock;
    this.#forwarding = forwarding;
    this.#onProblem = onProblem;
    this.#checker = new HealthChecker(clock, probeTarget, forwarding);
    this.update(forwarding);
  }

  update(forwarding: Forwarding): void {
    this.#forwarding = forwarding;
    this.#checker.update(forwarding);
    this.#opening ??= this.#reopen().finally(() => {
      this.#opening = undefined;
      if (!this.#closed && this.#open?.address !== this.#forwarding.address) {
        this.#clock.schedule(this.#told === "" ? 0 : RETRY_OPEN_MS, () => this.update(this.#forwarding));
      }
    });
  }

  health(instanceId: string) {
    return this.#checker.health(instanceId);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#checker.close();
    await this.#opening;
    await this.#open?.close();
  }

  /** Opens, moves or closes the socket so that it is where the forwarding says. */
  async #reopen(): Promise<void> {
    const { address, port, protocol } = this.#forwarding;
    if (this.#closed || this.#open?.address === address) return;
    await this.#open?.close();
    this.#open = undefined;
    if (address === undefined) return;
    try {
      const close = protocol === "TCP" ? await this.#openTcp(address, port) : await this.#openUdp(address, port);
      this.#open = { address, close };
      this.#told = "";
    } catch (error) {
      const text = `cannot open ${protocol} ${address}:${port}: ${explain(error)}`;
      if (text !== this.#told) this.#onProblem(text);
      this.#told = text;
    }
  }

  #choose(source: string): Target | undefined {
    const alive = this.#forwarding.targets.filter(({ instanceId }) => this.health(instanceId) === "Alive");
    return this.#balancer.choose(alive, this.#forwarding.scheduler, source);
  }

  async #openTcp(address: string, port: number): Promise<() => Promise<void>> {
    const open = new Set<Socket>();
    const server: Server = createServer({ pauseOnConnect: true }, (client) => {
      const target = this.#choose(client.remoteAddress ?? "");
      if (!target) {
        client.resetAndDestroy();
        return;
      }
      const backend = connect({ host: target.host, port: target.port });
      this.#balancer.count(target.instanceId, 1);
      for (const [socket, other] of [
        [client, backend],
        [backend, client],
      ] as const) {
        open.add(socket);
        socket.on("error", () => other.destroy());
        socket.on("close", () => {
          open.delete(socket);
          other.destroy();
        });
      }
      backend.once("close", () => this.#balancer.count(target.instanceId, -1));
      client.pipe(backend).pipe(client);
    });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host: address, port }, () => {
        server.off("error", reject);
        resolve();
      });
    });
    return () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      });
  }

  async #openUdp(address: string, port: number): Promise<() => Promise<void>> {
    const front = createSocket("udp4");
    const sessions = new Map<string, { readonly socket: UdpSocket; usedAt: number }>();
    const end = (key: string): void => {
      const session = sessions.get(key);
      if (!session) return;
      sessions.delete(key);
      session.socket.close();
    };
    const sessionFor = (from: RemoteInfo): UdpSocket | undefined => {
      const key = `${from.address}:${from.port}`;
      const known = sessions.get(key);
      if (known) {
        known.usedAt = this.#clock.monotonic();
        return known.socket;
      }
      const target = this.#choose(from.address);
      if (!target) return undefined;
      const socket = createSocket("udp4");
      socket.on("message", (message) => front.send(message, from.port, from.address));
      socket.on("error", () => end(key));
      socket.connect(target.port, target.host);
      sessions.set(key, { socket, usedAt: this.#clock.monotonic() });
      const expire = (): void => {
        const session = sessions.get(key);
        if (!session) return;
        const idle = this.#clock.monotonic() - session.usedAt;
        if (idle >= UDP_IDLE_MS) end(key);
        else this.#clock.schedule(UDP_IDLE_MS - idle, expire);
      };
      this.#clock.schedule(UDP_IDLE_MS, expire);
      return socket;
    };
    front.on("message", (message, from) => {
      const socket = sessionFor(from);
      // Connecting takes a moment: what comes before is sent after it.
      if (socket) sendWhenConnected(socket, message);
    });
    await new Promise<void>((resolve, reject) => {
      front.once("error", reject);
      front.bind({ address, port, exclusive: true }, () => {
        front.off("error", reject);
        front.on("error", () => {});
        resolve();
      });
    });
    return () =>
      new Promise((resolve) => {
        for (const key of [...sessions.keys()]) end(key);
        front.close(() => resolve());
      });
  }
}

function sendWhenConnected(socket: UdpSocket, message: Uint8Array): void {
  try {
    socket.remoteAddress();
    socket.send(message);
  } catch {
    socket.once("connect", () => socket.send(message));
  }
}

const probeTarget: Probe = (forwarding, target) =>
  forwarding.protocol === "TCP"
    ? probeTcp(target, forwarding.health.timeoutMs)
    : probeUdp(target, forwarding.health.timeoutMs, forwarding.health.probe);

function probeTcp(target: Target, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: target.host, port: target.port, timeout: timeoutMs });
    const end = (well: boolean) => {
      socket.destroy();
      resolve(well);
    };
    socket.once("connect", () => end(true));
    socket.once("timeout", () => end(false));
    socket.once("error", () => end(false));
  });
}

/** Well when something comes back, or at least no "port unreachable": that is all UDP can tell. */
function probeUdp(target: Target, timeoutMs: number, probe: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket("udp4");
    let done = false;
    const end = (well: boolean) => {
      if (done) return;
      done = true;
      clearTimeout(timer);
      socket.close();
      resolve(well);
    };
    const timer = setTimeout(() => end(true), timeoutMs);
    socket.once("message", () => end(true));
    socket.on("error", () => end(false));
    socket.connect(target.port, target.host, () => socket.send(probe));
  });
}

function explain(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "EACCES")
    return "permission denied: ports below 1024 need root, or net.ipv4.ip_unprivileged_port_start=0";
  if (code === "EADDRINUSE") return "another program uses it";
  if (code === "EADDRNOTAVAIL") return "this system has no such local address";
  return errorText(error);
}
