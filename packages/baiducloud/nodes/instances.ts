import type { InstanceLookup, Instances } from "@ccm/cloud-provider";
import type { Node } from "@ccm/kube";
import { asCloudErrors } from "../errors.ts";
import { instanceIdOf } from "../provider-id.ts";
import type { Machine } from "./machine.ts";
import type { Found, MachineSource } from "./machine-source.ts";
import { type Match, matchNode } from "./match.ts";
import { type MetadataOptions, metadataOf } from "./metadata.ts";

export interface InstancesOptions extends MetadataOptions {
  readonly source: () => Promise<MachineSource>;
  /** Searched too for Nodes without a provider ID that the source does not know. */
  readonly products: MachineSource;
}

/** Nodes as machines: by provider ID, else by name or address. */
export function createInstances({ source, products, ...options }: InstancesOptions): Instances {
  const found = (machine: Machine, node: Node): InstanceLookup =>
    machine.state === "gone"
      ? { state: "absent", evidence: `${machine.id} is ${machine.status}` }
      : { state: "found", metadata: metadataOf(machine, node, options) };
  const answerFor = (node: Node, answer: Found | undefined): InstanceLookup => {
    if (answer && "machine" in answer) return found(answer.machine, node);
    if (answer && "absent" in answer) return { state: "absent", evidence: answer.absent };
    return { state: "unknown", reason: answer?.unknown ?? "no answer" };
  };
  const answerByName = (node: Node, match: Match): InstanceLookup => {
    const name = node.metadata.name ?? "";
    if (match.kind === "one") return found(match.machine, node);
    if (match.kind === "none") {
      return { state: "unknown", reason: `no machine with host name, name or address "${name}"` };
    }
    const reason = `several machines fit node "${name}": ${match.ids.join(", ")}; set its provider ID, or give it a name of its own`;
    return { state: "unknown", reason };
  };
  const byName = async (nodes: readonly Node[], chosen: MachineSource): Promise<ReadonlyMap<Node, Match>> => {
    const matches = new Map<Node, Match>();
    if (nodes.length === 0) return matches;
    const listed = await chosen.list();
    for (const node of nodes) matches.set(node, matchNode(node, listed));
    const rest = nodes.filter((node) => matches.get(node)?.kind === "none");
    if (chosen === products || rest.length === 0) return matches;
    const others = await products.list();
    for (const node of rest) matches.set(node, matchNode(node, others));
    return matches;
  };

  const lookupMany = (nodes: readonly Node[], signal: AbortSignal): Promise<readonly InstanceLookup[]> =>
    asCloudErrors(async () => {
      const chosen = await source();
      const idOf = (node: Node) => instanceIdOf(node.spec?.providerID);
      const ids = [...new Set(nodes.map(idOf).filter((id) => id !== undefined))];
      const nameless = nodes.filter((node) => !node.spec?.providerID);
      const [machines, matches] = await Promise.all([
        ids.length > 0 ? chosen.find(ids, signal) : new Map<string, Found>(),
        byName(nameless, chosen),
      ]);
      return nodes.map((node) => {
        const match = matches.get(node);
        if (match) return answerByName(node, match);
        const id = idOf(node);
        return id === undefined ? foreign(node.spec?.providerID ?? "") : answerFor(node, machines.get(id));
      });
    });

  return {
    lookupMany,
    async lookup(node, signal) {
      const [lookup] = await lookupMany([node], signal);
      return lookup ?? { state: "unknown", reason: "no answer" };
    },
  };
}

function foreign(providerId: string): InstanceLookup {
  return { state: "unknown", reason: `provider ID "${providerId}" is not one of Baidu AI Cloud (cce://i-…)` };
}
