import type { BceCall, Scheduler } from "../api-call.ts";
import type { ReadOptions } from "../call.ts";
import { BceError } from "../error.ts";
import { allNumberedPages, broken, listAt } from "../paging.ts";
import { given, product, required } from "../request.ts";
import { CCE_PATH_PREFIX } from "./cce.ts";

/** A cluster of CCE, flattened from `spec` and `status`. */
export interface Cluster {
  /** `cce-…`. */
  readonly clusterId: string;
  readonly name: string;
  readonly version: string;
  /** running, provisioning, create_failed … */
  readonly phase: string;
  readonly nodes: number;
  readonly loadBalancerId: string;
  /** Where the API server is inside of the VPC. */
  readonly vpcIp: string;
  /** Where it is from outside; "" for nowhere. */
  readonly publicIp: string;
}

export type KubeconfigType = "vpc" | "public";

export const CLUSTER_ROLES = ["cce:admin", "cce:devops", "cce:readonly"] as const;

export type ClusterRole = (typeof CLUSTER_ROLES)[number];

/** `all`: every cluster of the region. */
export const ALL = "all";

export interface Grantee {
  readonly clusterId: string;
  /** The ID, not the name, of a user or role of IAM. */
  readonly userId: string;
}

export interface Grant extends Grantee {
  readonly clusterName: string;
  readonly role: string;
  readonly namespace: string;
}

export interface NewGrant extends Grantee {
  readonly role: ClusterRole;
  /** A name, or "all". */
  readonly namespace: string;
}

export interface GrantOutcome {
  readonly clusterId: string;
  readonly success: boolean;
  readonly message: string;
}

/** Who may use which cluster, and with what. Kubeconfigs hold private keys: keep them out of logs. */
export interface CceAccess {
  /** Follows the pages; `onPage` is told how many of how many have come. */
  listClusters(
    options?: ReadOptions & { readonly onPage?: (come: number, total: number | undefined) => void },
  ): Promise<readonly Cluster[]>;
  /** Throws a BceError of kind "absent" for a cluster that is not in the region. */
  getCluster(clusterId: string, options?: ReadOptions): Promise<Cluster>;
  /** That of whoever signs: for the account an administrator's, else with what was granted. YAML. */
  getKubeconfig(clusterId: string, type: KubeconfigType, options?: ReadOptions): Promise<string>;
  /** For `all` clusters some may fail: see what it resolves to. */
  grant(grant: NewGrant, options?: ReadOptions): Promise<readonly GrantOutcome[]>;
  /** A kubeconfig that ends by itself. YAML. */
  createTemporaryKubeconfig(
    grant: NewGrant & { readonly hours: number; readonly type: KubeconfigType },
    options?: ReadOptions,
  ): Promise<string>;
  /** Makes every kubeconfig from before useless; the next one that is asked for is new. */
  resetCredentials(grantee: Grantee, options?: ReadOptions): Promise<void>;
  /** Without a namespace: in all of them. */
  revoke(grantee: Grantee & { readonly namespace?: string }, options?: ReadOptions): Promise<void>;
  /** Those in clusters of the region. */
  listGrants(userId: string, options?: ReadOptions): Promise<readonly Grant[]>;
}

type Mapping = Readonly<Record<string, unknown>>;

export function createCceAccess(call: Scheduler, endpoint: string, prefix: string = CCE_PATH_PREFIX): CceAccess {
  const cce = product("cce", endpoint);
  /**
   * None takes a clientToken. To grant, reset or revoke twice is the same as once, and a temporary kubeconfig that nobody
   * has got ends by itself: they may be sent again as what changes nothing.
   */
  const rbac = (action: string, method: BceCall["method"], body: Mapping, options: ReadOptions): BceCall => ({
    ...cce.lookUp(action, `${prefix}/rbac`, body, { lane: "user", ...options }),
    method,
  });
  const subject = ({ clusterId, userId }: Grantee) => ({ clusterID: clusterId, userID: userId });
  return {
    async listClusters({ onPage, ...options } = {}) {
      let come = 0;
      const request = cce.read("listClusters", `${prefix}/clusters`, [], options);
      const raw = await allNumberedPages<Mapping>(call, request, (answer) => {
        const page = answer.clusterPage;
        if (typeof page !== "object" || page === null) throw broken(request, "the answer has no clusterPage");
        const { totalCount } = page as Mapping;
        const total = typeof totalCount === "number" ? totalCount : undefined;
        const entries = listAt<Mapping>(request, page as Mapping, "clusterList");
        come += entries.length;
        onPage?.(come, total);
        return { entries, total };
      });
      return raw.map(clusterOf);
    },
    async getCluster(clusterId, options = {}) {
      const request = cce.read("getCluster", `${prefix}/cluster/${clusterId}`, [], options);
      const cluster = clusterOf(mapping((await call(request)).cluster));
      if (cluster.clusterId === "") throw broken(request, "the answer has no cluster");
      return cluster;
    },
    async getKubeconfig(clusterId, type, options = {}) {
      const request = cce.read("getKubeconfig", `${prefix}/kubeconfig/${clusterId}/${type}`, [], options);
      return required(request, await call(request), "kubeConfig");
    },
    async grant({ role, namespace, ...grantee }, options = {}) {
      const request = rbac("grant", "POST", { ...subject(grantee), role, namespace }, options);
      return outcomesOf(request, await call(request));
    },
    async createTemporaryKubeconfig({ role, namespace, hours, type, ...grantee }, options = {}) {
      const more = { role, namespace, temp: true, expireHours: hours, kubeConfigType: type };
      const request = rbac("createTemporaryKubeconfig", "POST", { ...subject(grantee), ...more }, options);
      const answer = await call(request);
      const failed = outcomesOf(request, answer).find(({ success }) => !success);
      if (failed) {
        const text = `${request.operation}: ${failed.clusterId}: ${failed.message || "refused without a reason"}`;
        throw new BceError("permanent", request.operation, text);
      }
      return required(request, answer, "temporaryKubeConfig");
    },
    async resetCredentials(grantee, options = {}) {
      await call(rbac("resetCredentials", "PUT", subject(grantee), options));
    },
    async revoke({ namespace, ...grantee }, options = {}) {
      const body = { ...subject(grantee), ...(namespace === undefined ? {} : { namespace }) };
      await call(rbac("revoke", "DELETE", body, options));
    },
    async listGrants(userId, options = {}) {
      const request = cce.read("listGrants", `${prefix}/rbac`, given({ userID: userId }), options);
      return listAt<Mapping>(request, await call(request), "data").map((entry) => ({
        userId,
        clusterId: text(entry.clusterID),
        clusterName: text(entry.clusterName),
        role: text(entry.role),
        namespace: text(entry.namespace) || ALL,
      }));
    },
  };
}

function outcomesOf(request: BceCall, answer: Mapping): readonly GrantOutcome[] {
  return listAt<Mapping>(request, answer, "data").map((entry) => ({
    clusterId: text(entry.clusterID),
    // Absent where all went well.
    success: entry.success !== false,
    message: text(entry.message)
      .replace(/[\s\p{Cc}]+/gu, " ")
      .slice(0, 500),
  }));
}

function clusterOf(cluster: Mapping): Cluster {
  const spec = mapping(cluster.spec);
  const status = mapping(cluster.status);
  const blb = mapping(status.clusterBLB);
  return {
    clusterId: text(spec.clusterID),
    name: text(spec.clusterName),
    version: text(spec.k8sVersion),
    phase: text(status.clusterPhase),
    nodes: typeof status.nodeNum === "number" ? status.nodeNum : 0,
    loadBalancerId: text(blb.id),
    vpcIp: text(blb.vpcIP),
    publicIp: text(blb.eip),
  };
}

function mapping(value: unknown): Mapping {
  return typeof value === "object" && value !== null ? (value as Mapping) : {};
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
