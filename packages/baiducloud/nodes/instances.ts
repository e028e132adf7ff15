import type { Bcc, Instance } from "@ccm/bce";
import { isBceError } from "@ccm/bce";
import { ANNOTATION_PROVIDED_IP, type InstanceLookup, type Instances } from "@ccm/cloud-provider";
import type { Node } from "@ccm/kube";
import { asCloudErrors } from "../errors.ts";
import { instanceIdOf } from "../provider-id.ts";
import { isGone, metadataOf } from "./metadata.ts";

export interface InstancesOptions {
  readonly bcc: Bcc;
  readonly region: string;
  /** The VPC that nodes without a provider ID are searched in; empty for all of the account's. */
  readonly vpcId: string;
}

/** Above this many ids, the paged listing of the VPC (1,000 in a call) costs fewer calls than ids by the hundred. */
const LISTING_PAYS_FROM = 300;

/** Nodes as BCC instances: by provider ID, else by name, host name or address. */
export function createInstances({ bcc, region, vpcId }: InstancesOptions): Instances {
  const listVpc = (signal: AbortSignal) => bcc.list(vpcId ? { vpcId } : {}, { signal });
  const found = (instance: Instance, node: Node): InstanceLookup =>
    isGone(instance)
      ? { state: "absent", evidence: `${instance.id} is ${instance.status}` }
      : { state: "found", metadata: metadataOf(instance, node, region) };

  /** A list that lacks an instance proves nothing: ask for it by name, and believe only the cloud's own "no such". */
  const confirm = async (id: string, node: Node, signal: AbortSignal): Promise<InstanceLookup> => {
    try {
      return found(await bcc.get(id, { signal }), node);
    } catch (error) {
      if (isBceError(error, "absent")) return { state: "absent", evidence: error.message };
      throw error;
    }
  };

  const lookupMany = (nodes: readonly Node[], signal: AbortSignal): Promise<readonly InstanceLookup[]> =>
    asCloudErrors(async () => {
      const ids = nodes.map((node) => instanceIdOf(node.spec?.providerID));
      const wanted = [...new Set(ids.filter((id) => id !== undefined))];
      const needsNames = nodes.some((node) => !node.spec?.providerID);
      const listed = needsNames || wanted.length >= LISTING_PAYS_FROM ? await listVpc(signal) : [];
      const byId = new Map(listed.map((instance) => [instance.id, instance]));
      const rest = wanted.filter((id) => !byId.has(id));
      for (const instance of rest.length > 0 ? await listByIds(bcc, rest, signal) : []) byId.set(instance.id, instance);

      const lookups: InstanceLookup[] = [];
      for (const [index, node] of nodes.entries()) {
        const id = ids[index];
        const instance = id ? byId.get(id) : undefined;
        if (instance) lookups.push(found(instance, node));
        else if (id) lookups.push(await confirm(id, node, signal));
        else if (node.spec?.providerID) lookups.push(foreign(node.spec.providerID));
        else lookups.push(matchByName(node, listed, found));
      }
      return lookups;
    });

  return {
    lookupMany,
    async lookup(node, signal) {
      const [lookup] = await lookupMany([node], signal);
      return lookup ?? { state: "unknown", reason: "no answer" };
    },
  };
}

/** Some versions of the API refuse the whole call when one id is unknown: then nothing is known from it. */
async function listByIds(bcc: Bcc, ids: readonly string[], signal: AbortSignal): Promise<readonly Instance[]> {
  try {
    return await bcc.listByIds(ids, { signal });
  } catch (error) {
    if (isBceError(error, "absent")) return [];
    throw error;
  }
}

function foreign(providerId: string): InstanceLookup {
  return { state: "unknown", reason: `provider ID "${providerId}" is not one of Baidu AI Cloud (cce://i-…)` };
}

/** Node name = instance's host name, name or address; the address the kubelet was told counts as well. */
function matchByName(
  node: Node,
  instances: readonly Instance[],
  found: (instance: Instance, node: Node) => InstanceLookup,
): InstanceLookup {
  const name = node.metadata.name ?? "";
  const ips = new Set((node.metadata.annotations?.[ANNOTATION_PROVIDED_IP] ?? "").split(",").filter(Boolean));
  for (const { type, address } of node.status?.addresses ?? []) if (type === "InternalIP") ips.add(address);
  ips.add(name);
  const live = instances.filter((instance) => !isGone(instance));
  // An address is unique in a VPC, a name need not be: the address decides when there is one.
  const byIp = live.filter((instance) => ips.has(instance.internalIp));
  const matching =
    byIp.length > 0 ? byIp : live.filter((instance) => instance.hostname === name || instance.name === name);
  const [only, ...others] = matching;
  if (!only) return { state: "unknown", reason: `no instance with host name, name or address "${name}"` };
  if (others.length === 0) return found(only, node);
  const candidates = matching.map((instance) => instance.id).join(", ");
  return { state: "unknown", reason: `several instances fit node "${name}": ${candidates}` };
}
