import { type Clock, errorText, KeyedMutex, type Logger, type Random, repeat } from "@ccm/base";
import { hasCode, type Informer, type KubeClient, NODES, type Service } from "@ccm/kube";
import { createKubelets } from "./kubelets.ts";
import { type LabNodeSpec, readyCondition, registeredNode } from "./lab-node.ts";
import type { NodeNetwork } from "./network.ts";
import { nodePortsOf } from "./node-ports.ts";

const RETRY_MS = 1000;

interface LabNode {
  readonly spec: LabNodeSpec;
  on: boolean;
  /** Open ports by key, each with its close function. */
  readonly open: Map<string, () => Promise<void>>;
}

export interface LabNodes {
  /** Registers the node and opens its node ports. */
  add(spec: LabNodeSpec): Promise<void>;
  /** The machine is gone or off: ports close, its Lease is renewed no more, and the Node becomes NotReady if it still exists. */
  powerOff(name: string): Promise<void>;
  powerOn(name: string): Promise<void>;
  /** Names of the nodes that are on. */
  readonly running: readonly string[];
  close(): Promise<void>;
}

/** Machines that behave like nodes: what a kubelet writes to the API server, and what kube-proxy answers on the wire. */
export function createLabNodes(options: {
  readonly client: KubeClient;
  /** Run by the caller. */
  readonly services: Informer<Service>;
  readonly network: NodeNetwork;
  readonly clock: Clock;
  readonly logger: Logger;
  /** With it, kubelets renew their Leases and report, each at moments of its own. Without, they write only changes. */
  readonly random?: Random;
}): LabNodes {
  const { client, services, network, clock, logger, random } = options;
  const kubelets = random && createKubelets({ client, clock, logger, random });
  const nodes = new Map<string, LabNode>();
  const mutex = new KeyedMutex();
  const stopped = new AbortController();
  const now = () => new Date(clock.now()).toISOString().replace(/\.\d+Z$/, "Z");

  const syncPorts = (node: LabNode): Promise<void> =>
    mutex.run(node.spec.name, async () => {
      const wanted = node.on ? nodePortsOf(services.list()) : new Map<string, never>();
      for (const [key, close] of node.open) {
        if (wanted.has(key)) continue;
        node.open.delete(key);
        await close();
      }
      for (const [key, port] of wanted) {
        if (node.open.has(key) || stopped.signal.aborted) continue;
        try {
          const reply = `${node.spec.name} (${port.label}, node port ${port.port}/${port.protocol})\n`;
          node.open.set(key, await network.open({ ...port, host: node.spec.host, reply }));
        } catch (error) {
          logger.warn("cannot open node port", { node: node.spec.name, port: key, error: errorText(error) });
        }
      }
    });
  const syncAll = () => Promise.all([...nodes.values()].map(syncPorts));
  const onChange = () => void syncAll();
  const unsubscribe = services.subscribe({ add: onChange, update: onChange, delete: onChange });
  // A port that could not be opened (its number was in use for a moment) is tried again.
  void repeat(clock, RETRY_MS, stopped.signal, async () => {
    const ports = nodePortsOf(services.list()).size;
    await Promise.all([...nodes.values()].filter((node) => node.on && node.open.size !== ports).map(syncPorts));
  });

  const report = async (name: string, status: "True" | "Unknown"): Promise<void> => {
    try {
      const body = { status: { conditions: [readyCondition(status, now())] } };
      await client.patch(NODES, { name }, { type: "strategic", body }, { subresource: "status" });
    } catch (error) {
      if (!hasCode(error, "not_found")) throw error;
    }
  };
  /** One after the other: a machine that is stopped and started at once must not end as off. */
  const switchTo = (name: string, on: boolean): Promise<void> => mutex.run(`power of ${name}`, () => turn(name, on));
  const turn = async (name: string, on: boolean): Promise<void> => {
    const node = nodes.get(name);
    if (!node) throw new RangeError(`no such node: ${name}`);
    node.on = on;
    // Before anything is waited for: a machine that is off says nothing more.
    if (!on) kubelets?.stop(name);
    await syncPorts(node);
    if (on && kubelets) return kubelets.start(node.spec);
    await report(name, on ? "True" : "Unknown");
  };

  return {
    async add(spec) {
      const node: LabNode = { spec, on: true, open: new Map() };
      nodes.set(spec.name, node);
      if (kubelets) {
        await kubelets.start(spec);
        await syncPorts(node);
        return;
      }
      const wanted = registeredNode(spec, now());
      await client.create(NODES, wanted);
      // The kubelet's first report follows its registration at once.
      const body = { status: wanted.status };
      await client.patch(NODES, { name: spec.name }, { type: "strategic", body }, { subresource: "status" });
      await syncPorts(node);
    },
    powerOff: (name) => switchTo(name, false),
    powerOn: (name) => switchTo(name, true),
    get running() {
      return [...nodes.values()].filter((node) => node.on).map((node) => node.spec.name);
    },
    async close() {
      stopped.abort();
      kubelets?.close();
      unsubscribe();
      for (const node of nodes.values()) node.on = false;
      await syncAll();
    },
  };
}
