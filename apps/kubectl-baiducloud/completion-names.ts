import { withTimeout } from "@ccm/base";
import { wantsLoadBalancer } from "@ccm/cloud-provider";
import { keyOf, listAll, NAMESPACES, NODES, type ObjectMeta, SERVICES } from "@ccm/kube";
import type { Io } from "./io.ts";
import { openKube } from "./session.ts";

/** Names of the cluster that may stand where the last word is. */
export interface WantedNames {
  readonly kind: "load balancer" | "service" | "node" | "namespace";
  /** What stands in front of the name: "service/", or "". */
  readonly prefix: string;
  readonly typed: string;
  readonly namespace?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
}

/** Who waits for completion goes on typing. */
const PATIENCE_MS = 3000;
const TYPES: Readonly<Record<string, "service" | "node">> = {
  service: "service",
  services: "service",
  svc: "service",
  node: "node",
  nodes: "node",
  no: "node",
};

/** What the words ask the cluster for; undefined: nothing. */
export function wantedNames(words: readonly string[]): WantedNames | undefined {
  const typed = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  const givenBy = (...flags: readonly string[]): string | undefined => {
    const at = before.findLastIndex((word) => flags.includes(word));
    return at < 0 ? undefined : before[at + 1];
  };
  const namespace = givenBy("-n", "--namespace");
  const kubeconfig = givenBy("--kubeconfig");
  const context = givenBy("--context");
  const shared = {
    ...(namespace ? { namespace } : {}),
    ...(kubeconfig ? { kubeconfig } : {}),
    ...(context ? { context } : {}),
  };
  const last = before.at(-1) ?? "";
  if (last === "-n" || last === "--namespace") return { ...shared, kind: "namespace", prefix: "", typed };
  if (typed.startsWith("-") || last.startsWith("-")) return undefined;
  if (before.includes("plan") || before.includes("drift"))
    return { ...shared, kind: "load balancer", prefix: "", typed };
  const [, type = ""] = /^(\w+)\//.exec(typed) ?? [];
  const kind = before.includes("explain") ? TYPES[type.toLowerCase()] : undefined;
  return kind && { ...shared, kind, prefix: `${type}/`, typed };
}

/** Never rejects: a cluster that cannot be asked completes nothing. */
export async function namesInCluster(io: Io, wanted: WantedNames): Promise<readonly string[]> {
  try {
    const names = await withTimeout(io.clock, PATIENCE_MS, "completion", io.signal, (signal) =>
      read(io, wanted, signal),
    );
    return names.map((name) => wanted.prefix + name).filter((name) => name.startsWith(wanted.typed));
  } catch {
    return [];
  }
}

async function read(io: Io, wanted: WantedNames, signal: AbortSignal): Promise<readonly string[]> {
  const { kind, typed, namespace } = wanted;
  const kube = await openKube(io, wanted);
  const nameOf = ({ metadata }: { readonly metadata: ObjectMeta }): string => metadata.name ?? "";
  try {
    if (kind === "namespace") return (await listAll(kube.client, NAMESPACES, { signal })).items.map(nameOf);
    if (kind === "node") return (await listAll(kube.client, NODES, { signal })).items.map(nameOf);
    // namespace/name is a way to write one, too.
    const elsewhere = kind === "load balancer" && typed.includes("/");
    const where = elsewhere ? {} : { namespace: namespace ?? kube.namespace };
    const { items } = await listAll(kube.client, SERVICES, { ...where, signal });
    const found = kind === "service" ? items : items.filter(wantsLoadBalancer);
    return found.map(elsewhere ? keyOf : nameOf);
  } finally {
    await kube.close();
  }
}
