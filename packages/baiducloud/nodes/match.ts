import { ANNOTATION_PROVIDED_IP } from "@ccm/cloud-provider";
import type { Node } from "@ccm/kube";
import type { Machine } from "./machine.ts";

export type Match =
  | { readonly kind: "one"; readonly machine: Machine }
  | { readonly kind: "none" }
  /** Any of them may be the Node's: choosing would be guessing. */
  | { readonly kind: "several"; readonly ids: readonly string[] };

/**
 * The machine of a Node without a provider ID. CCE's own word for its Kubernetes name decides; else an address that the
 * Node has, which is unique in a VPC; else its host name, or its name in the console.
 */
export function matchNode(node: Node, machines: readonly Machine[]): Match {
  const name = node.metadata.name ?? "";
  const addresses = addressesOf(node);
  const live = machines.filter(({ state }) => state !== "gone");
  const named = (machine: Machine) => [machine.nodeName, machine.hostname, machine.name].includes(name);
  const byAddress = live.filter(({ internalIps }) => internalIps.some((ip) => addresses.has(ip)));
  return (
    verdict(live.filter(({ nodeName }) => nodeName !== "" && nodeName === name)) ??
    // Where several VPCs are searched, an address may be in two of them: then the name has to agree.
    (byAddress.length > 1 ? verdict(byAddress.filter(named)) : undefined) ??
    verdict(byAddress) ??
    verdict(live.filter(named)) ?? { kind: "none" }
  );
}

/** Undefined: nothing to decide between. */
function verdict(candidates: readonly Machine[]): Match | undefined {
  const byId = new Map(candidates.map((machine) => [machine.id, machine]));
  const [only] = byId.values();
  if (!only) return undefined;
  return byId.size === 1 ? { kind: "one", machine: only } : { kind: "several", ids: [...byId.keys()].sort() };
}

/** What the kubelet was told, what it has reported, and a name that is an address. */
function addressesOf(node: Node): ReadonlySet<string> {
  const provided = (node.metadata.annotations?.[ANNOTATION_PROVIDED_IP] ?? "").split(",").map((ip) => ip.trim());
  const reported = (node.status?.addresses ?? []).filter(({ type }) => type === "InternalIP");
  return new Set([...provided, ...reported.map(({ address }) => address), node.metadata.name ?? ""].filter(Boolean));
}
