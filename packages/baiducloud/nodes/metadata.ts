import type { InstanceMetadata } from "@ccm/cloud-provider";
import type { Node, NodeAddress } from "@ccm/kube";
import { providerIdOf } from "../provider-id.ts";
import type { Machine } from "./machine.ts";

export interface MetadataOptions {
  readonly region: string;
  /** legacy: GPU and BCC, as the former CCM. */
  readonly instanceTypeLabel: "spec" | "legacy";
  /** Label machines with GPUs as CCE does. */
  readonly gpuLabel: boolean;
}

/** The keys that CCE itself gives its nodes. Its network plugin waits for the subnet's. */
const LABEL = {
  vpc: "cce.baidubce.com/vpc-id",
  zone: "cce.baidubce.com/available-zone",
  instance: "cce.baidubce.com/instanceid",
  subnet: "topology.kubernetes.io/subnet",
  gpu: "beta.kubernetes.io/instance-gpu",
} as const;

export function metadataOf(machine: Machine, node: Node, options: MetadataOptions): InstanceMetadata {
  const { region, instanceTypeLabel, gpuLabel } = options;
  const legacy = machine.gpu ? "GPU" : "BCC";
  return {
    providerId: providerIdOf(machine.id),
    instanceType: labelValue(instanceTypeLabel === "legacy" ? legacy : machine.instanceType),
    addresses: addressesOf(machine, node),
    zone: labelValue(machine.zone),
    region,
    additionalLabels: known({
      [LABEL.vpc]: machine.vpcId,
      [LABEL.zone]: machine.zone,
      [LABEL.instance]: machine.id,
    }),
    wellKnownLabels: known({
      [LABEL.subnet]: machine.subnetId,
      [LABEL.gpu]: gpuLabel && machine.gpu ? "true" : "",
    }),
    shutdown: machine.state === "off",
  };
}

function addressesOf(machine: Machine, node: Node): readonly NodeAddress[] {
  const addresses: NodeAddress[] = machine.internalIps.map((address) => ({ type: "InternalIP", address }));
  if (machine.publicIp) addresses.push({ type: "ExternalIP", address: machine.publicIp });
  // The Node's own name: kubelet's serving certificate is made for it.
  if (node.metadata.name) addresses.push({ type: "Hostname", address: node.metadata.name });
  return addresses;
}

function known(labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const given = Object.entries(labels).map(([key, value]) => [key, labelValue(value)] as const);
  return Object.fromEntries(given.filter(([, value]) => value !== ""));
}

/** As the API server takes label values: a name of the cloud's with another character must not fail the whole Node. */
export function labelValue(text: string): string {
  return text
    .replace(/[^A-Za-z0-9_.-]+/g, "-")
    .slice(0, 63)
    .replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, "");
}
