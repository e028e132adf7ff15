/** What the CCMs say of themselves: logs, and how much work they have. */
import { createLogger, type Logger, type Metrics, noMetrics } from "@ccm/base";
import type { World } from "../world.ts";

export interface Testimony {
  /** In order, each with its time and its CCM. */
  readonly logs: readonly string[];
  loggerOf(ccm: string): Logger;
  metricsOf(ccm: string): Metrics;
  /** Work queues that are not empty, of the CCMs with these names. */
  workLeft(running: readonly string[]): readonly string[];
}

export function createTestimony(now: () => number): Testimony {
  const logs: string[] = [];
  const depths = new Map<string, number>();
  return {
    logs,
    loggerOf: (ccm) =>
      createLogger((level, message, fields) => {
        logs.push(`${now().toFixed(3)} ${ccm} · ${level}: ${message} ${JSON.stringify(fields)}`);
      }),
    metricsOf: (ccm) => ({
      ...noMetrics,
      gauge: ({ name }) => ({
        set(value, labels = {}) {
          if (name === "workqueue_depth") depths.set(`${ccm} queue ${Object.values(labels).join(" ")}`, value);
        },
      }),
    }),
    workLeft: (running) =>
      [...depths].flatMap(([queue, depth]) => {
        const [ccm = ""] = queue.split(" ");
        return depth > 0 && running.includes(ccm) ? [`${queue} holds ${depth} at the end`] : [];
      }),
  };
}

/** Of texts that anybody may read: the one that has the secret key in it. */
export function secretsIn(world: World, texts: readonly string[]): readonly string[] {
  const { secretAccessKey } = world.simulator.credentials;
  const found = texts.find((text) => text.includes(secretAccessKey));
  return found === undefined
    ? []
    : [`the secret access key is in: ${found.replaceAll(secretAccessKey, "…").slice(0, 300)}`];
}
