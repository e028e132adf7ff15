import type { Account } from "../../account.ts";
import { ANY_TEXT, TAGS } from "../../api/common.ts";
import { boolean, integer, list, object, optional, text } from "../../api/schema.ts";
import { type Eip, eipsOf } from "../eip/records.ts";
import { eniQuotaOf } from "../vpc/eni-model.ts";
import { type Eni, enisOf, subnetsOf } from "../vpc/records.ts";
import { repairStatusOf, type ServerEvent, serverEventsOf } from "./event-model.ts";
import { gpuCountOf, isEbc } from "./flavors.ts";
import { imageOf } from "./image-catalog.ts";
import { instancesOf, keypairsOf, type SimulatedInstance, volumesOf } from "./records.ts";
import { systemVolumeOf, VOLUME, volumeView } from "./volume-view.ts";

/** Here `primary` is a text. */
const IP_INFO = object({
  privateIp: text(),
  primary: text({ oneOf: ["true", "false"] }),
  eip: ANY_TEXT,
  eipId: ANY_TEXT,
  eipAllocationId: ANY_TEXT,
  eipSize: ANY_TEXT,
  eipStatus: ANY_TEXT,
  eipGroupId: ANY_TEXT,
  eipType: ANY_TEXT,
});
const NIC_INFO = object({
  eniId: text(),
  eniUuid: text(),
  name: text(),
  type: text(),
  subnetId: text(),
  subnetType: text(),
  az: text(),
  description: ANY_TEXT,
  deviceId: text(),
  status: text(),
  macAddress: text(),
  vpcId: text(),
  createdTime: text(),
  eniNum: integer(),
  eriNum: integer(),
  eriInfos: list(object({ name: text(), eriId: text() })),
  eniInfos: list(object({ eniId: text(), name: text(), status: text(), macAddress: text() })),
  ips: list(IP_INFO),
  ipv6s: list(IP_INFO),
  securityGroups: list(text()),
  enterpriseSecurityGroups: list(text()),
});
export const INSTANCE = object({
  id: text(),
  serialNumber: text(),
  name: text(),
  hostname: ANY_TEXT,
  desc: ANY_TEXT,
  status: text(),
  instanceType: text(),
  spec: text(),
  flavorSubType: text(),
  productCategory: ANY_TEXT,
  createdFrom: ANY_TEXT,
  application: ANY_TEXT,
  paymentTiming: text(),
  chargeStatus: text(),
  createTime: text(),
  expireTime: optional(text()),
  releaseTime: ANY_TEXT,
  internalIp: text(),
  publicIp: ANY_TEXT,
  ipv6: ANY_TEXT,
  ipv6Addresses: list(text()),
  cpuCount: integer(),
  memoryCapacityInGB: integer(),
  localDiskSizeInGB: integer(),
  gpuCard: ANY_TEXT,
  fpgaCard: ANY_TEXT,
  isomerismCard: ANY_TEXT,
  npuVideoMemory: ANY_TEXT,
  gpuVideoMemory: ANY_TEXT,
  cardCount: text(),
  imageId: text(),
  imageName: ANY_TEXT,
  imageType: ANY_TEXT,
  osName: ANY_TEXT,
  osVersion: ANY_TEXT,
  osArch: ANY_TEXT,
  networkCapacityInMbps: integer(),
  placementPolicy: text({ oneOf: ["default", "dedicatedHost"] }),
  zoneName: text(),
  subnetId: text(),
  vpcId: text(),
  autoRenew: boolean(),
  autoRenewPeriodUnit: ANY_TEXT,
  autoRenewPeriod: integer(),
  keypairId: ANY_TEXT,
  keypairName: ANY_TEXT,
  roleName: ANY_TEXT,
  dedicatedHostId: ANY_TEXT,
  hostId: ANY_TEXT,
  switchId: ANY_TEXT,
  rackId: ANY_TEXT,
  deploysetId: ANY_TEXT,
  deploysetList: optional(
    list(object({ deploysetId: text(), name: text(), desc: ANY_TEXT, strategy: text(), concurrency: integer() })),
  ),
  tags: TAGS,
  resGroupInfos: list(object({ groupId: text(), groupName: text() })),
  eniQuota: integer(),
  eriQuota: integer(),
  rdmaType: ANY_TEXT,
  rdmaTypeApi: ANY_TEXT,
  ehcClusterId: ANY_TEXT,
  rdmaPodName: ANY_TEXT,
  rdmaUnitID: ANY_TEXT,
  rdmaNicTopo: optional(
    list(object({ rdmaIp: text(), switchName: text(), switchPort: text(), rdmaMac: text(), rdmaGateway: text() })),
  ),
  eniNum: text(),
  nicInfo: NIC_INFO,
  volumes: list(VOLUME),
  deletionProtection: integer(0, 1),
  netEthQueueCount: text(),
  enableJumboFrame: boolean(),
  isEipAutoRelatedDelete: boolean(),
  hosteyeType: ANY_TEXT,
  repairStatus: text(),
  cpuThreadConfig: ANY_TEXT,
  numaConfig: ANY_TEXT,
});

/** Of many machines at once: what belongs to them is looked up once. */
export function instanceViews(account: Account, chosen: readonly SimulatedInstance[]) {
  const eips = Map.groupBy(eipsOf(account).all(), ({ instanceId }) => instanceId ?? "");
  const volumes = Map.groupBy(volumesOf(account).all(), ({ instanceId }) => instanceId);
  const enis = Map.groupBy(enisOf(account).all(), ({ instanceId }) => instanceId);
  const open = serverEventsOf(account)
    .all()
    .filter(({ status }) => status !== "Ended");
  const events = new Map(open.map((event) => [event.instanceId, event]));
  return chosen.map((instance) => {
    const disks = volumes.get(instance.id) ?? [];
    return {
      ...view(account, instance, eips.get(instance.id) ?? [], enis.get(instance.id) ?? [], events.get(instance.id)),
      volumes: [systemVolumeOf(account, instance), ...disks.map((one) => volumeView(account, one))],
    };
  });
}

function view(
  account: Account,
  instance: SimulatedInstance,
  eips: readonly Eip[],
  enis: readonly Eni[],
  event: ServerEvent | undefined,
) {
  const { secondaryIps, secondaryIpv6s, autoRenew, deployIds, ...record } = instance;
  const ips = [record.internalIp, ...secondaryIps.map(({ ip }) => ip)];
  const ipv6s = [record.ipv6, ...secondaryIpv6s].filter((ip) => ip !== "");
  const image = imageOf(account, instance.imageId);
  return {
    id: record.id,
    serialNumber: record.serialNumber,
    name: record.name,
    hostname: record.hostname,
    desc: record.desc,
    status: record.status,
    instanceType: isEbc(record.spec) ? "N6" : "N5",
    spec: record.spec,
    flavorSubType: record.spec.split(".")[1] ?? record.spec,
    productCategory: isEbc(record.spec) ? "EBC" : "BCC",
    createdFrom: "console",
    application: "default",
    paymentTiming: record.paymentTiming,
    chargeStatus: record.chargeStatus,
    createTime: record.createTime,
    expireTime: record.expireTime,
    releaseTime: record.releaseTime,
    internalIp: record.internalIp,
    publicIp: record.publicIp,
    ipv6: record.ipv6,
    ipv6Addresses: ipv6s,
    cpuCount: record.cpuCount,
    memoryCapacityInGB: record.memoryCapacityInGB,
    localDiskSizeInGB: 0,
    gpuCard: record.gpuCard,
    fpgaCard: "",
    isomerismCard: record.gpuCard,
    npuVideoMemory: "",
    gpuVideoMemory: "",
    cardCount: String(gpuCountOf(record.spec, record.gpuCard)),
    imageId: record.imageId,
    imageName: image?.name ?? "",
    imageType: image?.type ?? "",
    osName: image?.osName ?? "",
    osVersion: image?.osVersion ?? "",
    osArch: image?.osArch ?? "",
    networkCapacityInMbps: eips[0]?.bandwidthInMbps ?? 0,
    placementPolicy: record.dedicatedHostId === "" ? "default" : "dedicatedHost",
    zoneName: record.zoneName,
    subnetId: record.subnetId,
    vpcId: record.vpcId,
    autoRenew: autoRenew !== null,
    autoRenewPeriodUnit: autoRenew?.unit ?? "",
    autoRenewPeriod: autoRenew?.period ?? 0,
    keypairId: record.keypairId,
    keypairName: keypairsOf(account).get(record.keypairId)?.name ?? "",
    roleName: "",
    dedicatedHostId: record.dedicatedHostId,
    hostId: record.hostId,
    switchId: record.switchId,
    rackId: record.rackId,
    deploysetId: deployIds[0] ?? "",
    tags: record.tags,
    resGroupInfos: record.resGroupId === "" ? [] : [{ groupId: record.resGroupId, groupName: record.resGroupId }],
    eniQuota: eniQuotaOf(record.cpuCount),
    eriQuota: 0,
    rdmaType: "",
    rdmaTypeApi: "",
    ehcClusterId: record.ehcClusterId,
    rdmaPodName: "",
    rdmaUnitID: "",
    eniNum: String(enis.length),
    nicInfo: {
      eniId: record.eniId,
      eniUuid: record.eniId,
      name: "eth0",
      type: "primary",
      subnetId: record.subnetId,
      subnetType: subnetsOf(account).get(record.subnetId)?.subnetType ?? "BCC",
      az: `zone${record.zoneName.slice(-1).toUpperCase()}`,
      description: "",
      deviceId: record.serialNumber,
      status: "inuse",
      macAddress: record.macAddress,
      vpcId: record.vpcId,
      createdTime: record.createTime,
      eniNum: enis.length,
      eriNum: 0,
      eriInfos: [],
      eniInfos: enis.map(({ eniId, name, status, macAddress }) => ({ eniId, name, status, macAddress })),
      ips: ips.map((ip, index) => ipInfo(ip, index === 0, eips)),
      ipv6s: ipv6s.map((ip, index) => ipInfo(ip, index === 0, [])),
      securityGroups: record.securityGroupIds,
      enterpriseSecurityGroups: record.enterpriseSecurityGroupIds,
    },
    deletionProtection: record.deletionProtection,
    netEthQueueCount: record.netEthQueueCount,
    enableJumboFrame: record.enableJumboFrame,
    isEipAutoRelatedDelete: record.isEipAutoRelatedDelete,
    hosteyeType: "",
    repairStatus: repairStatusOf(event),
    cpuThreadConfig: "",
    numaConfig: "",
  };
}

function ipInfo(privateIp: string, isPrimary: boolean, eips: readonly Eip[]) {
  const bound = eips.find(({ instanceIp }) => (instanceIp === null ? isPrimary : instanceIp === privateIp));
  return {
    privateIp,
    primary: String(isPrimary),
    eip: bound?.eip ?? null,
    eipId: bound?.eipId ?? "",
    eipAllocationId: bound?.eipId ?? "",
    eipSize: bound ? String(bound.bandwidthInMbps) : "",
    eipStatus: bound?.status ?? "",
    eipGroupId: bound?.shareGroupId ?? "",
    eipType: bound?.shareGroupId ? "shared" : "normal",
  };
}

/** Of the BCC service: the machines that it knows. */
export const bccInstances = (account: Account): readonly SimulatedInstance[] =>
  instancesOf(account)
    .all()
    .filter(({ product }) => product === "bcc");
