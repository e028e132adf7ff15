import type { Account } from "../account.ts";
import { badRequest, Fault } from "../api/fault.ts";
import type { Router } from "../api/router.ts";
import type { InstanceStatus, Instances, SimulatedInstance } from "./instances.ts";

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

/** The nodes of a CCE cluster: all instances of the account but for those that are kept out, for any `cce-…`. Paged by number. */
export function createCce(account: Account, router: Router, instances: Instances): void {
  for (const prefix of ["/v2", "/api/cce/service/v2"]) {
    router.on("GET", `${prefix}/cluster/{}/instances`, (input, clusterID = "") => {
      const pageNo = Number(input.param("pageNo") || 1);
      const pageSize = Number(input.param("pageSize") || 10);
      if (!(pageNo >= 1) || !(pageSize >= 1)) throw badRequest("pageNo and pageSize: expected numbers of at least 1.");
      // Clusters of the first generation, and those that are not CCE's, are not known here.
      if (!clusterID.startsWith("cce-"))
        throw new Fault(404, "cce.warning.ClusterNotFound", `cluster ${clusterID} not found`);
      const [keyword, type] = [input.param("keyword"), input.param("keywordType") || "instanceName"];
      const field = KEYWORDS[type];
      if (keyword && !field) throw badRequest(`keywordType: "${type}" is unknown.`);
      const all = [...instances.all.values()].filter(
        (instance) => instance.inCluster && (!keyword || field?.(instance) === keyword),
      );
      const shown = all.slice((pageNo - 1) * pageSize, pageNo * pageSize);
      const instanceList = shown.map((instance) => ({
        spec: {
          clusterID,
          instanceName: instance.name,
          clusterRole: "node",
          machineType: instance.product.toUpperCase(),
          vpcConfig: {
            vpcID: account.vpc.vpcId,
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
      }));
      return {
        instancePage: { clusterID, pageNo, pageSize, totalCount: all.length, instanceList },
        requestID: account.random.uuid(),
      };
    });
  }
}
