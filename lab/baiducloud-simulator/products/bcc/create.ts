import type { Account } from "../../account.ts";
import { TAGS } from "../../api/common.ts";
import { badRequest, denied, Fault, noSuchObject, quotaExceeded } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { boolean, type Infer, integer, list, object, oneOf, optional, text } from "../../api/schema.ts";
import { roomForEips } from "../eip/create.ts";
import { groupsFor } from "../vpc/eni-model.ts";
import { enisOf, type Subnet } from "../vpc/records.ts";
import { FLAVORS, type Flavor, isEbc } from "./flavors.ts";
import { imageOf } from "./image-catalog.ts";
import {
  addMachines,
  BILLING,
  checkLogin,
  giveEip,
  HOSTNAME,
  INSTANCE_NAME,
  startEips,
  subnetFor,
  termOf,
} from "./machines.ts";
import { ehcClustersOf, instancesOf, type SimulatedInstance } from "./records.ts";
import { addVolumes, CDS_LIST, type NewDisk } from "./volume-model.ts";

const IDS = optional(list(text()), []);
const FLAG = optional(boolean(), false);
const COMMON = {
  imageId: text(),
  zoneName: optional(text()),
  billing: optional(BILLING),
  name: INSTANCE_NAME,
  hostname: HOSTNAME,
  autoSeqSuffix: FLAG,
  adminPass: optional(text()),
  keypairId: optional(text(), ""),
  purchaseCount: optional(integer(1, 100), 1),
  purchaseMinCount: optional(integer(0, 100)),
  subnetId: optional(text()),
  securityGroupId: optional(text()),
  enterpriseSecurityGroupId: optional(text()),
  securityGroupIds: IDS,
  enterpriseSecurityGroupIds: IDS,
  internalIps: IDS,
  isOpenIpv6: FLAG,
  networkCapacityInMbps: optional(integer(0, 5000), 0),
  internetChargeType: optional(text()),
  networkPurchaseType: optional(text()),
  eipName: optional(text()),
  isEipAutoRelatedDelete: FLAG,
  rootDiskSizeInGb: optional(integer(0, 2048)),
  rootDiskStorageType: optional(text()),
  createCdsList: CDS_LIST,
  tags: TAGS,
  deployId: optional(text()),
  deployIdList: IDS,
  eniIds: IDS,
  dedicatedHostId: optional(text(), ""),
  ehcClusterId: optional(text(), ""),
  // The metadata has "0" and "1", the SDKs have numbers.
  deletionProtection: optional(integer(0, 1), 0),
  userData: optional(text(), ""),
  resGroupId: optional(text(), ""),
  autoRenewTimeUnit: optional(text()),
  autoRenewTime: optional(integer(0, 36), 0),
  enableJumboFrame: FLAG,
};
const CREATED = object({
  instanceIds: list(text()),
  orderId: optional(text()),
  warningList: list(text()),
});
const ERRORS = [
  "NoSuchObject",
  "QuotaLimitExceeded",
  "Keypair.KeypairNotExist",
  "PrivateIpInUseException",
  "SubnetHasNoMoreIpException",
] as const;
const BY_SPEC = object({ ...COMMON, spec: text() });
const BY_SIZE = object({
  ...COMMON,
  cpuCount: integer(1),
  memoryCapacityInGB: integer(1),
  instanceType: optional(text()),
  gpuCard: optional(text()),
});
/** The newer call has other names for the same things. */
const V3 = object({
  instanceSpec: text(),
  systemVolume: optional(object({ storageType: optional(text()), volumeSize: optional(integer(0, 2048)) })),
  dataVolumes: optional(
    list(object({ storageType: optional(text()), volumeSize: integer(1), snapshotId: optional(text()) })),
    [],
  ),
  purchaseCount: COMMON.purchaseCount,
  instanceName: COMMON.name,
  hostName: COMMON.hostname,
  autoSeqSuffix: FLAG,
  password: COMMON.adminPass,
  billing: COMMON.billing,
  zoneName: COMMON.zoneName,
  subnetId: COMMON.subnetId,
  securityGroupIds: IDS,
  tags: TAGS,
  keypairId: COMMON.keypairId,
  autoRenewTime: COMMON.autoRenewTime,
  privateIpAddresses: IDS,
  deploymentSetId: optional(text()),
  deployIdList: IDS,
  imageId: text(),
  userData: COMMON.userData,
  ipv6: FLAG,
  dedicatedHostId: COMMON.dedicatedHostId,
  internetAccessible: optional(
    object({ internetMaxBandwidthOut: optional(integer(0, 5000), 0), internetChargeType: optional(text()) }),
  ),
  resGroupId: COMMON.resGroupId,
});
const CREATE = { method: "POST", delay: "instanceCreate", answer: CREATED, errors: ERRORS } as const;

const OPERATIONS = operations({
  CreateInstanceBySpec: {
    ...CREATE,
    summary: "Creates instances of a flavour; they are Starting for a while.",
    path: "/v2/instanceBySpec",
    body: BY_SPEC,
  },
  CreateInstanceByLabel: {
    ...CREATE,
    summary: "Creates instances of a flavour on hosts with given labels; the labels are not looked at.",
    path: "/v2/instanceByLabel",
    body: BY_SPEC,
  },
  CreateInstance: {
    ...CREATE,
    summary: "Creates instances of a size (the old way).",
    path: "/v2/instance",
    body: BY_SIZE,
  },
  CreateBidInstance: {
    ...CREATE,
    summary: "Creates instances at a spot price.",
    path: "/v2/instance/bid",
    body: object({
      ...COMMON,
      cpuCount: optional(integer(1)),
      memoryCapacityInGB: optional(integer(1)),
      spec: optional(text()),
      bidModel: optional(oneOf("market", "custom", "MARKET_PRICE_BID", "CUSTOM_BID", "")),
      bidPrice: optional(text()),
    }),
  },
  CreateInstanceV3: {
    ...CREATE,
    summary: "Creates instances of a flavour; the newer call.",
    path: "/v3/instance",
    body: V3,
  },
});

/** Cloud servers, made. */
export const creation = part(OPERATIONS, (account) => {
  startEips(account);
  return {
    CreateInstanceBySpec: ({ body }) => create(account, body, flavorOf(body.spec)),
    CreateInstanceByLabel: ({ body }) => create(account, body, flavorOf(body.spec)),
    CreateInstance: ({ body }) => create(account, body, flavorOfSize(body.cpuCount, body.memoryCapacityInGB)),
    CreateBidInstance({ body }) {
      const { cpuCount = 0, memoryCapacityInGB = 0 } = body;
      const flavor = body.spec ? flavorOf(body.spec) : flavorOfSize(cpuCount, memoryCapacityInGB);
      return create(account, { ...body, billing: { paymentTiming: "bidding", reservation: undefined } }, flavor);
    },
    CreateInstanceV3({ body }) {
      const { instanceName, hostName, systemVolume, dataVolumes, privateIpAddresses, ipv6, ...same } = body;
      const { password, deploymentSetId, internetAccessible, instanceSpec, ...rest } = same;
      const wanted: Wanted = {
        ...rest,
        name: instanceName,
        hostname: hostName,
        adminPass: password,
        rootDiskSizeInGb: systemVolume?.volumeSize,
        rootDiskStorageType: systemVolume?.storageType,
        createCdsList: dataVolumes.map(({ storageType, volumeSize, snapshotId }) => ({
          storageType,
          cdsSizeInGB: volumeSize,
          snapshotId,
          cdsNum: 1,
          name: undefined,
          encryptKey: undefined,
          deleteWithInstance: false,
        })),
        internalIps: privateIpAddresses,
        isOpenIpv6: ipv6,
        networkCapacityInMbps: internetAccessible?.internetMaxBandwidthOut ?? 0,
        internetChargeType: internetAccessible?.internetChargeType,
        deployId: deploymentSetId,
      };
      return create(account, wanted, flavorOf(instanceSpec));
    },
  };
});

/** What any of the calls can ask for. */
type Wanted = Partial<Omit<Infer<ReturnType<typeof object<typeof COMMON>>>, "imageId" | "createCdsList">> & {
  readonly imageId: string;
  readonly createCdsList?: readonly NewDisk[];
};

function create(account: Account, wanted: Wanted, flavor: Flavor): object {
  const { purchaseCount: count = 1, internalIps = [], networkCapacityInMbps: mbps = 0, eniIds = [] } = wanted;
  const subnet = subnetFor(account, wanted);
  const term = termOf(wanted.billing ?? {}, account.time());
  const groups = groupsFor(account, subnet.vpcId, {
    securityGroupIds: both(wanted.securityGroupId, wanted.securityGroupIds),
    enterpriseSecurityGroupIds: both(wanted.enterpriseSecurityGroupId, wanted.enterpriseSecurityGroupIds),
  });
  const image = imageOf(account, wanted.imageId);
  if (image?.status !== "Available") throw noSuchObject(wanted.imageId);
  checkLogin(account, wanted);
  const least = image.minDiskGb;
  const rootDiskSizeInGb = wanted.rootDiskSizeInGb || least;
  if (rootDiskSizeInGb < least) throw badRequest(`rootDiskSizeInGb: ${image.name} needs ${least}.`);
  if (wanted.ehcClusterId && !ehcClustersOf(account).has(wanted.ehcClusterId)) throw noSuchObject(wanted.ehcClusterId);
  if (internalIps.length > 0 && internalIps.length !== count)
    throw badRequest(`internalIps: expected ${count}, one for each instance.`);
  checkEnis(account, eniIds, subnet, flavor.spec, count);
  const present = instancesOf(account).all();
  if (present.length + count > account.quotas.instances) throw quotaExceeded("instances");
  if (mbps > 0) roomForEips(account, count);
  if (wanted.isOpenIpv6 && subnet.ipv6Cidr === "") throw denied(`isOpenIpv6: subnet ${subnet.subnetId} has no IPv6.`);

  const months = wanted.autoRenewTime ?? 0;
  const autoRenew = months > 0 ? { unit: wanted.autoRenewTimeUnit || "month", period: months } : null;
  const more: Partial<SimulatedInstance> = {
    ...groups,
    ...term,
    status: "Starting",
    creating: true,
    imageId: wanted.imageId,
    keypairId: wanted.keypairId ?? "",
    rootDiskSizeInGb,
    rootDiskStorageType: wanted.rootDiskStorageType || "cloud_hp1",
    tags: wanted.tags ?? [],
    deletionProtection: wanted.deletionProtection ?? 0,
    isEipAutoRelatedDelete: wanted.isEipAutoRelatedDelete ?? false,
    enableJumboFrame: wanted.enableJumboFrame ?? false,
    ehcClusterId: wanted.ehcClusterId ?? "",
    dedicatedHostId: wanted.dedicatedHostId ?? "",
    deployIds: both(wanted.deployId, wanted.deployIdList),
    resGroupId: wanted.resGroupId ?? "",
    userData: wanted.userData ?? "",
    cpuCount: flavor.cpuCount,
    memoryCapacityInGB: flavor.memoryCapacityInGB,
    autoRenew,
  };
  const ids = addMachines(account, { product: "bcc", subnet, count, internalIps, flavor, wanted, more });
  for (const id of ids) {
    addVolumes(account, wanted.createCdsList ?? [], { zoneName: subnet.zoneName, instanceId: id, ...term });
    if (mbps > 0) giveEip(account, id, wanted, mbps);
  }
  for (const eniId of eniIds) enisOf(account).patch(eniId, { instanceId: ids[0] ?? "", status: "inuse" });
  const orderId = account.random.uuid().replaceAll("-", "");
  return { instanceIds: ids, orderId, warningList: [] };
}

const both = (one: string | undefined, many: readonly string[] | undefined): readonly string[] => [
  ...(one ? [one] : []),
  ...(many ?? []),
];

function flavorOf(spec: string): Flavor {
  const flavor = FLAVORS.find((one) => one.spec === spec);
  if (!flavor) throw badRequest(`spec: "${spec}" is unknown.`);
  return flavor;
}

function flavorOfSize(cpu: number, memory: number): Flavor {
  const flavor = FLAVORS.find((one) => one.cpuCount === cpu && one.memoryCapacityInGB === memory);
  if (!flavor) throw badRequest(`cpuCount: there is no flavour with ${cpu} CPUs and ${memory} GB of memory.`);
  return flavor;
}

function checkEnis(account: Account, eniIds: readonly string[], subnet: Subnet, spec: string, count: number): void {
  if (eniIds.length === 0) return;
  if (isEbc(spec)) throw badRequest(`eniIds: ${spec} takes none at its creation.`);
  if (count > 1) throw badRequest("eniIds: expected a purchaseCount of 1.");
  for (const eniId of eniIds) {
    const eni = enisOf(account).get(eniId);
    if (!eni) throw new Fault(400, "EniIdException", `The parameter eniId ${eniId} is invalid.`);
    if (eni.status !== "available" || eni.vpcId !== subnet.vpcId || eni.zoneName !== subnet.zoneName)
      throw denied(`eniIds: ${eniId} is ${eni.status} in ${eni.zoneName} of ${eni.vpcId}.`);
  }
}
