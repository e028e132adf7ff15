import { ANY_TEXT } from "../../api/common.ts";
import { badRequest, Fault } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { anything, integer, list, object, optional, text } from "../../api/schema.ts";
import { type InstanceStatus, instancesOf, type SimulatedInstance } from "../bcc/records.ts";

const MACHINE_STATUS: Partial<Readonly<Record<InstanceStatus, string>>> = {
  Running: "ACTIVE",
  Stopped: "SHUTOFF",
  Stopping: "ACTIVE",
  Expired: "EXPIRED",
  Error: "ERROR",
  Deleted: "DELETED",
  Recycled: "DELETED",
  Starting: "REBOOT",
  ImageProcessing: "REBUILD",
  Creating: "BUILD",
};
/** By what a keyword is looked for, as the query names it. */
const KEYWORDS: Readonly<Record<string, (instance: SimulatedInstance) => string>> = {
  instanceID: ({ id }) => id,
  instanceName: ({ name }) => name,
  k8sNodeName: ({ hostname, name }) => hostname || name,
  vpcIP: ({ internalIp }) => internalIp,
};

const OPERATIONS = operations({
  ListClusterInstances: {
    summary: "The nodes of a cluster, paged by number.",
    method: "GET",
    path: "/v2/cluster/{clusterID}/instances",
    aliases: ["/api/cce/service/v2/cluster/{clusterID}/instances"],
    query: {
      pageNo: optional(integer(1), 1),
      pageSize: optional(integer(1), 10),
      keyword: ANY_TEXT,
      keywordType: ANY_TEXT,
    },
    answer: object({
      instancePage: object({
        clusterID: text(),
        pageNo: integer(),
        pageSize: integer(),
        totalCount: integer(),
        instanceList: list(object({ spec: anything(), status: anything() }), Number.MAX_SAFE_INTEGER),
      }),
      requestID: text(),
    }),
    errors: ["cce.warning.ClusterNotFound"],
  },
});

/** The nodes of a CCE cluster: all instances of the account but for those that are kept out, for any `cce-…`. */
export const nodes = part(OPERATIONS, (account) => ({
  ListClusterInstances({ params: { clusterID }, query }) {
    const { pageNo, pageSize, keyword } = query;
    // Clusters of the first generation, and those that are not CCE's, are not known here.
    if (!clusterID.startsWith("cce-"))
      throw new Fault(404, "cce.warning.ClusterNotFound", `cluster ${clusterID} not found`);
    const type = query.keywordType || "instanceName";
    const field = Object.hasOwn(KEYWORDS, type) ? KEYWORDS[type] : undefined;
    if (keyword && !field) throw badRequest(`keywordType: "${type}" is unknown.`);
    const all = instancesOf(account)
      .all()
      .filter((instance) => instance.inCluster && (!keyword || field?.(instance) === keyword));
    const shown = all.slice((pageNo - 1) * pageSize, pageNo * pageSize);
    const instanceList = shown.map((instance) => view(clusterID, instance));
    return {
      instancePage: { clusterID, pageNo, pageSize, totalCount: all.length, instanceList },
      requestID: account.random.uuid(),
    };
  },
}));

function view(clusterID: string, instance: SimulatedInstance) {
  return {
    spec: {
      clusterID,
      instanceName: instance.name,
      clusterRole: "node",
      machineType: instance.product.toUpperCase(),
      vpcConfig: {
        vpcID: instance.vpcId,
        vpcSubnetID: instance.subnetId,
        availableZone: `zone${instance.zoneName.slice(-1).toUpperCase()}`,
      },
      instanceResource: {
        machineSpec: instance.spec,
        gpuType: instance.gpuCard,
        gpuCount: instance.gpuCard ? 1 : 0,
      },
    },
    status: {
      machine: {
        instanceID: instance.id,
        vpcIP: instance.internalIp,
        eip: instance.publicIp,
        vpcIPIPv6: instance.ipv6,
        k8sNodeName: instance.hostname || instance.name,
        hostname: instance.hostname,
      },
      instancePhase: instance.status === "Deleted" ? "deleting" : "running",
      machineStatus: MACHINE_STATUS[instance.status] ?? "UNKNOWN",
    },
  };
}
