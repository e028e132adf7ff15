import { type Clock, errorText, integer, type Logger, type Random } from "@ccm/base";
import { hasCode, type KubeClient, LEASES, microTime, NODES } from "@ccm/kube";
import { type LabNodeSpec, nodeConditions, registeredNode } from "./lab-node.ts";
import { createTimerWheel } from "./timer-wheel.ts";

/** As a kubelet has them without configuration. */
const LEASE_SECONDS = 40;
const RENEW_MS = 10_000;
/** Of renewals, one in so many comes with a report of an unchanged status: every five minutes. */
const RENEWALS_PER_REPORT = 30;
const SLOTS = 200;
const LEASE_NAMESPACE = "kube-node-lease";

interface Kubelet {
  readonly spec: LabNodeSpec;
  /** Of its Node. */
  uid: string | undefined;
  /** Which of the renewals comes with a report. */
  readonly reportAt: number;
  /** A call of it is on its way: a slow server is not asked twice. */
  busy: boolean;
}

export interface Kubelets {
  /** Registers the Node if it is not there, reports its status, and makes or takes up its Lease; from then on it reports. */
  start(spec: LabNodeSpec): Promise<void>;
  /** It falls silent at once. What it wrote stays. */
  stop(name: string): void;
  readonly running: number;
  close(): void;
}

/**
 * What kubelets write to the API server: the Node once, its Lease every 10 s, its status every 5 minutes. All by one timer,
 * each at a moment of its own, and a few words of memory each.
 */
export function createKubelets(options: {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}): Kubelets {
  const { client, clock, random, logger } = options;
  const kubelets = new Map<string, Kubelet>();

  const renew = async ({ spec: { name }, uid }: Kubelet): Promise<void> => {
    const renewTime = microTime(clock.now());
    const body = { spec: { renewTime } };
    try {
      await client.patch(LEASES, { namespace: LEASE_NAMESPACE, name }, { type: "merge", body });
    } catch (error) {
      if (!hasCode(error, "not_found")) throw error;
      const owner = uid ? { ownerReferences: [{ apiVersion: "v1", kind: "Node", name, uid }] } : {};
      await client.create(LEASES, {
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        metadata: { namespace: LEASE_NAMESPACE, name, ...owner },
        spec: { holderIdentity: name, leaseDurationSeconds: LEASE_SECONDS, renewTime },
      });
    }
  };
  const report = async ({ spec: { name } }: Kubelet): Promise<void> => {
    const now = new Date(clock.now()).toISOString().replace(/\.\d+Z$/, "Z");
    // Of conditions only the heartbeat changes: lastTransitionTime is left to the list's merge by type.
    const conditions = nodeConditions(now).map(({ lastTransitionTime: _, ...condition }) => condition);
    try {
      await client.patch(NODES, { name }, { type: "strategic", body: { status: { conditions } } }, STATUS);
    } catch (error) {
      // A kubelet whose Node was deleted goes on, and registers again only when it starts anew.
      if (!hasCode(error, "not_found")) throw error;
    }
  };
  const turn = (kubelet: Kubelet, round: number): void => {
    if (kubelet.busy) return;
    kubelet.busy = true;
    const calls = [renew(kubelet)];
    if (round % RENEWALS_PER_REPORT === kubelet.reportAt) calls.push(report(kubelet));
    Promise.all(calls)
      .catch((error: unknown) => {
        logger.warn("a kubelet cannot report", { node: kubelet.spec.name, error: errorText(error) });
      })
      .finally(() => {
        kubelet.busy = false;
      });
  };
  const wheel = createTimerWheel({ clock, random, periodMs: RENEW_MS, slots: SLOTS, turn });

  return {
    async start(spec) {
      if (kubelets.has(spec.name)) return;
      const kubelet: Kubelet = { spec, uid: undefined, reportAt: integer(random, RENEWALS_PER_REPORT), busy: false };
      // At once, so that a stop meanwhile is not missed.
      kubelets.set(spec.name, kubelet);
      const now = new Date(clock.now()).toISOString().replace(/\.\d+Z$/, "Z");
      const node = registeredNode(spec, now);
      try {
        const made = await client.create(NODES, node).catch((error: unknown) => {
          if (!hasCode(error, "already_exists")) throw error;
          return client.get(NODES, { name: spec.name });
        });
        kubelet.uid = made.metadata.uid;
        // The first report follows the registration at once.
        const body = { status: node.status };
        await client.patch(NODES, { name: spec.name }, { type: "strategic", body }, STATUS);
        await renew(kubelet);
      } catch (error) {
        kubelets.delete(spec.name);
        throw error;
      }
      if (kubelets.get(spec.name) === kubelet) wheel.add(kubelet);
    },
    stop(name) {
      const kubelet = kubelets.get(name);
      if (!kubelet) return;
      kubelets.delete(name);
      wheel.delete(kubelet);
    },
    get running() {
      return kubelets.size;
    },
    close() {
      wheel.close();
      kubelets.clear();
    },
  };
}

const STATUS = { subresource: "status" } as const;
