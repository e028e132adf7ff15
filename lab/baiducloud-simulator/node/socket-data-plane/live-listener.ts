import type { Clock } from "@ccm/base";
import { createBalancer } from "../../data-plane/balancer.ts";
import type { Endpoint, Forwarding, Health, Target } from "../../data-plane/data-plane.ts";
import { HealthChecker } from "../../data-plane/health-checker.ts";
import type { PlaceAddress } from "../../data-plane/local-addresses.ts";
import { allowsSource, plainAddress } from "../../data-plane/source-rules.ts";
import type { Certificates } from "./certificates.ts";
import { explain, type Front, type Traffic } from "./front.ts";
import { openHttp } from "./http.ts";
import { probeTarget } from "./probes.ts";
import { openTcp } from "./tcp.ts";
import { openUdp } from "./udp.ts";

const RETRY_OPEN_MS = 2000;

const OPEN = { TCP: openTcp, SSL: openTcp, UDP: openUdp, HTTP: openHttp, HTTPS: openHttp };

export interface LiveListenerParts {
  readonly clock: Clock;
  readonly onProblem: (message: string) => void;
  readonly place: PlaceAddress;
  readonly certificates: Certificates;
}

/** One listener: a socket for each of its addresses, its health checks all the time. */
export class LiveListener {
  readonly #parts: LiveListenerParts;
  readonly #checker: HealthChecker;
  readonly #balancer = createBalancer();
  readonly #traffic: Traffic;
  #forwarding: Forwarding;
  readonly #open = new Map<string, Endpoint & { readonly front: Front }>();
  readonly #told = new Map<string, string>();
  #reconciling: Promise<void> | undefined;
  #closed = false;

  constructor(parts: LiveListenerParts, forwarding: Forwarding) {
    this.#parts = parts;
    this.#forwarding = forwarding;
    this.#checker = new HealthChecker(parts.clock, probeTarget, forwarding);
    this.#traffic = {
      clock: parts.clock,
      certificates: parts.certificates,
      forwarding: () => this.#forwarding,
      admits: (source) => this.#admits(source),
      choose: (source, wanted) => this.#choose(source, wanted),
      count: (instanceId, change) => this.#balancer.count(instanceId, change),
    };
    this.update(forwarding);
  }

  update(forwarding: Forwarding): void {
    this.#forwarding = forwarding;
    this.#checker.update(forwarding);
    this.#reconciling ??= this.#reconcile().finally(() => {
      this.#reconciling = undefined;
      if (this.#closed || this.#isSettled()) return;
      this.#parts.clock.schedule(this.#told.size === 0 ? 0 : RETRY_OPEN_MS, () => {
        if (!this.#closed) this.update(this.#forwarding);
      });
    });
  }

  health(instanceId: string): Health {
    return this.#checker.health(instanceId);
  }

  endpoints(): readonly Endpoint[] {
    return [...this.#open.values()].map(({ front: _, ...endpoint }) => endpoint);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#checker.close();
    await this.#reconciling;
    await Promise.all([...this.#open.values()].map(({ front }) => front.close()));
    this.#open.clear();
  }

  /** The addresses that have a place here. */
  #wanted(): readonly string[] {
    const { addresses, port } = this.#forwarding;
    return addresses.filter((address) => this.#parts.place(address, port) !== undefined);
  }

  #isSettled(): boolean {
    const wanted = this.#wanted();
    return wanted.length === this.#open.size && wanted.every((address) => this.#open.has(address));
  }

  /** Opens and closes sockets so that they are where the forwarding says. */
  async #reconcile(): Promise<void> {
    const wanted = new Set(this.#wanted());
    for (const [address, { front }] of this.#open) {
      if (wanted.has(address)) continue;
      this.#open.delete(address);
      await front.close();
    }
    for (const address of this.#told.keys()) if (!wanted.has(address)) this.#told.delete(address);
    for (const address of wanted) if (!this.#open.has(address) && !this.#closed) await this.#openAt(address);
  }

  async #openAt(address: string): Promise<void> {
    const { blbId, protocol, port } = this.#forwarding;
    const place = this.#parts.place(address, port);
    if (!place) return;
    try {
      const front = await OPEN[protocol](this.#traffic, place);
      const { localPort } = front;
      this.#open.set(address, { blbId, protocol, address, port, localHost: place.host, localPort, front });
      this.#told.delete(address);
    } catch (error) {
      const text = `cannot open ${protocol} ${place.host}:${place.port}: ${explain(error)}`;
      if (text !== this.#told.get(address)) this.#parts.onProblem(text);
      this.#told.set(address, text);
    }
  }

  #admits(source: string): boolean {
    const { sources, protocol, port } = this.#forwarding;
    return allowsSource(sources, { protocol: protocol === "UDP" ? "udp" : "tcp", port, source });
  }

  #choose(source: string, wanted?: string): Target | undefined {
    const { targets, scheduler } = this.#forwarding;
    const alive = targets.filter(({ instanceId }) => this.health(instanceId) === "Alive");
    const known = wanted === undefined ? undefined : alive.find(({ instanceId }) => instanceId === wanted);
    if (known && known.weight > 0) return known;
    return this.#balancer.choose(alive, scheduler, plainAddress(source));
  }
}
