import type { Account } from "../../account.ts";
import { badRequest, denied } from "../../api/fault.ts";
import { anything, type Infer, integer, list, object, oneOf, openObject, optional, text } from "../../api/schema.ts";
import {
  type Application,
  checkName,
  cnapClustersOf,
  type DeployGroup,
  deployGroupsOf,
  getEnvironment,
  imageRepositoriesOf,
  newCnapId,
} from "./records.ts";

/** A deploy group is a Deployment in one environment. */

const EMPTY_TYPE = 2;
export const REPLICAS = integer(0, 1000);
export const CONF = object({
  containers: list(openObject({ name: text({ max: 65 }), image: text(), bapRepositoryID: optional(text()) })),
});
export const COMPONENTS = list(object({ name: oneOf("lama", "config"), params: optional(anything()) }));
export const NEW_GROUP = object({
  name: text({ max: 65 }),
  description: optional(text(), ""),
  environmentID: text(),
  replicas: optional(REPLICAS, 1),
  type: optional(integer(1, EMPTY_TYPE), 1),
  deployStrategyType: optional(oneOf("RollingUpdate", "Recreate"), "RollingUpdate"),
  componentConf: optional(COMPONENTS, []),
  conf: optional(CONF),
});
type NewGroup = Infer<typeof NEW_GROUP>;
type Conf = Infer<typeof CONF>;

export function startGroups(account: Account): void {
  const all = deployGroupsOf(account);
  account.store.on("cnap.deployed", (id, { updatedAt }) => {
    // A later change has a transition of its own.
    if (all.get(id)?.updatedAt === updatedAt) all.patch(id, { status: "RUNNING" });
  });
}

export function checkGroup(
  account: Account,
  workspaceID: string,
  given: NewGroup,
  others: readonly DeployGroup[],
): void {
  const { clusterID, resourceID } = getEnvironment(account, workspaceID, given.environmentID);
  if (!cnapClustersOf(account).has(clusterID)) throw denied(`environment ${resourceID} has no cluster.`);
  checkName("deploy group", given.name, others);
  if (given.type !== EMPTY_TYPE && !given.conf?.containers.length)
    throw badRequest("deployGroup.conf.containers: expected at least one.");
  if (given.conf) checkConf(account, workspaceID, given.conf);
}

export function checkConf(account: Account, workspaceID: string, { containers }: Conf): void {
  for (const { bapRepositoryID, name } of containers) {
    checkName("container", name, containers.filter((one) => one.name === name).slice(1));
    if (bapRepositoryID && imageRepositoriesOf(account).get(bapRepositoryID)?.workspaceID !== workspaceID)
      throw badRequest(`container ${name}: repository ${bapRepositoryID} is not in the workspace.`);
  }
}

export function addGroup(account: Account, application: Application, { conf, ...given }: NewGroup): DeployGroup {
  const time = account.time();
  const { workspaceID, resourceID: applicationID } = application;
  const made: DeployGroup = {
    ...given,
    resourceID: newCnapId(account, "d"),
    workspaceID,
    applicationID,
    conf: conf ?? { containers: [] },
    isLocked: false,
    releaseRecordID: "",
    status: "",
    createdAt: time,
    updatedAt: time,
  };
  return deploy(account, made);
}

/** Keeps the group as it is now, and lets it become so. */
export function deploy(account: Account, group: DeployGroup): DeployGroup {
  const deploying = { ...group, status: "DEPLOYING", updatedAt: account.time() };
  deployGroupsOf(account).set(group.resourceID, deploying);
  const { updatedAt } = deploying;
  account.store.schedule("cnap.deployed", group.resourceID, account.timings.cnapDeploy, { updatedAt });
  return deploying;
}
