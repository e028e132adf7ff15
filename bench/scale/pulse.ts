import { sleep } from "@ccm/base";
import { systemClock } from "@ccm/base/node";
import { hasCode, type KubeClient, LEASES } from "@ccm/kube";
import { quantile, round } from "./bench.ts";

const REF = { namespace: "default", name: "bench-kubelet" };
const PERIOD_MS = 50;

/** How long the renewals took, in milliseconds. */
export interface PulseResult {
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly longestMs: number;
  readonly renewals: number;
  readonly seconds: number;
}

export interface Pulse {
  end(): Promise<PulseResult>;
}

/** Renews a Lease again and again, as each kubelet does: what others still get from an API server that a manager keeps busy. */
export async function startPulse(client: KubeClient): Promise<Pulse> {
  const lease = {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: REF,
    spec: { holderIdentity: "bench" },
  };
  await client.create(LEASES, lease).catch((error: unknown) => {
    if (!hasCode(error, "already_exists")) throw error;
  });
  let going = true;
  const took: number[] = [];
  const beat = async (): Promise<void> => {
    while (going) {
      const at = systemClock.monotonic();
      const renewTime = new Date(systemClock.now()).toISOString().replace("Z", "000Z");
      await client.patch(LEASES, REF, { type: "merge", body: { spec: { renewTime } } });
      took.push(systemClock.monotonic() - at);
      await sleep(systemClock, PERIOD_MS);
    }
  };
  const start = systemClock.monotonic();
  const beating = beat();
  return {
    async end() {
      going = false;
      await beating;
      return {
        medianMs: round(quantile(took, 0.5), 1),
        p99Ms: round(quantile(took, 0.99), 1),
        longestMs: round(Math.max(...took), 1),
        renewals: took.length,
        seconds: round((systemClock.monotonic() - start) / 1000, 1),
      };
    },
  };
}
