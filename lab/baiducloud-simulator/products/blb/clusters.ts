import type { Account } from "../../account.ts";
import { ANY_TEXT, PAGING, pageOf, TAGS } from "../../api/common.ts";
import { badRequest, noSuchObject } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { page } from "../../api/paging.ts";
import { boolean, integer, list, object, oneOf, optional, text } from "../../api/schema.ts";
import { boundEips } from "../eip/binding.ts";
import { eipsOf } from "../eip/records.ts";
import { BILLING, monthsAfter, monthsOf } from "../eip/terms.ts";
import { type Balancer, blbsOf, type DedicatedCluster, dedicatedClustersOf } from "./records.ts";

const SHARED = {
  clusterId: text(),
  clusterName: text(),
  clusterType: text(),
  clusterRegion: text(),
  clusterAz: text(),
};
const NUMBERS = [
  "totalConnectCount",
  "newConnectCps",
  "networkInBps",
  "networkOutBps",
  "networkInPps",
  "networkOutPps",
  "httpsQps",
  "httpQps",
  "httpNewConnectCps",
  "httpsNewConnectCps",
] as const;
const OPTIONAL_NUMBERS = Object.fromEntries(NUMBERS.map((name) => [name, optional(integer())]));
const DEDICATED = {
  id: text(),
  name: text(),
  type: oneOf("4Layer", "7Layer"),
  status: text(),
  ccuCount: integer(),
  createTime: text(),
  expireTime: text(),
  desc: ANY_TEXT,
};
const RENEWAL = optional(object({ reservationLength: optional(integer(0, 36)) }));
const CCU = integer(1, 1000);
const PATH = "/v1/lbdc/{id}";

const OPERATIONS = operations({
  DescribeLbClusters: {
    summary: "The clusters that shared load balancers run on.",
    method: "GET",
    path: "/v1/blbcluster",
    query: { ...PAGING, clusterName: ANY_TEXT, clusterId: ANY_TEXT, exactlyMatch: optional(boolean()) },
    answer: pageOf("clusterList", object(SHARED)),
  },
  DescribeLbClusterDetail: {
    summary: "One of them with its traffic.",
    method: "GET",
    path: "/v1/blbcluster/{clusterId}",
    answer: object({ ...SHARED, ...OPTIONAL_NUMBERS }),
    errors: ["NoSuchObject"],
  },
  CreateLbdc: {
    summary: "Creates a dedicated cluster.",
    method: "POST",
    path: "/v1/lbdc",
    body: object({
      name: text({ max: 65 }),
      type: oneOf("4Layer", "7Layer"),
      ccuCount: CCU,
      desc: optional(text({ max: 200 }), ""),
      billing: BILLING,
      renewReservation: RENEWAL,
      tags: TAGS,
    }),
    answer: object({ id: text(), type: text(), desc: ANY_TEXT }),
  },
  ListLbdc: {
    summary: "Lists dedicated clusters.",
    method: "GET",
    path: "/v1/lbdc",
    query: { ...PAGING, id: ANY_TEXT, name: ANY_TEXT },
    answer: pageOf("clusterList", object(DEDICATED)),
  },
  GetLbdcDetail: {
    summary: "One dedicated cluster with its traffic.",
    method: "GET",
    path: PATH,
    answer: object({ ...DEDICATED, ...OPTIONAL_NUMBERS, sslNewConnectCps: optional(integer()), tags: TAGS }),
    errors: ["NoSuchObject"],
  },
  UpdateLbdc: {
    summary: "Changes its name or description.",
    method: "PUT",
    path: PATH,
    body: object({ name: optional(text({ max: 65 })), desc: optional(text({ max: 200 })) }),
    errors: ["NoSuchObject"],
  },
  UpgradeLbdc: {
    summary: "Makes it larger.",
    method: "PUT",
    path: PATH,
    when: "resize",
    body: object({ ccuCount: CCU }),
    errors: ["NoSuchObject"],
  },
  RenewLbdc: {
    summary: "Prolongs it.",
    method: "PUT",
    path: PATH,
    when: "purchaseReserved",
    body: object({ billing: BILLING }),
    errors: ["NoSuchObject"],
  },
  GetBoundBlbListOfLbdc: {
    summary: "The load balancers on it.",
    method: "GET",
    path: "/v1/lbdc/{id}/blb",
    answer: object({
      blbList: list(
        object({
          blbId: text(),
          name: text(),
          status: text(),
          blbType: text(),
          publicIp: ANY_TEXT,
          eipRouteType: ANY_TEXT,
          bandwidth: integer(),
          address: text(),
          ipv6: ANY_TEXT,
          vpcId: text(),
          subnetId: text(),
        }),
      ),
    }),
    errors: ["NoSuchObject"],
  },
});

/** Where load balancers run: the cloud's own clusters, and dedicated ones. */
export const clusters = part(OPERATIONS, (account) => {
  const { region } = account;
  const shared = (["4Layer", "7Layer"] as const).map((clusterType, index) => ({
    clusterId: `vip-0000000${index}`,
    clusterName: `${clusterType}-${region}`,
    clusterType,
    clusterRegion: region,
    clusterAz: `cn-${region}-a`,
  }));
  const all = dedicatedClustersOf(account);
  const get = (id: string): DedicatedCluster => {
    const found = all.get(id);
    if (!found) throw noSuchObject(id);
    return found;
  };
  const view = ({ tags: _, ...cluster }: DedicatedCluster) => ({ ...cluster, status: "available" });

  return {
    DescribeLbClusters({ query }) {
      const { clusterId, clusterName, exactlyMatch } = query;
      const fits = (name: string) => !clusterName || (exactlyMatch ? name === clusterName : name.includes(clusterName));
      const chosen = shared.filter((one) => fits(one.clusterName) && (!clusterId || one.clusterId === clusterId));
      return page(query, "clusterList", chosen, (one) => one.clusterId);
    },
    DescribeLbClusterDetail({ params }) {
      const found = shared.find(({ clusterId }) => clusterId === params.clusterId);
      if (!found) throw noSuchObject(params.clusterId);
      return { ...found, ...Object.fromEntries(NUMBERS.map((name) => [name, 0])) };
    },
    CreateLbdc({ body }) {
      const { name, type, ccuCount, desc, billing, tags } = body;
      const id = account.newId("bgw_group");
      const createTime = account.time();
      const expireTime = monthsAfter(createTime, monthsOf(billing));
      all.set(id, { id, name, type, ccuCount, desc, createTime, expireTime, tags });
      return { id, type, desc };
    },
    ListLbdc({ query }) {
      const chosen = all
        .all()
        .filter((one) => (!query.id || one.id === query.id) && (!query.name || one.name === query.name));
      return page(query, "clusterList", chosen.map(view), ({ id }) => id);
    },
    GetLbdcDetail({ params }) {
      const cluster = get(params.id);
      const numbers = cluster.type === "4Layer" ? NUMBERS.slice(0, 4) : NUMBERS;
      return { ...view(cluster), tags: cluster.tags, ...Object.fromEntries(numbers.map((name) => [name, 0])) };
    },
    UpdateLbdc({ params, body }) {
      const { id, name, desc } = get(params.id);
      all.patch(id, { name: body.name || name, desc: body.desc ?? desc });
      return {};
    },
    UpgradeLbdc({ params, body }) {
      const { id, ccuCount } = get(params.id);
      if (body.ccuCount <= ccuCount) throw badRequest(`ccuCount: expected more than ${ccuCount}.`);
      all.patch(id, { ccuCount: body.ccuCount });
      return {};
    },
    RenewLbdc({ params, body }) {
      const { id, expireTime } = get(params.id);
      all.patch(id, { expireTime: monthsAfter(expireTime, monthsOf(body.billing)) });
      return {};
    },
    GetBoundBlbListOfLbdc({ params }) {
      const { id } = get(params.id);
      return { blbList: onCluster(account, id) };
    },
  };
});

function onCluster(account: Account, id: string) {
  const boundEip = boundEips(account);
  const kinds = [
    ["normal", blbsOf(account).all()],
    ["application", account.store.table<Balancer>("appBlbs").all()],
  ] as const;
  return kinds.flatMap(([blbType, balancers]) =>
    balancers
      .filter(({ clusters: { layer4, layer7 } }) => layer4 === id || layer7 === id)
      .map(({ blbId, name, status, address, ipv6, vpcId, subnetId }) => {
        const eip = boundEip(blbId, "ipv4");
        return {
          blbId,
          name,
          status,
          blbType,
          publicIp: eip?.eip ?? "",
          eipRouteType: eip?.routeType ?? "",
          bandwidth: eipsOf(account).get(eip?.eip ?? "")?.bandwidthInMbps ?? 0,
          address,
          ipv6,
          vpcId,
          subnetId,
        };
      }),
  );
}
