import type { Account } from "../../account.ts";
import { denied } from "../../api/fault.ts";
import { integer, object, oneOf, optional, text } from "../../api/schema.ts";
import { clustersOf } from "../cce/records.ts";
import {
  type Access,
  accessesIn,
  accessesOf,
  checkName,
  cnapClustersOf,
  type DeployGroup,
  environmentsOf,
  newCnapId,
} from "./records.ts";

const PORT = integer(1, 65_535);
const [IN_CLUSTER, IN_VPC, PUBLIC] = [1, 2, 3];
export const NEW_ACCESS_FIELDS = {
  name: text({ max: 65 }),
  type: optional(integer(IN_CLUSTER, PUBLIC), PUBLIC),
  protocol: optional(oneOf("TCP", "UDP"), "TCP"),
  port: PORT,
  targetPort: PORT,
  accessType: optional(oneOf("BLB"), "BLB"),
};
export const NEW_ACCESS = object(NEW_ACCESS_FIELDS);
type NewAccess = { readonly name: string; readonly type: number; readonly protocol: "TCP" | "UDP" } & {
  readonly port: number;
  readonly targetPort: number;
};

export const ACCESS = object({
  resourceID: text(),
  name: text(),
  type: integer(),
  protocol: text(),
  port: integer(),
  targetPort: integer(),
  innerEndpoint: text(),
  ip: optional(text()),
  status: text(),
  createdAt: text(),
  updatedAt: text(),
});

export function startAccesses(account: Account): void {
  account.store.on("cnap.access", (id) => void accessesOf(account).patch(id, { status: "RUNNING" }));
}

/** Everything that is wrong with new accesses of one deploy group; `there`: those that it has. */
export function checkAccesses(
  account: Account,
  environmentID: string,
  given: readonly NewAccess[],
  there: readonly Access[],
): void {
  const seen: { readonly name: string; readonly port: number; readonly protocol: string }[] = [...there];
  for (const one of given) {
    checkName("access", one.name, seen);
    if (seen.some(({ port, protocol }) => port === one.port && protocol === one.protocol))
      throw denied(`port ${one.port}/${one.protocol} has an access already.`);
    seen.push(one);
  }
  if (given.some(({ type }) => type !== IN_CLUSTER)) subnetOf(account, environmentID);
}

export function addAccesses(account: Account, group: DeployGroup, given: readonly NewAccess[]): readonly Access[] {
  return given.map(({ name, type, protocol, port, targetPort }) => {
    const time = account.time();
    const subnetId = type === IN_VPC ? subnetOf(account, group.environmentID) : "";
    const made: Access = {
      resourceID: newCnapId(account, "ac"),
      deployGroupID: group.resourceID,
      name,
      type,
      protocol,
      port,
      targetPort,
      // The name of a Service, whose namespace is the application's.
      innerEndpoint: `${name}.${group.applicationID.toLowerCase()}:${port}`,
      ip: type === PUBLIC ? account.nextPublicIp() : type === IN_VPC ? account.takeIp(subnetId, "CNAP") : "",
      subnetId,
      status: "CREATING",
      createdAt: time,
      updatedAt: time,
    };
    accessesOf(account).set(made.resourceID, made);
    account.store.schedule("cnap.access", made.resourceID, account.timings.cnapDeploy);
    return made;
  });
}

export function viewAccess({ deployGroupID: _, subnetId: __, ...access }: Access): object {
  return access;
}

export const viewAccesses = (account: Account, deployGroupID: string): readonly object[] =>
  accessesIn(account, deployGroupID).map(viewAccess);

/** Where load balancers for the cluster of an environment are. */
function subnetOf(account: Account, environmentID: string): string {
  const { clusterID = "" } = environmentsOf(account).get(environmentID) ?? {};
  const { underlayClusterID = "" } = cnapClustersOf(account).get(clusterID) ?? {};
  const subnetId = clustersOf(account).get(underlayClusterID)?.blb.subnetId;
  if (subnetId === undefined) throw denied(`environment ${environmentID} has no cluster.`);
  return subnetId;
}
