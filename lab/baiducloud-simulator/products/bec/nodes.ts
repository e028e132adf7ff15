import { operations, part } from "../../api/operation.ts";
import { parse } from "../../api/parse.ts";
import { boolean, integer, list, object, oneOf, openObject, optional, text } from "../../api/schema.ts";
import { containerServicesOf, podsOf } from "./container-model.ts";
import { notFound } from "./faults.ts";
import { CITIES, LOCATION_VIEW, LOCATIONS } from "./locations.ts";
import { deploymentIdOf, vmsOf } from "./records.ts";
import { serviceStatus } from "./vm-views.ts";

const TYPES = ["gpu", "container", "vm", "lb", "bm", "nat", "eip", "cds", "cds_hdd"] as const;
const KIND = oneOf(...TYPES);
const COUNT = object({ total: integer(), runningCount: integer(), failedCount: integer(), closedCount: integer() });
const SUMMARY = object({
  serviceCount: COUNT,
  deploymentCount: COUNT,
  instanceCount: COUNT,
  cpu: integer(),
  memory: integer(),
  gpu: integer(),
  bandwidth: integer(),
});
const DISK = object({ volumeType: text(), sizeInGb: integer() });

const OPERATIONS = operations({
  ListNodes: {
    summary: "The places that offer something of a type: gpu, container, vm, lb, bm, nat, eip, cds, cds_hdd.",
    method: "GET",
    path: "/v1/node/type/{type}",
    query: { country: optional(text()) },
    answer: object({
      regionList: list(
        object({
          region: text(),
          name: text(),
          country: text(),
          countryName: text(),
          cityList: list(
            object({
              city: text(),
              name: text(),
              serviceProviderList: list(
                object({ serviceProvider: text(), name: text(), regionId: text(), capability: list(text()) }),
              ),
            }),
          ),
        }),
      ),
      nodeSum: integer(),
    }),
  },
  GetAllocatable: {
    summary: "How many machines more the account can have, at each place. The shape is ours: no source has it.",
    method: "GET",
    path: "/v1/node/resource/allocatable",
    answer: object({ result: list(object({ ...LOCATION_VIEW, allocatable: integer() })) }),
  },
  GetSummary: {
    summary: "At how many places the account has something, and how much of each carrier.",
    method: "GET",
    path: "/v1/overview/summary",
    query: { region: optional(text()) },
    answer: object({
      ready: integer(),
      notReady: integer(),
      used: integer(),
      resourceUsage: object({ usageMap: openObject({}) }),
    }),
  },
  GetSummaryOf: {
    summary: "What the account has of machines (vm) or of containers (container).",
    method: "GET",
    path: "/v1/overview/summary/{kind}",
    answer: SUMMARY,
    errors: ["ResourceNotFound"],
  },
  ListPackages: {
    summary: "The sizes that machines (vm) or containers (container) can have.",
    method: "GET",
    path: "/v1/resource/package/{kind}",
    answer: object({
      result: list(
        object({ name: text(), code: text(), cpu: integer(), memory: integer(), gpu: integer(), systemDisk: DISK }),
      ),
      success: boolean(),
    }),
    errors: ["ResourceNotFound"],
  },
  ListDiskPackages: {
    summary: "The whole disks that a machine can have for itself. No source has the last part of the path.",
    method: "GET",
    path: "/v1/resource/disk/{kind}",
    answer: object({
      result: list(object({ type: text(), name: text(), code: text(), sizeInGb: integer() })),
      success: boolean(),
    }),
  },
});

const NAMES: Readonly<Record<string, string>> = {
  CENTRAL_CHINA: "华中",
  EAST_CHINA: "华东",
  NORTH_CHINA: "华北",
  SOUTH_CHINA: "华南",
  NORTH_EAST: "东北",
  NORTH_WEST: "西北",
  SOUTH_WEST: "西南",
};
const CARRIERS: Readonly<Record<string, string>> = {
  CHINA_MOBILE: "移动",
  CHINA_UNICOM: "联通",
  CHINA_TELECOM: "电信",
  TRIPLE_LINE: "三线",
};
/** What no place of the simulator has. */
const ABSENT: ReadonlySet<string> = new Set(["gpu", "bm"]);

const PACKAGES = [
  { cpu: 1, memory: 2 },
  { cpu: 2, memory: 4 },
  { cpu: 4, memory: 8 },
  { cpu: 8, memory: 16 },
  { cpu: 16, memory: 32 },
];

interface Counted {
  readonly status: string;
}

function count(all: readonly Counted[]) {
  const of = (...states: readonly string[]) => all.filter(({ status }) => states.includes(status)).length;
  return {
    total: all.length,
    runningCount: of("RUNNING"),
    failedCount: of("FAILED", "EXCEPTION"),
    closedCount: of("STOPPED"),
  };
}

export const nodes = part(OPERATIONS, (account) => {
  const checkKind = (kind: string): void => {
    if (kind !== "vm" && kind !== "container") throw notFound(kind);
  };
  /** Machines or pods, in one shape. */
  const units = (kind: string) =>
    kind === "vm"
      ? vmsOf(account)
          .all()
          .map((vm) => ({ ...vm, deploymentId: deploymentIdOf(vm), storage: vm.systemVolume.sizeInGB }))
      : podsOf(account)
          .all()
          .map((pod) => {
            const service = containerServicesOf(account).get(pod.serviceId);
            const sum = (field: "cpu" | "memory" | "gpu") =>
              (service?.containers ?? []).reduce((total, one) => total + (one[field] ?? 0), 0);
            const size = { cpu: sum("cpu"), memory: sum("memory"), gpu: sum("gpu") };
            return { ...pod, ...size, bandwidth: service?.bandwidth ?? 0, storage: 0 };
          });
  const total = <T extends string>(all: readonly Readonly<Record<T, number>>[], field: T): number =>
    all.reduce((sum, one) => sum + one[field], 0);
  const grouped = (all: ReturnType<typeof units>, key: "serviceId" | "deploymentId"): readonly Counted[] =>
    [...Map.groupBy<string, (typeof all)[number]>(all, (one) => one[key]).values()].map((of) => ({
      status: serviceStatus(of),
    }));
  return {
    ListNodes({ params: { type }, query: { country } }) {
      const capability = TYPES.filter((one) => !ABSENT.has(one));
      parse(KIND, type, "type", "query");
      if (ABSENT.has(type) || (country && country !== "cn")) return { regionList: [], nodeSum: 0 };
      const regionList = [...Map.groupBy(CITIES, ({ region }) => region)].map(([region, cities]) => ({
        region,
        name: NAMES[region] ?? region,
        country: "cn",
        countryName: "中国",
        cityList: cities.map(({ city, name }) => ({
          city,
          name,
          serviceProviderList: LOCATIONS.filter((place) => place.city === city).map(
            ({ serviceProvider, regionId }) => ({
              serviceProvider,
              name: CARRIERS[serviceProvider] ?? serviceProvider,
              regionId,
              capability,
            }),
          ),
        })),
      }));
      return { regionList, nodeSum: LOCATIONS.length };
    },
    GetAllocatable() {
      const allocatable = Math.max(0, account.quotas.becVms - vmsOf(account).size);
      return { result: LOCATIONS.map((place) => ({ ...place, allocatable })) };
    },
    GetSummary({ query: { region } }) {
      const all = [...units("vm"), ...units("container")].filter((one) => !region || one.region === region);
      const usageMap = Object.fromEntries(
        [...Map.groupBy(all, ({ serviceProvider }) => serviceProvider)].map(([carrier, of]) => [
          carrier,
          { cpu: total(of, "cpu"), memory: total(of, "memory"), storage: total(of, "storage") },
        ]),
      );
      const ready = LOCATIONS.filter((place) => !region || place.region === region).length;
      const used = new Set(all.map(({ regionId }) => regionId)).size;
      return { ready, notReady: 0, used, resourceUsage: { usageMap } };
    },
    GetSummaryOf({ params: { kind } }) {
      checkKind(kind);
      const all = units(kind);
      return {
        serviceCount: count(grouped(all, "serviceId")),
        deploymentCount: count(grouped(all, "deploymentId")),
        instanceCount: count(all),
        cpu: total(all, "cpu"),
        memory: total(all, "memory"),
        gpu: total(all, "gpu"),
        bandwidth: total(all, "bandwidth"),
      };
    },
    ListPackages({ params: { kind } }) {
      checkKind(kind);
      const result = PACKAGES.map((size) => {
        const code = `bec.g5.c${size.cpu}m${size.memory}`;
        return { name: code, code, ...size, gpu: 0, systemDisk: { volumeType: "NVME", sizeInGb: 40 } };
      });
      return { result, success: true };
    },
    ListDiskPackages: () => ({
      result: ["HDD", "SSD"].map((name) => {
        const code = `${name}_PASSTHROUGH_4T`;
        return { type: `${name}_PASSTHROUGH`, name: code, code, sizeInGb: 4096 };
      }),
      success: true,
    }),
  };
});
