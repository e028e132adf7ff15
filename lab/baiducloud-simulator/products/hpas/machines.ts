import type { Account } from "../../account.ts";
import { ANY_TEXT, TAGS } from "../../api/common.ts";
import { operations, part } from "../../api/operation.ts";
import { page } from "../../api/paging.ts";
import { boolean, integer, list, object, optional, text } from "../../api/schema.ts";
import { zonesOf } from "../bcc/catalog.ts";
import { imageOf, imagesOf } from "../bcc/image-catalog.ts";
import { ehcClustersOf, instancesOf, keypairsOf, type SimulatedInstance } from "../bcc/records.ts";
import { volumesAt } from "../bcc/volume-model.ts";
import { systemVolumeOf } from "../bcc/volume-view.ts";
import { subnetsOf, vpcsOf } from "../vpc/records.ts";
import { HPAS_SPECS, levelOf } from "./specs.ts";

const NIC = object({
  nicId: text(),
  nicName: text(),
  nicType: text(),
  subnetId: text(),
  description: ANY_TEXT,
  hpasId: text(),
  nicStatus: text(),
  macAddress: text(),
  vpcId: text(),
  createdTime: text(),
  ipv4s: list(object({ privateIp: text(), primary: boolean() })),
  ipv6s: list(object({ ipv6Address: text() })),
  securityGroupType: text({ oneOf: ["normal", "enterprise"] }),
  securityGroupIds: list(text()),
});
const VOLUME = object({
  volumeId: text(),
  volumeName: text(),
  volumeSizeInGiB: integer(),
  createTime: text(),
  expiredTime: ANY_TEXT,
  volumeStatus: text(),
  volumeType: text(),
  volumeCategory: text(),
  source: ANY_TEXT,
});
const HPAS_INSTANCE = object({
  hpasId: text(),
  name: text(),
  zoneName: text(),
  status: text(),
  appType: text(),
  appPerformanceLevel: text(),
  chargeType: text(),
  vpcId: text(),
  vpcName: text(),
  vpcCidr: text(),
  internalIp: text(),
  subnetId: text(),
  subnetName: text(),
  ehcClusterId: ANY_TEXT,
  ehcClusterName: ANY_TEXT,
  imageId: text(),
  imageName: ANY_TEXT,
  appImageFamily: ANY_TEXT,
  createTime: text(),
  tags: TAGS,
  rdmaNicTopo: list(
    object({ rdmaIp: text(), switchName: text(), switchPort: text(), rdmaMac: text(), rdmaGateway: text() }),
  ),
  rdmaUnitID: ANY_TEXT,
  rdmaPodName: ANY_TEXT,
  keypairId: ANY_TEXT,
  keypairName: ANY_TEXT,
  userData: ANY_TEXT,
  volumeInfo: list(VOLUME),
  enableJumboFrame: boolean(),
  supportJumboFrame: boolean(),
  nicInfo: list(NIC),
});
const TEXT = optional(text());
const IDS = optional(list(text(), 100));
const FILTERS = {
  hpasIds: IDS,
  name: TEXT,
  zoneName: TEXT,
  hpasStatus: TEXT,
  appType: TEXT,
  vpcId: TEXT,
  privateIps: IDS,
  ehcClusterId: TEXT,
  showRdmaTopo: optional(boolean()),
};
const RDMA = { showRdmaTopo: optional(boolean()) };

const OPERATIONS = operations({
  DescribeHPASInstances: {
    summary: "Lists machines for AI work; the marker is in the body.",
    method: "POST",
    path: "/",
    when: "action=DescribeHPASInstances",
    clientToken: false,
    query: RDMA,
    body: object({ ...FILTERS, marker: TEXT, maxKeys: optional(integer(0, 1000)) }),
    answer: object({
      marker: ANY_TEXT,
      isTruncated: boolean(),
      nextMarker: TEXT,
      maxKeys: integer(),
      hpass: list(HPAS_INSTANCE),
    }),
  },
  DescribeInstances: {
    summary: "Lists machines for AI work, paged by number.",
    method: "POST",
    path: "/",
    when: "action=DescribeInstances",
    clientToken: false,
    query: RDMA,
    body: object({ ...FILTERS, pageNo: optional(integer(0), 1), pageSize: optional(integer(0, 1000), 100) }),
    answer: object({
      orderBy: ANY_TEXT,
      order: ANY_TEXT,
      pageNo: integer(),
      pageSize: integer(),
      totalCount: integer(),
      hpass: list(HPAS_INSTANCE),
    }),
  },
  DescribeSpecs: {
    summary: "What can be bought.",
    method: "POST",
    path: "/",
    when: "action=DescribeSpecs",
    clientToken: false,
    body: object({ zoneName: TEXT, appType: TEXT, appPerformanceLevel: TEXT, isCoupon: optional(boolean()) }),
    answer: object({
      requestId: ANY_TEXT,
      hpasSpecs: list(
        object({
          appType: text(),
          name: text(),
          description: ANY_TEXT,
          appPerformanceLevel: text(),
          chargeType: text(),
          appImageFamily: text(),
          zoneName: text(),
          eniQuota: integer(),
          eriQuota: integer(),
          nicIpv4Quota: integer(),
          nicIpv6Quota: integer(),
          cpuCount: integer(),
          memoryCapacityInGB: integer(),
          gpuCardCount: integer(),
          enableJumboFrame: boolean(),
          needEhcClusterId: boolean(),
        }),
      ),
    }),
  },
  DescribeImages: {
    summary: "The images that machines can have.",
    method: "POST",
    path: "/",
    when: "action=DescribeImages",
    clientToken: false,
    body: object({ marker: TEXT, maxKeys: optional(integer(0, 1000)), imageType: TEXT }),
    answer: object({
      requestId: ANY_TEXT,
      marker: ANY_TEXT,
      isTruncated: boolean(),
      nextMarker: TEXT,
      maxKeys: integer(),
      images: list(
        object({
          imageId: text(),
          name: text(),
          imageType: text(),
          imageStatus: text(),
          createTime: text(),
          supportedAppType: list(text()),
          imageSizeInGB: integer(),
          minDiskInGB: integer(),
        }),
      ),
    }),
  },
});

/** Machines for AI work, as they are read: one path for all actions, and states of their own. */
export const machines = part(OPERATIONS, (account) => {
  const chosen = (
    wanted: {
      readonly [K in Exclude<keyof typeof FILTERS, "hpasIds" | "privateIps" | "showRdmaTopo">]: string | undefined;
    } & { readonly hpasIds: readonly string[] | undefined; readonly privateIps: readonly string[] | undefined },
  ) => {
    const is = (value: string, given: string | undefined) => !given || given === value;
    return instancesOf(account)
      .all()
      .filter(
        (one) =>
          one.product === "hpas" &&
          (!wanted.hpasIds?.length || wanted.hpasIds.includes(one.id)) &&
          (!wanted.privateIps?.length || wanted.privateIps.includes(one.internalIp)) &&
          is(one.name, wanted.name) &&
          is(one.zoneName, wanted.zoneName) &&
          is(statusOf(one), wanted.hpasStatus) &&
          is(one.spec, wanted.appType) &&
          is(one.vpcId, wanted.vpcId) &&
          is(one.ehcClusterId, wanted.ehcClusterId),
      );
  };

  return {
    DescribeHPASInstances({ body }) {
      const paging = { marker: body.marker, maxKeys: body.maxKeys || undefined };
      const found = page(paging, "hpass", chosen(body), ({ id }) => id);
      return { ...found, hpass: (found.hpass as readonly SimulatedInstance[]).map((one) => view(account, one)) };
    },
    DescribeInstances({ body }) {
      const [pageNo, pageSize] = [body.pageNo || 1, body.pageSize || 100];
      const all = chosen(body);
      const shown = all.slice((pageNo - 1) * pageSize, pageNo * pageSize);
      return {
        orderBy: "createTime",
        order: "desc",
        pageNo,
        pageSize,
        totalCount: all.length,
        hpass: shown.map((one) => view(account, one)),
      };
    },
    DescribeSpecs({ body: { zoneName, appType, appPerformanceLevel } }) {
      const specs = HPAS_SPECS.filter(
        (one) =>
          (!appType || appType === one.appType) &&
          (!appPerformanceLevel || appPerformanceLevel === one.appPerformanceLevel),
      );
      const zones = zonesOf(account).filter((zone) => !zoneName || zone === zoneName);
      const rest = { eniQuota: 8, eriQuota: 0, nicIpv4Quota: 40, nicIpv6Quota: 40, enableJumboFrame: true };
      return {
        requestId: account.random.uuid(),
        hpasSpecs: zones.flatMap((zone) =>
          specs.map((one) => ({
            ...one,
            ...rest,
            name: one.appType,
            description: "",
            chargeType: "PostPaid",
            appImageFamily: "llama",
            zoneName: zone,
            needEhcClusterId: false,
          })),
        ),
      };
    },
    DescribeImages({ body: { marker, maxKeys, imageType } }) {
      const all = imagesOf(account)
        .filter(({ type, osType }) => osType === "linux" && (!imageType || imageType === type))
        .map(({ id, name, type, status, createTime, minDiskGb }) => ({
          imageId: id,
          name,
          imageType: type,
          imageStatus: status,
          createTime,
          supportedAppType: HPAS_SPECS.map(({ appType }) => appType),
          imageSizeInGB: minDiskGb,
          minDiskInGB: minDiskGb,
        }));
      const found = page({ marker, maxKeys: maxKeys || undefined }, "images", all, ({ imageId }) => imageId);
      return { requestId: account.random.uuid(), ...found };
    },
  };
});

/** HPAS says Active where BCC says Running. */
export const statusOf = ({ status }: SimulatedInstance): string => (status === "Running" ? "Active" : status);

function view(account: Account, one: SimulatedInstance) {
  const vpc = vpcsOf(account).get(one.vpcId);
  const isEnterprise = one.enterpriseSecurityGroupIds.length > 0;
  const system = systemVolumeOf(account, one);
  return {
    hpasId: one.id,
    name: one.name,
    zoneName: one.zoneName,
    status: statusOf(one),
    appType: one.spec,
    appPerformanceLevel: levelOf(one.spec),
    chargeType: one.paymentTiming === "Prepaid" ? "PrePaid" : "PostPaid",
    vpcId: one.vpcId,
    vpcName: vpc?.name ?? "",
    vpcCidr: vpc?.cidr ?? "",
    internalIp: one.internalIp,
    subnetId: one.subnetId,
    subnetName: subnetsOf(account).get(one.subnetId)?.name ?? "",
    ehcClusterId: one.ehcClusterId,
    ehcClusterName: ehcClustersOf(account).get(one.ehcClusterId)?.name ?? "",
    imageId: one.imageId,
    imageName: imageOf(account, one.imageId)?.name ?? "",
    appImageFamily: "llama",
    createTime: one.createTime,
    tags: one.tags,
    rdmaNicTopo: [],
    rdmaUnitID: "",
    rdmaPodName: "",
    keypairId: one.keypairId,
    keypairName: keypairsOf(account).get(one.keypairId)?.name ?? "",
    userData: one.userData,
    enableJumboFrame: one.enableJumboFrame,
    supportJumboFrame: true,
    volumeInfo: [
      volumeInfo({ ...system, category: "System" }),
      ...volumesAt(account, one.id).map((volume) => volumeInfo({ ...volume, category: "Data" })),
    ],
    nicInfo: [
      {
        nicId: one.eniId,
        nicName: "eth0",
        nicType: "primary",
        subnetId: one.subnetId,
        description: "",
        hpasId: one.id,
        nicStatus: "inuse",
        macAddress: one.macAddress,
        vpcId: one.vpcId,
        createdTime: one.createTime,
        ipv4s: [one.internalIp, ...one.secondaryIps.map(({ ip }) => ip)].map((privateIp, index) => ({
          privateIp,
          primary: index === 0,
        })),
        ipv6s: [one.ipv6, ...one.secondaryIpv6s].filter(Boolean).map((ipv6Address) => ({ ipv6Address })),
        securityGroupType: isEnterprise ? "enterprise" : "normal",
        securityGroupIds: isEnterprise ? one.enterpriseSecurityGroupIds : one.securityGroupIds,
      },
    ],
  };
}

function volumeInfo(volume: {
  readonly id: string;
  readonly name: string;
  readonly diskSizeInGB: number;
  readonly createTime: string;
  readonly expireTime: string;
  readonly status: string;
  readonly storageType: string;
  readonly category: string;
}) {
  return {
    volumeId: volume.id,
    volumeName: volume.name,
    volumeSizeInGiB: volume.diskSizeInGB,
    createTime: volume.createTime,
    expiredTime: volume.expireTime,
    volumeStatus: volume.status,
    volumeType: volume.storageType,
    volumeCategory: volume.category,
    source: "",
  };
}
