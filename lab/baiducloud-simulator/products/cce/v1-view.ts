import type { Account } from "../../account.ts";
import { instancesOf } from "../bcc/records.ts";
import { subnetsOf } from "../vpc/records.ts";
import { type V1Cluster, vpcCidrOf } from "./v1-model.ts";

const ZERO_TIME = "0001-01-01T00:00:00Z";

function commonOf(account: Account, cluster: V1Cluster) {
  const { clusterUuid, clusterName, containerNet, status, vpcId, masterExposed, machines } = cluster;
  return {
    clusterUuid,
    clusterName,
    region: account.region,
    slaveVmCount: machines.length,
    masterVmCount: 0,
    vpcId,
    containerNet,
    status,
    deleteTime: ZERO_TIME,
    instanceMode: cluster.deployMode,
    hasPrepay: false,
    masterExposed,
  };
}

/** As a list shows a cluster. */
export function viewInList(account: Account, cluster: V1Cluster) {
  const { clusterUuid, createTime, machines } = cluster;
  const found = machines.flatMap((id) => instancesOf(account).get(id) ?? []);
  return {
    ...commonOf(account, cluster),
    createTime,
    allInstanceNormal: found.length === machines.length && found.every(({ status }) => status === "Running"),
    instanceList: found.map(({ id, serialNumber, name, status }) => ({
      instanceShortId: id,
      instanceUuid: serialNumber,
      instanceName: name,
      clusterUuid,
      status: status.toUpperCase(),
    })),
    dccUuid: "",
  };
}

/** As it is shown alone. */
export function viewAlone(account: Account, cluster: V1Cluster) {
  const subnet = subnetsOf(account).get(cluster.subnetId);
  return {
    ...commonOf(account, cluster),
    version: cluster.version,
    vpcUuid: cluster.vpcId,
    vpcCidr: vpcCidrOf(account, cluster),
    zoneSubnetMap: subnet ? { [subnet.zoneName]: subnet.subnetId } : {},
    advancedOptions: cluster.advancedOptions,
    createStartTime: cluster.createTime,
    comment: cluster.comment,
    vpcName: "",
    secureContainerEnable: false,
    masterZoneSubnetMap: {},
  };
}

/** A machine of it; nothing when that is gone. */
export function nodeView(account: Account, cluster: V1Cluster, id: string) {
  const machine = instancesOf(account).get(id);
  if (!machine) return [];
  return [
    {
      instanceShortId: machine.id,
      instanceUuid: machine.serialNumber,
      instanceName: machine.name,
      clusterUuid: cluster.clusterUuid,
      availableZone: machine.zoneName,
      vpcId: machine.vpcId,
      vpcCidr: vpcCidrOf(account, cluster),
      subnetId: machine.subnetId,
      subnetType: subnetsOf(account).get(machine.subnetId)?.subnetType ?? "BCC",
      eip: machine.publicIp,
      eipBandwidth: 0,
      cpu: machine.cpuCount,
      memory: machine.memoryCapacityInGB,
      diskSize: 0,
      sysDisk: machine.rootDiskSizeInGb,
      instanceType: "BCC",
      blb: "",
      floatingIp: "",
      fixIp: machine.internalIp,
      createTime: machine.createTime,
      deleteTime: ZERO_TIME,
      status: machine.status.toUpperCase(),
      expireTime: machine.expireTime ?? ZERO_TIME,
      paymentMethod: machine.paymentTiming.toLowerCase(),
      runtimeVersion: "docker",
    },
  ];
}
