import type { Principal } from "../../api/access.ts";
import { ANY_TEXT } from "../../api/common.ts";
import { Fault } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { boolean, integer, list, object, oneOf, optional, text } from "../../api/schema.ts";
import { mayDo, type Subject, subjectOf } from "../iam/authorize.ts";
import { rolesOf, usersOf } from "../iam/records.ts";
import { getCluster } from "./cluster-model.ts";
import { grantsIn, issueKubeconfig, userIn } from "./credentials.ts";
import { type Cluster, clustersOf, generationsOf, grantsOf } from "./records.ts";
import { invalid, noSuchObject, unmet, v2 } from "./wire.ts";

const ROLES = ["cce:admin", "cce:devops", "cce:readonly"] as const;
const ALL = "all";
/** 30 days; what the real limit is, is not published. */
const MOST_HOURS = 720;
const HOUR_MS = 3_600_000;
const TEMPORARY_ENDED = "cce.temporary.ended";
const BODY = object({
  clusterID: text(),
  userID: ANY_TEXT,
  namespace: ANY_TEXT,
  role: optional(oneOf(...ROLES)),
  temp: optional(boolean(), false),
  expireHours: optional(integer(), 0),
  kubeConfigType: optional(oneOf("vpc", "public"), "vpc"),
});
const PLAIN = object({ requestID: ANY_TEXT });
const ERRORS = ["cce.warning.ClusterNotFound", "cce.warning.Unauthorized", "cce.warning.InvalidParam"];

const OPERATIONS = operations({
  CreateRBAC: {
    summary: "Grants a user or role of IAM a role in clusters, or makes a kubeconfig for some hours.",
    method: "POST",
    ...v2("/rbac"),
    clientToken: false,
    body: BODY,
    answer: object({
      requestID: ANY_TEXT,
      data: list(object({ success: boolean(), clusterID: text(), message: ANY_TEXT })),
      temporaryKubeConfig: ANY_TEXT,
    }),
    errors: [...ERRORS, "PreconditionFailed"],
  },
  RenewRBAC: {
    summary: "Resets the credentials of a user in a cluster: kubeconfigs from before are refused.",
    method: "PUT",
    ...v2("/rbac"),
    clientToken: false,
    body: BODY,
    answer: PLAIN,
    errors: ERRORS,
  },
  DeleteRBAC: {
    summary: "Revokes what a user was granted in a cluster. The body says which.",
    method: "DELETE",
    ...v2("/rbac"),
    clientToken: false,
    body: BODY,
    answer: PLAIN,
    errors: [...ERRORS, "cce.warning.NoSuchObject"],
  },
  ListRBAC: {
    summary: "What a user was granted.",
    method: "GET",
    ...v2("/rbac"),
    query: { userID: ANY_TEXT },
    answer: object({
      requestID: ANY_TEXT,
      data: list(object({ role: text(), clusterID: text(), namespace: text(), clusterName: text() })),
    }),
  },
});

/** Who may what inside clusters. */
export const rbac = part(OPERATIONS, (account) => {
  const grants = grantsOf(account);
  const granteeOf = (id: string): Subject => {
    if (id === account.id) return { kind: "account", id };
    if (usersOf(account).has(id)) return { kind: "user", id };
    if (rolesOf(account).has(id)) return { kind: "role", id };
    throw invalid(`userID: there is no user or role with the ID ${id}.`);
  };
  /** Beside the right to call this at all, who grants must be able to read users: a rule of the cloud. */
  const checkGrantor = (principal: Principal): void => {
    if (subjectOf(account, principal).kind === "account") return;
    const question = { services: ["iam"], region: account.region, permissions: ["READ"], resources: [] };
    if (!mayDo(account, principal, question))
      throw new Fault(403, "cce.warning.Unauthorized", "Granting rights in clusters needs IAMReadOnlyAccessPolicy.");
  };
  const authorize = async (clusterId: string, userId: string): Promise<void> => {
    const cluster = clustersOf(account).get(clusterId);
    const now = cluster ? grantsIn(account, cluster, granteeOf(userId)) : undefined;
    await account.clusterAccess?.authorize?.({
      clusterId,
      user: userIn(account, clusterId, userId),
      grants: now ?? [],
    });
  };
  const one = (clusterID: string): Cluster => {
    if (clusterID === ALL) throw invalid('clusterID: expected one cluster, not "all".');
    return getCluster(account, clusterID);
  };
  const temporary = async (
    cluster: Cluster,
    body: {
      readonly userID: string;
      readonly role: (typeof ROLES)[number];
      readonly namespace: string;
      readonly expireHours: number;
      readonly kubeConfigType: "vpc" | "public";
    },
  ) => {
    const { clusterId } = cluster;
    if (cluster.times.provisioned === undefined) throw unmet(`Cluster ${clusterId} is ${cluster.phase}.`);
    const lifeMs = body.expireHours * HOUR_MS;
    const user = `${body.userID}-temp-${account.store.next("cceTemporary")}`;
    const mine = [{ role: body.role, namespace: body.namespace }];
    const { kubeConfigType } = body;
    const temporaryKubeConfig = await issueKubeconfig(account, cluster, { user, grants: mine, kubeConfigType, lifeMs });
    await account.clusterAccess?.authorize?.({ clusterId, user, grants: mine });
    account.store.schedule(TEMPORARY_ENDED, clusterId, lifeMs, { user });
    return temporaryKubeConfig;
  };
  account.store.on(TEMPORARY_ENDED, (clusterId, { user }) => {
    // Its certificate has ended by itself; what it was granted goes too.
    void account.clusterAccess?.authorize?.({ clusterId, user: String(user), grants: [] });
  });
  return {
    async CreateRBAC({ body, principal }) {
      checkGrantor(principal);
      const { clusterID, role, temp, expireHours } = body;
      const userID = body.userID || subjectOf(account, principal).id;
      const namespace = body.namespace || ALL;
      granteeOf(userID);
      if (!role) throw invalid("role is required.");
      if (clusterID === ALL && namespace !== ALL) throw invalid('namespace: expected "all" for all clusters.');
      const chosen = clusterID === ALL && !temp ? clustersOf(account).all() : [one(clusterID)];
      if (temp && (expireHours < 1 || expireHours > MOST_HOURS))
        throw invalid(`expireHours: expected 1 to ${MOST_HOURS}.`);
      const requestID = account.random.uuid();
      const data = chosen.map(({ clusterId }) => ({ success: true, clusterID: clusterId, message: "" }));
      if (temp) {
        const [cluster] = chosen;
        const wanted = { userID, role, namespace, expireHours, kubeConfigType: body.kubeConfigType };
        return { requestID, data, temporaryKubeConfig: cluster ? await temporary(cluster, wanted) : "" };
      }
      for (const { clusterId } of chosen) {
        grants.set(`${clusterId} ${userID} ${namespace}`, { clusterId, userId: userID, namespace, role });
        await authorize(clusterId, userID);
      }
      return { requestID, data };
    },
    async RenewRBAC({ body, principal }) {
      checkGrantor(principal);
      const { clusterId } = one(body.clusterID);
      const userId = body.userID || subjectOf(account, principal).id;
      granteeOf(userId);
      const before = userIn(account, clusterId, userId);
      const key = `${clusterId} ${userId}`;
      const count = (generationsOf(account).get(key)?.count ?? 0) + 1;
      generationsOf(account).set(key, { clusterId, count });
      await account.clusterAccess?.authorize?.({ clusterId, user: before, grants: [] });
      await authorize(clusterId, userId);
      return { requestID: account.random.uuid() };
    },
    async DeleteRBAC({ body, principal }) {
      checkGrantor(principal);
      const { clusterId } = one(body.clusterID);
      const userId = body.userID ?? "";
      const found = grants.ids().filter((id) => {
        const grant = grants.get(id);
        return (
          grant?.clusterId === clusterId &&
          grant.userId === userId &&
          (!body.namespace || grant.namespace === body.namespace)
        );
      });
      if (found.length === 0) throw noSuchObject(`A grant of user ${userId} in cluster ${clusterId}`);
      for (const id of found) grants.delete(id);
      await authorize(clusterId, userId);
      return { requestID: account.random.uuid() };
    },
    ListRBAC({ query, principal }) {
      const userID = query.userID || subjectOf(account, principal).id;
      const data = grants
        .all()
        .filter(({ userId }) => userId === userID)
        .map(({ role, clusterId, namespace }) => ({
          role,
          clusterID: clusterId,
          namespace,
          clusterName: String(clustersOf(account).get(clusterId)?.spec.clusterName ?? ""),
        }));
      return { requestID: account.random.uuid(), data };
    },
  };
});
