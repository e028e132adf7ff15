import type { KubeClient } from "@ccm/kube";
import { type Latencies, type Side, type Subject, startSubject } from "./subject.ts";

/** What every scenario is given: one cluster for both sides, in turn. */
export interface Bench {
  readonly client: KubeClient;
  readonly start: (
    side: Side,
    options?: { readonly latencies?: Latencies; readonly flags?: readonly string[] },
  ) => Subject;
  readonly print: (line: string) => void;
}

export function createBench(options: {
  readonly client: KubeClient;
  readonly kubeconfig: string;
  readonly programs: Readonly<Record<Side, string>>;
  readonly print: (line: string) => void;
}): Bench {
  const { client, print, kubeconfig, programs } = options;
  return { client, print, start: (side, more = {}) => startSubject(side, { kubeconfig, programs, ...more }) };
}

/** The value below which the share `q` of the numbers lies. */
export function quantile(numbers: readonly number[], q: number): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}

export const round = (value: number, digits = 2): number => Math.round(value * 10 ** digits) / 10 ** digits;
