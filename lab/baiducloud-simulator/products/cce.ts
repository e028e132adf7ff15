import type { Account } from "../account.ts";
import { badRequest } from "../api/fault.ts";
import type { Router } from "../api/router.ts";
import type { Instances } from "./instances.ts";

/** The nodes of a CCE cluster: all instances of the account, under whatever cluster id. Paged by number. */
export function createCce(account: Account, router: Router, instances: Instances): void {
  for (const prefix of ["/v2", "/api/cce/service/v2"]) {
    router.on("GET", `${prefix}/cluster/{}/instances`, (input, clusterID = "") => {
      const pageNo = Number(input.param("pageNo") || 1);
      const pageSize = Number(input.param("pageSize") || 10);
      if (!(pageNo >= 1) || !(pageSize >= 1)) throw badRequest("pageNo and pageSize: expected numbers of at least 1.");
      const all = [...instances.all.values()];
      const shown = all.slice((pageNo - 1) * pageSize, pageNo * pageSize);
      const instanceList = shown.map((instance) => ({
        spec: {
          clusterID,
          instanceName: instance.name,
          clusterRole: "node",
          machineType: "BCC",
          vpcConfig: {
            vpcID: account.vpc.vpcId,
            vpcSubnetID: instance.subnetId,
            availableZone: instance.zoneName,
          },
        },
        status: {
          machine: {
            instanceID: instance.id,
            vpcIP: instance.internalIp,
            eip: instance.publicIp,
            k8sNodeName: instance.hostname,
            hostname: instance.hostname,
          },
          instancePhase: "running",
          machineStatus: "ACTIVE",
        },
      }));
      return {
        instancePage: { clusterID, pageNo, pageSize, totalCount: all.length, instanceList },
        requestID: account.random.uuid(),
      };
    });
  }
}
