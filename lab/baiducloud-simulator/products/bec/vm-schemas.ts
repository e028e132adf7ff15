import { TAG, TAGS } from "../../api/common.ts";
import { boolean, integer, list, object, oneOf, optional, type Schema, text } from "../../api/schema.ts";
import { CARRIERS, LOCATION_VIEW, PLACE } from "./locations.ts";
import { ANY } from "./wire.ts";

const TEXT = optional(text());
const MANY = Number.MAX_SAFE_INTEGER;

export const DISK_TYPES = [
  "NVME",
  "SATA",
  "CDS_HDD",
  "CDS_SSD",
  "RBD_SSD",
  "HDD_PASSTHROUGH",
  "SSD_PASSTHROUGH",
  "HDD_PASSTHROUGH_4T",
  "SSD_PASSTHROUGH_4T",
] as const;
export const DISK = object({
  name: TEXT,
  volumeType: optional(oneOf(...DISK_TYPES)),
  sizeInGB: optional(integer(0, 100_000)),
  pvcName: TEXT,
  passthroughCode: TEXT,
});
export const DISK_VIEW = object({ name: text(), volumeType: text(), sizeInGB: integer(), pvcName: text() });
export const KEY_CONFIG = optional(
  object({
    type: optional(oneOf("bccKeyPair", "password")),
    adminPass: TEXT,
    bccKeyPairIdList: optional(list(text())),
  }),
);
export const DNS = optional(
  object({ dnsType: optional(oneOf("NONE", "DEFAULT", "LOCAL", "CUSTOMIZE")), dnsAddress: TEXT }),
);
const IP = optional(object({ ip: TEXT, gw: TEXT, cidr: TEXT, mask: TEXT }));
export const NETWORKS = optional(
  list(
    object({
      nodeType: optional(oneOf("SINGLE", "TRIPLE")),
      networksList: optional(
        list(
          object({
            netType: TEXT,
            netName: TEXT,
            nicIndex: optional(integer()),
            eniId: TEXT,
            mac: TEXT,
            ipv4: IP,
            ipv6: IP,
            reserveIps: optional(list(text())),
          }),
        ),
      ),
    }),
  ),
);
export const DEPLOYMENT = object({
  ...PLACE,
  replicas: optional(integer(0, 1000)),
  networkType: optional(oneOf("classic", "vpc")),
  vpcId: TEXT,
  subnetId: TEXT,
  subServiceProviders: CARRIERS,
});
export const DEPLOYMENTS = optional(list(DEPLOYMENT));
export const DEPLOYMENT_VIEW = object({
  ...LOCATION_VIEW,
  replicas: integer(),
  networkType: text(),
  vpcId: text(),
  subnetId: text(),
  subServiceProviders: list(text()),
});
export const TERM = optional(object({ length: optional(integer(1)), timeUnit: TEXT }));
export const GPU = optional(object({ type: TEXT, num: optional(integer(0, 16)) }));
export const IMAGE_TYPE = optional(oneOf("bcc", "bec"));

/** What machines are made from: in a new service, in a template. */
export const MACHINE = {
  vmName: TEXT,
  needPublicIp: optional(boolean()),
  needIpv6PublicIp: optional(boolean()),
  bandwidth: optional(integer(0, 20_000)),
  spec: TEXT,
  cpu: optional(integer(1, 512)),
  memory: optional(integer(1, 4096)),
  imageId: TEXT,
  imageType: IMAGE_TYPE,
  systemVolume: optional(DISK),
  dataVolumeList: optional(list(DISK)),
  dnsConfig: DNS,
  disableIntranet: optional(boolean()),
  securityGroupIds: optional(list(text())),
  gpu: GPU,
};
export const NEW_SERVICE = object({
  ...MACHINE,
  serviceName: TEXT,
  serviceId: TEXT,
  deployInstances: DEPLOYMENTS,
  keyConfig: KEY_CONFIG,
  adminPass: TEXT,
  networkConfigList: NETWORKS,
  disableCloudInit: optional(boolean()),
  hostname: TEXT,
  hostnameGenMethod: optional(oneOf("random", "custom")),
  deploysetIdList: optional(list(text())),
  templateId: TEXT,
  paymentMethod: optional(oneOf("postpay", "prepay")),
  directPay: optional(boolean()),
  reservation: TERM,
  autoRenew: TERM,
  actionType: optional(oneOf("NEW", "UPGRADE", "UPDATE", "RENEW")),
  backUrl: TEXT,
  cudaVersion: TEXT,
  cudnnVersion: TEXT,
  driverVersion: TEXT,
  userData: TEXT,
  tags: TAGS,
});
/** What a change of a machine, or of all of a service, says. */
export const CHANGE = {
  type: TEXT,
  vmId: TEXT,
  spec: TEXT,
  cpu: optional(integer(1, 512)),
  memory: optional(integer(1, 4096)),
  needRestart: optional(boolean()),
  adminPass: TEXT,
  imageId: TEXT,
  imageType: IMAGE_TYPE,
  bandwidth: optional(integer(0, 20_000)),
  vmName: TEXT,
  hostname: TEXT,
  dataVolumeList: optional(list(DISK)),
  systemVolume: optional(DISK),
  keyConfig: KEY_CONFIG,
  dnsConfig: DNS,
  needIpv6PublicIp: optional(boolean()),
  securityGroupIds: optional(list(text())),
};

export const IMAGE_DETAIL = object({
  id: text(),
  imageId: text(),
  name: text(),
  imageType: text(),
  osType: text(),
  osName: text(),
  osVersion: text(),
  osArch: text(),
  osBuild: text(),
  osLang: text(),
  status: text(),
  minDiskGb: integer(),
  desc: text(),
  createTime: text(),
});
const SERVICE_FIELDS = {
  serviceId: text(),
  serviceName: text(),
  status: text(),
  totalCpu: integer(),
  totalMem: integer(),
  totalDisk: integer(),
  totalRootDisk: integer(),
  totalGpu: integer(),
  regions: integer(),
  deployInstances: list(DEPLOYMENT_VIEW),
  totalInstances: integer(),
  runningInstances: integer(),
  osImage: IMAGE_DETAIL,
  createTime: text(),
  instances: list(object({ vmId: text(), vmName: text(), ...LOCATION_VIEW }), MANY),
  tags: list(TAG),
};
export const SERVICE_BRIEF: Schema = object(SERVICE_FIELDS);
export const SERVICE_DETAIL: Schema = object({
  ...SERVICE_FIELDS,
  bandwidth: text(),
  totalBandwidth: text(),
  dataVolumeList: list(DISK_VIEW),
  systemVolumeList: list(DISK_VIEW, MANY),
});
const VM_FIELDS = {
  vmId: text(),
  uuid: text(),
  vmName: text(),
  status: text(),
  spec: text(),
  cpu: integer(),
  mem: integer(),
  gpu: integer(),
  ...LOCATION_VIEW,
  needPublicIp: boolean(),
  needIpv6PublicIp: boolean(),
  bandwidth: text(),
  publicIp: optional(text()),
  ipv6PublicIp: optional(text()),
  internalIp: optional(text()),
  multiplePublicIp: list(object({ serviceProvider: text(), ip: text(), ipv6: text() })),
  osImage: IMAGE_DETAIL,
  serviceId: text(),
  createTime: text(),
  securityGroups: list(object({ id: text(), name: text(), desc: text() })),
  vpc: optional(
    object({
      vpcId: text(),
      name: text(),
      cidr: text(),
      description: text(),
      subnet: object({ subnetId: text(), name: text(), cidr: text(), description: text() }),
    }),
  ),
  deploysetList: list(object({ deploysetId: text(), name: text() })),
  hostname: text(),
  dns: text(),
  userData: text(),
  tags: list(TAG),
};
export const VM_BRIEF: Schema = object(VM_FIELDS);
export const VM_DETAIL: Schema = object({
  ...VM_FIELDS,
  rootDiskSize: integer(),
  dataStorage: integer(),
  dataVolumeList: list(DISK_VIEW),
  systemVolume: DISK_VIEW,
  networkConfig: ANY,
  bccKeyPairList: list(object({ keyPairId: text(), name: text() })),
  rackId: text(),
  hostId: text(),
  switchId: text(),
  privateIps: list(text()),
});
