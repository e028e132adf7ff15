import type { Instance } from "@ccm/bce";
import type { InstanceMetadata } from "@ccm/cloud-provider";
import type { Node, NodeAddress } from "@ccm/kube";
import { providerIdOf } from "../provider-id.ts";

/** Switched off, but still there. An expired machine is off until it is paid for again. */
const OFF = new Set(["Stopped", "Expired"]);
/** In the recycle bin, or gone: the cloud's way of saying that there is no such machine. */
const GONE = new Set(["Deleted", "Recycled"]);

export function isGone(instance: Instance): boolean {
  return GONE.has(instance.status);
}

export function metadataOf(instance: Instance, node: Node, region: string): InstanceMetadata {
  return {
    providerId: providerIdOf(instance.id),
    instanceType: instance.spec || instance.instanceType || "BCC",
    addresses: addressesOf(instance, node),
    zone: instance.zoneName,
    region,
    // The keys that CCE itself gives its nodes.
    additionalLabels: {
      "cce.baidubce.com/vpc-id": instance.vpcId,
      "cce.baidubce.com/available-zone": instance.zoneName,
      "cce.baidubce.com/instanceid": instance.id,
    },
    shutdown: OFF.has(instance.status),
  };
}

function addressesOf(instance: Instance, node: Node): readonly NodeAddress[] {
  const addresses: NodeAddress[] = [];
  const add = (type: NodeAddress["type"], address: string | null | undefined) => {
    if (address && !addresses.some((known) => known.type === type && known.address === address)) {
      addresses.push({ type, address });
    }
  };
  add("InternalIP", instance.internalIp);
  add("InternalIP", instance.ipv6);
  for (const address of instance.ipv6Addresses ?? []) add("InternalIP", address);
  add("ExternalIP", instance.publicIp);
  // The Node's own name: kubelet's serving certificate is made for it.
  add("Hostname", node.metadata.name);
  return addresses;
}
