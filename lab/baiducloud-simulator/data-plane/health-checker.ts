import { type Clock, repeat } from "@ccm/base";
import type { Forwarding, Health, Target } from "./data-plane.ts";

/** Asks a backend whether it is well. Resolves to the answer, never rejects. */
export type Probe = (forwarding: Forwarding, target: Target) => Promise<boolean>;

/** Checks the backends of one listener, the first time at once, and remembers how they are. */
export class HealthChecker {
  readonly #clock: Clock;
  readonly #probe: Probe;
  #forwarding: Forwarding;
  readonly #checks = new Map<string, { health: Health; streak: number; readonly stop: AbortController }>();

  constructor(clock: Clock, probe: Probe, forwarding: Forwarding) {
    this.#clock = clock;
    this.#probe = probe;
    this.#forwarding = forwarding;
    this.update(forwarding);
  }

  update(forwarding: Forwarding): void {
    this.#forwarding = forwarding;
    const ids = new Set(forwarding.targets.map(({ instanceId }) => instanceId));
    for (const [id, check] of this.#checks) {
      if (ids.has(id)) continue;
      check.stop.abort();
      this.#checks.delete(id);
    }
    for (const { instanceId } of forwarding.targets) if (!this.#checks.has(instanceId)) this.#start(instanceId);
  }

  health(instanceId: string): Health {
    return this.#checks.get(instanceId)?.health ?? "Unknown";
  }

  close(): void {
    for (const { stop } of this.#checks.values()) stop.abort();
    this.#checks.clear();
  }

  #start(instanceId: string): void {
    const check = { health: "Unknown" as Health, streak: 0, stop: new AbortController() };
    this.#checks.set(instanceId, check);
    const interval = () => this.#forwarding.health.intervalMs;
    void repeat(this.#clock, interval, check.stop.signal, async () => {
      const target = this.#forwarding.targets.find((candidate) => candidate.instanceId === instanceId);
      if (!target) return;
      const unasked = this.#forwarding.health.enabled === false;
      const well = target.running && (unasked || (await this.#probe(this.#forwarding, target)));
      const result: Health = well ? "Alive" : "Dead";
      // The first answer counts at once, so that a new load balancer passes traffic without waiting for a threshold.
      if (check.health === "Unknown") check.health = result;
      if (check.health === result) {
        check.streak = 0;
        return;
      }
      check.streak++;
      const { healthyThreshold, unhealthyThreshold } = this.#forwarding.health;
      if (check.streak < (well ? healthyThreshold : unhealthyThreshold)) return;
      check.health = result;
      check.streak = 0;
    });
  }
}
