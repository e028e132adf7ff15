import type { Account } from "../../account.ts";
import { ANY_TEXT, TAGS } from "../../api/common.ts";
import { boolean, type Infer, integer, list, object, optional, text } from "../../api/schema.ts";
import { eipsOf } from "../eip/records.ts";
import { subnetsOf, vpcsOf } from "../vpc/records.ts";
import { gpuCountOf } from "./flavors.ts";
import { imageOf } from "./image-catalog.ts";
import { keypairsOf, type SimulatedInstance } from "./records.ts";
import { volumesAt } from "./volume-model.ts";

const TEXT = optional(text());
export const V3_FILTERS = object({
  marker: TEXT,
  maxKeys: optional(integer(0, 1000)),
  instanceId: TEXT,
  instanceName: TEXT,
  privateIpAddress: TEXT,
  publicIpAddress: TEXT,
  vpcName: TEXT,
  subnetName: TEXT,
  subnetId: TEXT,
  dedicatedHostId: TEXT,
  zoneName: TEXT,
  autoRenew: optional(boolean()),
  keypairId: TEXT,
  keypairName: TEXT,
  deploymentSetId: TEXT,
  resGroupId: TEXT,
  // Sent with empty fields for none.
  tag: optional(object({ tagKey: optional(text(), ""), tagValue: optional(text(), "") })),
});
export const INSTANCE_V3 = object({
  instanceId: text(),
  instanceName: text(),
  hostId: ANY_TEXT,
  hostName: ANY_TEXT,
  instanceSpec: text(),
  status: text(),
  description: ANY_TEXT,
  paymentTiming: text(),
  createTime: text(),
  expireTime: ANY_TEXT,
  releaseTime: ANY_TEXT,
  privateIpAddress: text(),
  publicIpAddress: ANY_TEXT,
  cpu: integer(),
  memory: integer(),
  gpuCard: ANY_TEXT,
  fpgaCard: ANY_TEXT,
  // A number here, a text in the older answers.
  cardCount: integer(),
  dataVolumes: list(object({ volumeId: text(), volumeSizeInGb: integer(), storageType: text(), volumeType: text() })),
  imageId: text(),
  networkCapacityInMbps: object({ internetMaxBandwidthOut: integer() }),
  zoneName: text(),
  subnetId: text(),
  vpcId: text(),
  autoRenew: boolean(),
  keypairId: ANY_TEXT,
  keypairName: ANY_TEXT,
  ipv6: ANY_TEXT,
  tags: TAGS,
  deployId: list(text()),
  serialNumber: text(),
  switchId: ANY_TEXT,
  rackId: ANY_TEXT,
  nicInfo: object({
    macAddress: text(),
    eniId: text(),
    type: text(),
    ips: list(object({ primary: boolean(), privateIp: text() })),
    securityGroups: list(text()),
  }),
  osName: ANY_TEXT,
  osType: ANY_TEXT,
  isEipAutoRelatedDelete: boolean(),
});

export function fitsV3(account: Account, one: SimulatedInstance, wanted: Infer<typeof V3_FILTERS>): boolean {
  const is = (value: string | undefined, given: string | undefined) => !given || given === value;
  const { tag } = wanted;
  return (
    is(one.id, wanted.instanceId) &&
    is(one.name, wanted.instanceName) &&
    is(one.internalIp, wanted.privateIpAddress) &&
    is(one.publicIp, wanted.publicIpAddress) &&
    is(vpcsOf(account).get(one.vpcId)?.name, wanted.vpcName) &&
    is(subnetsOf(account).get(one.subnetId)?.name, wanted.subnetName) &&
    is(one.subnetId, wanted.subnetId) &&
    is(one.dedicatedHostId, wanted.dedicatedHostId) &&
    is(one.zoneName, wanted.zoneName) &&
    is(one.keypairId, wanted.keypairId) &&
    is(keypairsOf(account).get(one.keypairId)?.name, wanted.keypairName) &&
    is(one.resGroupId, wanted.resGroupId) &&
    (!wanted.autoRenew || one.autoRenew !== null) &&
    (!wanted.deploymentSetId || one.deployIds.includes(wanted.deploymentSetId)) &&
    (!tag?.tagKey || one.tags.some(({ tagKey, tagValue }) => tagKey === tag.tagKey && is(tagValue, tag.tagValue)))
  );
}

export function viewV3(account: Account, one: SimulatedInstance) {
  const image = imageOf(account, one.imageId);
  const bandwidth = one.publicIp === "" ? undefined : eipsOf(account).get(one.publicIp);
  return {
    instanceId: one.id,
    instanceName: one.name,
    hostId: one.hostId,
    hostName: one.hostname,
    instanceSpec: one.spec,
    status: one.status,
    description: one.desc,
    paymentTiming: one.paymentTiming,
    createTime: one.createTime,
    expireTime: one.expireTime ?? "",
    releaseTime: one.releaseTime,
    privateIpAddress: one.internalIp,
    publicIpAddress: one.publicIp,
    cpu: one.cpuCount,
    memory: one.memoryCapacityInGB,
    gpuCard: one.gpuCard,
    fpgaCard: "",
    cardCount: gpuCountOf(one.spec, one.gpuCard),
    dataVolumes: volumesAt(account, one.id).map(({ id, diskSizeInGB, storageType }) => ({
      volumeId: id,
      volumeSizeInGb: diskSizeInGB,
      storageType,
      volumeType: "Cds",
    })),
    imageId: one.imageId,
    networkCapacityInMbps: { internetMaxBandwidthOut: bandwidth?.bandwidthInMbps ?? 0 },
    zoneName: one.zoneName,
    subnetId: one.subnetId,
    vpcId: one.vpcId,
    autoRenew: one.autoRenew !== null,
    keypairId: one.keypairId,
    keypairName: keypairsOf(account).get(one.keypairId)?.name ?? "",
    ipv6: one.ipv6,
    tags: one.tags,
    deployId: one.deployIds,
    serialNumber: one.serialNumber,
    switchId: one.switchId,
    rackId: one.rackId,
    nicInfo: {
      macAddress: one.macAddress,
      eniId: one.eniId,
      type: "primary",
      ips: [one.internalIp, ...one.secondaryIps.map(({ ip }) => ip)].map((privateIp, index) => ({
        primary: index === 0,
        privateIp,
      })),
      securityGroups: one.securityGroupIds,
    },
    osName: image?.osName ?? "",
    osType: image?.osType ?? "",
    isEipAutoRelatedDelete: one.isEipAutoRelatedDelete,
  };
}
