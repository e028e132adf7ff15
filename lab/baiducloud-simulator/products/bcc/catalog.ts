import type { Account } from "../../account.ts";
import { ANY_TEXT } from "../../api/common.ts";
import { badRequest } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { boolean, csv, integer, list, object, optional, type Schema, text } from "../../api/schema.ts";
import { subnetsOf } from "../vpc/records.ts";
import { FLAVORS, type Flavor, isEbc } from "./flavors.ts";

/** In the answer of bare metal the counts are texts. */
const flavorSchema = (count: Schema) =>
  object({
    cpuCount: integer(),
    memoryCapacityInGB: integer(),
    ephemeralDiskInGb: count,
    ephemeralDiskCount: count,
    ephemeralDiskType: ANY_TEXT,
    gpuCardType: ANY_TEXT,
    gpuCardCount: count,
    fpgaCardType: ANY_TEXT,
    fpgaCardCount: count,
    productType: text(),
    spec: text(),
    specId: text(),
    flavorSubType: text(),
    cpuModel: text(),
    cpuGHz: text(),
    networkBandwidth: text(),
    networkPackage: text(),
    netEthQueueCount: text(),
    netEthMaxQueueCount: text(),
    nicIpv4Quota: integer(),
    nicIpv6Quota: integer(),
    eniQuota: integer(),
    eriQuota: integer(),
    volumeCount: integer(),
    rdmaType: ANY_TEXT,
    rdmaNetCardCount: integer(),
    rdmaNetBandwidth: integer(),
    enableJumboFrame: boolean(),
    systemDiskType: list(text()),
    dataDiskType: list(text()),
  });
const groupsOf = (count: Schema) =>
  object({ flavorGroups: list(object({ groupId: text(), flavors: list(flavorSchema(count)) })) });
const TEXT = optional(text());
const REGION_NAMES: Readonly<Record<string, string>> = {
  bj: "Beijing",
  bd: "Baoding",
  gz: "Guangzhou",
  su: "Suzhou",
  fsh: "Shanghai",
  fwh: "Wuhan",
  hkg: "Hong Kong",
  sin: "Singapore",
  cd: "Chengdu",
  nj: "Nanjing",
  yq: "Yangquan",
};

const OPERATIONS = operations({
  ListZones: {
    summary: "The zones of the region.",
    method: "GET",
    path: "/v2/zone",
    answer: object({ zones: list(object({ zoneName: text() })) }),
  },
  DescribeRegions: {
    summary: "The regions of the cloud, or one of them.",
    method: "POST",
    path: "/v2/region/describeRegions",
    clientToken: false,
    body: object({ region: TEXT }),
    answer: object({
      regions: list(object({ regionId: text(), regionName: text(), regionEndpoint: text() })),
    }),
  },
  ListFlavorSpecs: {
    summary: "What can be bought in each zone.",
    method: "GET",
    path: "/v2/instance/flavorSpec",
    query: { zoneName: TEXT, specs: optional(csv()), specIds: optional(csv()) },
    answer: object({
      zoneResources: list(
        object({ zoneName: text(), bccResources: groupsOf(integer()), ebcResources: groupsOf(text()) }),
      ),
    }),
  },
  ListFlavorZones: {
    summary: "Where a flavour can be bought; not for bare metal.",
    method: "GET",
    path: "/v1/instance/flavorZones",
    aliases: ["/v2/instance/flavorZones"],
    query: { spec: TEXT, specId: TEXT, instanceType: TEXT, productType: TEXT },
    answer: object({ zoneNames: list(text()) }),
  },
  ListInstanceTypes: {
    summary: "The types of each zone (the old way).",
    method: "GET",
    path: "/v2/instance/types",
    query: { zoneName: TEXT },
    answer: object({ zoneInstanceTypes: list(object({ zoneName: text(), instanceTypes: list(text()) })) }),
  },
  ListInstanceSpecs: {
    summary: "The sizes that there are (the old way).",
    method: "GET",
    path: "/v2/instance/spec",
    answer: object({
      instanceTypes: list(
        object({
          type: text(),
          name: text(),
          cpuCount: integer(),
          memorySizeInGB: integer(),
          localDiskSizeInGB: integer(),
        }),
      ),
    }),
  },
});

/** Zones, regions and flavours. Every flavour can be had in every zone. */
export const catalog = part(OPERATIONS, (account) => ({
  ListZones: () => ({ zones: zonesOf(account).map((zoneName) => ({ zoneName })) }),
  DescribeRegions({ body }) {
    const ids = Object.keys(REGION_NAMES).filter((id) => !body.region || id === body.region);
    return {
      regions: ids.map((regionId) => ({
        regionId,
        regionName: REGION_NAMES[regionId] ?? regionId,
        regionEndpoint: `bcc.${regionId}.baidubce.com`,
      })),
    };
  },
  ListFlavorSpecs({ query: { zoneName, specs, specIds } }) {
    const chosen = FLAVORS.filter(
      ({ spec, specId }) => (!specs || specs.includes(spec)) && (!specIds || specIds.includes(specId)),
    );
    const groups = (ebc: boolean) => {
      const byId = Map.groupBy(
        chosen.filter(({ spec }) => isEbc(spec) === ebc),
        ({ specId }) => specId,
      );
      return { flavorGroups: [...byId].map(([groupId, flavors]) => ({ groupId, flavors: flavors.map(flavorView) })) };
    };
    const zones = zonesOf(account).filter((zone) => !zoneName || zone === zoneName);
    return {
      zoneResources: zones.map((zone) => ({
        zoneName: zone,
        bccResources: groups(false),
        ebcResources: groups(true),
      })),
    };
  },
  ListFlavorZones({ query: { spec, specId } }) {
    if (!spec && !specId) throw badRequest("one of spec and specId is required.");
    const known = FLAVORS.some((one) => !isEbc(one.spec) && (one.spec === spec || one.specId === specId));
    return { zoneNames: known ? zonesOf(account) : [] };
  },
  ListInstanceTypes: ({ query }) => ({
    zoneInstanceTypes: zonesOf(account)
      .filter((zone) => !query.zoneName || zone === query.zoneName)
      .map((zoneName) => ({ zoneName, instanceTypes: ["N3", "N5", "N6"] })),
  }),
  ListInstanceSpecs: () => ({
    instanceTypes: FLAVORS.filter(({ spec }) => !isEbc(spec)).map((one) => ({
      type: "N5",
      name: one.spec,
      cpuCount: one.cpuCount,
      memorySizeInGB: one.memoryCapacityInGB,
      localDiskSizeInGB: 0,
    })),
  }),
}));

export function zonesOf(account: Account): readonly string[] {
  const used = subnetsOf(account)
    .all()
    .map(({ zoneName }) => zoneName);
  return [...new Set([...["a", "b", "d"].map((letter) => `cn-${account.region}-${letter}`), ...used])];
}

function flavorView(flavor: Flavor) {
  const { spec, specId, cpuCount, memoryCapacityInGB, gpuCard, gpuCount, localDisks } = flavor;
  const count = (value: number) => (isEbc(spec) ? String(value) : value);
  return {
    cpuCount,
    memoryCapacityInGB,
    ephemeralDiskInGb: count(localDisks * 1788),
    ephemeralDiskCount: count(localDisks),
    ephemeralDiskType: localDisks > 0 ? "local-nvme" : "",
    gpuCardType: gpuCard,
    gpuCardCount: count(gpuCount),
    fpgaCardType: "",
    fpgaCardCount: count(0),
    productType: "both",
    spec,
    specId,
    flavorSubType: specId,
    cpuModel: "Intel Xeon Platinum 8350C",
    cpuGHz: "2.6",
    networkBandwidth: String(Math.min(25, cpuCount)),
    networkPackage: String(cpuCount * 10),
    netEthQueueCount: String(Math.min(8, Math.max(1, cpuCount / 2))),
    netEthMaxQueueCount: String(Math.min(16, cpuCount)),
    nicIpv4Quota: 40,
    nicIpv6Quota: 40,
    eniQuota: Math.min(8, cpuCount),
    eriQuota: 0,
    volumeCount: 16,
    rdmaType: "",
    rdmaNetCardCount: 0,
    rdmaNetBandwidth: 0,
    enableJumboFrame: true,
    systemDiskType: ["cloud_hp1", "hp1", "enhanced_ssd_pl1"],
    dataDiskType: ["cloud_hp1", "hp1", "hdd", "enhanced_ssd_pl1", "enhanced_ssd_pl2"],
  };
}
