import type { Counter, Gauge, Histogram, Metrics } from "@ccm/base";
import {
  collectDefaultMetrics,
  Counter as PromCounter,
  Gauge as PromGauge,
  Histogram as PromHistogram,
  Registry,
} from "prom-client";

/** The Metrics of a process, kept by prom-client. `process`: with its own (memory, CPU, event loop). */
export function createPrometheusMetrics({ process = true } = {}): Metrics {
  const registry = new Registry();
  if (process) collectDefaultMetrics({ register: registry });
  const instruments = new Map<string, unknown>();
  const once = <T>(name: string, make: () => T): T => {
    const known = instruments.get(name);
    if (known) return known as T;
    const made = make();
    instruments.set(name, made);
    return made;
  };
  return {
    counter: ({ name, help, labels = [] }) =>
      once<Counter>(name, () => {
        const counter = new PromCounter({ name, help, labelNames: [...labels], registers: [registry] });
        return { inc: (values = {}, by = 1) => counter.inc({ ...values }, by) };
      }),
    gauge: ({ name, help, labels = [] }) =>
      once<Gauge>(name, () => {
        const gauge = new PromGauge({ name, help, labelNames: [...labels], registers: [registry] });
        return { set: (value, values = {}) => gauge.set({ ...values }, value) };
      }),
    histogram: ({ name, help, labels = [], buckets }) =>
      once<Histogram>(name, () => {
        const histogram = new PromHistogram({
          name,
          help,
          labelNames: [...labels],
          buckets: [...buckets],
          registers: [registry],
        });
        return { observe: (value, values = {}) => histogram.observe({ ...values }, value) };
      }),
    expose: async () => ({ contentType: registry.contentType, body: await registry.metrics() }),
  };
}
