import type { Account } from "../../account.ts";
import { ANY_TEXT } from "../../api/common.ts";
import { Fault } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { page } from "../../api/paging.ts";
import { anything, boolean, integer, list, object, oneOf, openObject, optional, text } from "../../api/schema.ts";
import { deleteInstance } from "../bcc/lifecycle.ts";
import { instancesOf } from "../bcc/records.ts";
import { subjectOf } from "../iam/authorize.ts";
import { grantsIn, issueKubeconfig, userIn } from "./credentials.ts";
import {
  addV1,
  asCluster,
  deleteV1,
  fill,
  getV1,
  ordersOf,
  runningV1,
  startV1,
  type V1Cluster,
  v1ClustersOf,
} from "./v1-model.ts";
import { nodeView, viewAlone, viewInList } from "./v1-view.ts";

const VERSIONS = ["1.13.10", "1.16.8", "1.18.9", "1.20.8"];
const TYPES = { default: "public", internal: "vpc", intraVpc: "vpc" } as const;
/** The SDK calls the marker "maker". */
const PAGING = { marker: ANY_TEXT, maker: ANY_TEXT, maxKeys: optional(integer(1, 1000), 1000) };
const FLAG = optional(boolean(), false);
const ORDER = optional(openObject({ items: optional(list(openObject({ config: optional(anything()) })), []) }));
const ORDERED = object({ clusterUuid: text(), orderId: list(text()) });
const NOT_FOUND = "Cce.warning.ClusterNotExist";
const INVALID = "Cce.warning.InvalidParam";
const PAGE_FIELDS = { marker: ANY_TEXT, isTruncated: boolean(), nextMarker: ANY_TEXT, maxKeys: integer() };

const OPERATIONS = operations({
  CreateClusterV1: {
    summary: "Creates a cluster of the first generation.",
    method: "POST",
    path: "/v1/cluster",
    body: openObject({
      clusterName: text({ max: 65 }),
      version: optional(text(), "1.20.8"),
      mainAvailableZone: ANY_TEXT,
      containerNet: ANY_TEXT,
      advancedOptions: optional(openObject({})),
      comment: ANY_TEXT,
      deployMode: optional(oneOf("BCC", "DCC"), "BCC"),
      masterExposed: FLAG,
      orderContent: ORDER,
    }),
    answer: ORDERED,
    errors: [INVALID],
    delay: "cceClusterCreate",
  },
  ListClustersV1: {
    summary: "Clusters of the first generation.",
    method: "GET",
    path: "/v1/cluster",
    query: { ...PAGING, status: ANY_TEXT },
    answer: object({ ...PAGE_FIELDS, clusters: list(openObject({ clusterUuid: text(), status: text() })) }),
  },
  GetClusterV1: {
    summary: "One of them.",
    method: "GET",
    path: "/v1/cluster/{clusterUuid}",
    answer: openObject({ clusterUuid: text(), status: text(), createStartTime: text() }),
    errors: [NOT_FOUND],
  },
  DeleteClusterV1: {
    summary: "Deletes one with its machines.",
    method: "DELETE",
    path: "/v1/cluster/{clusterUuid}",
    query: { deleteEipCds: FLAG, deleteSnap: FLAG },
    errors: [NOT_FOUND],
    delay: "cceClusterDelete",
  },
  ScalingUp: {
    summary: "Adds machines to a cluster.",
    method: "POST",
    path: "/v1/cluster",
    when: "scalingUp",
    body: openObject({ clusterUuid: text(), orderContent: ORDER }),
    answer: ORDERED,
    errors: [NOT_FOUND, INVALID, "PreconditionFailed"],
  },
  ScalingDown: {
    summary:
      "Takes machines out of a cluster and releases them. Entries without an ID, which an old client sends, are skipped.",
    method: "POST",
    path: "/v1/cluster",
    when: "scalingDown",
    query: { deleteEipCds: FLAG, deleteSnap: FLAG },
    body: openObject({ clusterUuid: text(), nodeInfo: list(object({ instanceId: ANY_TEXT })) }),
    errors: [NOT_FOUND, INVALID, "PreconditionFailed"],
  },
  ListNodesV1: {
    summary: "The machines of a cluster with their addresses.",
    method: "GET",
    path: "/v1/node",
    query: { ...PAGING, clusterUuid: text() },
    answer: object({
      ...PAGE_FIELDS,
      nodes: list(openObject({ instanceShortId: text(), fixIp: text(), eip: ANY_TEXT })),
    }),
    errors: [NOT_FOUND],
  },
  ShiftInNode: {
    summary: "Puts existing machines into a cluster.",
    method: "POST",
    path: "/v1/cluster/existed_node",
    when: "action=shift_in",
    body: openObject({ clusterUuid: text(), nodeInfoList: list(openObject({ instanceId: text() })) }),
    errors: [NOT_FOUND, INVALID],
  },
  ShiftOutNode: {
    summary: "Takes machines out of a cluster; they stay.",
    method: "POST",
    path: "/v1/cluster/existed_node",
    when: "action=shift_out",
    body: openObject({ clusterUuid: text(), nodeInfoList: list(openObject({ instanceId: text() })) }),
    errors: [NOT_FOUND, INVALID],
  },
  ListExistedBccNode: {
    summary: "Machines of the VPC that are in no cluster.",
    method: "POST",
    path: "/v1/cluster/existed_bcc_node/list",
    clientToken: false,
    body: openObject({
      clusterUuid: text(),
      keywordType: optional(oneOf("name", "instanceId")),
      keyword: ANY_TEXT,
      orderBy: ANY_TEXT,
      order: ANY_TEXT,
      pageNo: optional(integer(0), 1),
      pageSize: optional(integer(0), 10),
    }),
    answer: object({
      clusterUuid: text(),
      orderBy: ANY_TEXT,
      order: ANY_TEXT,
      pageNo: integer(),
      pageSize: integer(),
      totalCount: integer(),
      nodeList: list(object({ instanceId: text(), name: text(), status: text(), payment: text(), internalIp: text() })),
    }),
    errors: [NOT_FOUND],
  },
  GetContainerNet: {
    summary: "A network for pods outside of the VPC.",
    method: "POST",
    path: "/v1/cluster/get_container_net",
    clientToken: false,
    body: object({ vpcShortId: ANY_TEXT, vpcCidr: text(), size: optional(integer(1), 256) }),
    answer: object({ containerNet: text(), capacity: integer() }),
    errors: [INVALID],
  },
  GetKubeConfigV1: {
    summary: "The kubeconfig of the caller.",
    method: "GET",
    path: "/v1/cluster/kubeconfig",
    query: { clusterUuid: text(), type: optional(oneOf("default", "internal", "intraVpc"), "default") },
    answer: object({ data: text() }),
    errors: [NOT_FOUND, "Cce.warning.Unauthorized"],
  },
  ListVersions: {
    summary: "Versions of Kubernetes for the first generation.",
    method: "GET",
    path: "/v1/cluster/versions",
    answer: object({ data: list(text()) }),
  },
});

const markerOf = ({
  marker,
  maker,
  maxKeys,
}: {
  marker?: string | undefined;
  maker?: string | undefined;
  maxKeys: number;
}) => ({
  marker: marker || maker,
  maxKeys,
});

export const v1Clusters = part(OPERATIONS, (account) => {
  startV1(account);
  const all = v1ClustersOf(account);
  const owner = (id: string) => all.all().find(({ machines }) => machines.includes(id));
  const setMachines = ({ clusterUuid }: V1Cluster, machines: readonly string[]) =>
    void all.patch(clusterUuid, { machines });
  const checkIn = (cluster: V1Cluster, ids: readonly string[]): void => {
    const stranger = ids.find((id) => !cluster.machines.includes(id));
    if (stranger !== undefined) throw invalidV1(`machine ${stranger} is not in cluster ${cluster.clusterUuid}.`);
  };
  const idsOf = (entries: readonly { readonly instanceId?: string | undefined }[]) =>
    entries.flatMap(({ instanceId }) => (instanceId ? [instanceId] : []));
  return {
    CreateClusterV1({ body, principal }) {
      const orders = ordersOf(account, body.orderContent, body.mainAvailableZone ?? "");
      const {
        clusterName,
        version,
        containerNet = "",
        comment = "",
        deployMode,
        masterExposed,
        advancedOptions = {},
      } = body;
      const creatorId = subjectOf(account, principal).id;
      const given = {
        clusterName,
        version,
        containerNet,
        comment,
        deployMode,
        masterExposed,
        advancedOptions,
        creatorId,
      };
      return { clusterUuid: addV1(account, given, orders).clusterUuid, orderId: [account.random.uuid()] };
    },
    ListClustersV1({ query }) {
      const shown = all.all().filter(({ status }) => !query.status || status === query.status);
      const views = shown.map((cluster) => viewInList(account, cluster));
      return page(markerOf(query), "clusters", views, ({ clusterUuid }) => clusterUuid);
    },
    GetClusterV1: ({ params }) => viewAlone(account, getV1(account, params.clusterUuid)),
    DeleteClusterV1({ params }) {
      deleteV1(account, getV1(account, params.clusterUuid));
      return {};
    },
    ScalingUp({ body }) {
      const cluster = runningV1(account, body.clusterUuid);
      const orders = ordersOf(account, body.orderContent, "");
      if (orders.length === 0) throw invalidV1("orderContent: expected at least one BCC.");
      setMachines(cluster, [...cluster.machines, ...fill(account, orders)]);
      return { clusterUuid: cluster.clusterUuid, orderId: [account.random.uuid()] };
    },
    ScalingDown: ({ body }) => scaleDownV1(account, body.clusterUuid, idsOf(body.nodeInfo)),
    ListNodesV1({ query }) {
      const cluster = getV1(account, query.clusterUuid);
      const nodes = cluster.machines.flatMap((id) => nodeView(account, cluster, id));
      return page(markerOf(query), "nodes", nodes, ({ instanceShortId }) => instanceShortId);
    },
    ShiftInNode({ body }) {
      const cluster = runningV1(account, body.clusterUuid);
      const ids = idsOf(body.nodeInfoList);
      for (const id of ids) {
        const machine = instancesOf(account).get(id);
        if (!machine || machine.vpcId !== cluster.vpcId)
          throw invalidV1(`machine ${id} is not in the VPC of the cluster.`);
        if (owner(id)) throw invalidV1(`machine ${id} is in a cluster.`);
      }
      setMachines(cluster, [...cluster.machines, ...ids]);
      return {};
    },
    ShiftOutNode({ body }) {
      const cluster = runningV1(account, body.clusterUuid);
      const ids = idsOf(body.nodeInfoList);
      checkIn(cluster, ids);
      setMachines(
        cluster,
        cluster.machines.filter((id) => !ids.includes(id)),
      );
      return {};
    },
    ListExistedBccNode({ body }) {
      const { clusterUuid, keyword, keywordType = "name", orderBy = "", order = "" } = body;
      const { vpcId } = getV1(account, clusterUuid);
      const pageNo = body.pageNo || 1;
      const pageSize = body.pageSize || 10;
      const found = instancesOf(account)
        .all()
        .filter(
          ({ id, name, vpcId: vpc, product, status }) =>
            vpc === vpcId &&
            product === "bcc" &&
            status !== "Deleted" &&
            !owner(id) &&
            (!keyword || (keywordType === "name" ? name : id).includes(keyword)),
        );
      const nodeList = found.slice((pageNo - 1) * pageSize, pageNo * pageSize).map((machine) => ({
        instanceId: machine.id,
        name: machine.name,
        status: machine.status,
        payment: machine.paymentTiming,
        internalIp: machine.internalIp,
      }));
      return { clusterUuid, orderBy, order, pageNo, pageSize, totalCount: found.length, nodeList };
    },
    GetContainerNet({ body: { vpcCidr, size } }) {
      const bits = 32 - Math.ceil(Math.log2(size));
      if (!/^\d+\.\d+\.\d+\.\d+\/\d+$/.test(vpcCidr) || bits < 12)
        throw invalidV1("vpcCidr, size: expected a network and a size.");
      const inTens = vpcCidr.startsWith("172.");
      return { containerNet: `${inTens ? "10.0.0.0" : "172.16.0.0"}/${bits}`, capacity: 2 ** (32 - bits) };
    },
    async GetKubeConfigV1({ query: { clusterUuid, type }, principal }) {
      const cluster = asCluster(runningV1(account, clusterUuid));
      const subject = subjectOf(account, principal);
      const grants = grantsIn(account, cluster, subject);
      if (!grants)
        throw new Fault(
          403,
          "Cce.warning.Unauthorized",
          `${subject.kind} ${subject.id} has no right in cluster ${clusterUuid}.`,
        );
      const kubeConfigType = cluster.blb.eip ? TYPES[type] : "vpc";
      const user = userIn(account, clusterUuid, subject.id);
      return { data: await issueKubeconfig(account, cluster, { user, grants, kubeConfigType }) };
    },
    ListVersions: () => ({ data: VERSIONS }),
  };
});

/** Shared with the calls of the old autoscaler. */
export function scaleDownV1(
  account: Account,
  clusterUuid: string,
  ids: readonly string[],
): Readonly<Record<string, never>> {
  const cluster = runningV1(account, clusterUuid);
  const stranger = ids.find((id) => !cluster.machines.includes(id));
  if (stranger !== undefined) throw invalidV1(`machine ${stranger} is not in cluster ${clusterUuid}.`);
  if (ids.length === 0) throw invalidV1("nodeInfo: expected at least one machine.");
  v1ClustersOf(account).patch(clusterUuid, { machines: cluster.machines.filter((id) => !ids.includes(id)) });
  for (const id of ids) if (instancesOf(account).has(id)) deleteInstance(account, id);
  return {};
}

function invalidV1(message: string): Fault {
  return new Fault(400, INVALID, message);
}
