import { operations, part } from "../../api/operation.ts";
import { parse } from "../../api/parse.ts";
import { integer, list, object, oneOf, optional, text } from "../../api/schema.ts";
import { edgeBlbsOf } from "./balancer-model.ts";
import { containerServicesOf, podsOf } from "./container-model.ts";
import { notFound } from "./faults.ts";
import { CITIES, LOCATION_VIEW, LOCATIONS } from "./locations.ts";
import { vmServicesOf, vmsOf } from "./records.ts";

const TYPES = ["gpu", "container", "vm", "lb", "bm", "nat", "eip", "cds", "cds_hdd"] as const;
const KIND = oneOf(...TYPES);
const SUMMARY = object({ services: integer(), instances: integer(), runningInstances: integer() });

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
    summary: "What the account has. The shape is ours: no source has it.",
    method: "GET",
    path: "/v1/overview/summary",
    answer: object({ vm: SUMMARY, container: SUMMARY, blbs: integer() }),
  },
  GetSummaryOf: {
    summary: "What the account has of machines or of containers. The shape is ours.",
    method: "GET",
    path: "/v1/overview/summary/{kind}",
    answer: SUMMARY,
    errors: ["ResourceNotFound"],
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

export const nodes = part(OPERATIONS, (account) => {
  const running = (all: readonly { readonly status: string }[]) =>
    all.filter(({ status }) => status === "RUNNING").length;
  const summary = (kind: string) => {
    const all = kind === "vm" ? vmsOf(account).all() : podsOf(account).all();
    const services = (kind === "vm" ? vmServicesOf(account) : containerServicesOf(account)).size;
    return { services, instances: all.length, runningInstances: running(all) };
  };
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
    GetSummary: () => ({ vm: summary("vm"), container: summary("container"), blbs: edgeBlbsOf(account).size }),
    GetSummaryOf({ params: { kind } }) {
      if (kind !== "vm" && kind !== "container") throw notFound(kind);
      return summary(kind);
    },
  };
});
