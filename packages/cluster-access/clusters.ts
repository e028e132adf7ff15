import { errorText, mapLimited } from "@ccm/base";
import { type Cluster, isBceError, type KubeconfigType } from "@ccm/bce";
import type { Account } from "./account.ts";
import { AccessFault, type AdviceContext, explained } from "./advice.ts";
import { type IssuedKubeconfig, parseIssued } from "./issued.ts";

export interface Looking {
  readonly signal: AbortSignal;
  /** Wall clock, milliseconds. */
  readonly now: () => number;
  /** Told what is being done, for people who wait. */
  readonly step?: (what: string) => void;
}

export interface RegionalCluster extends Cluster {
  readonly region: string;
}

export interface Unread {
  readonly region: string;
  readonly why: string;
}

const AT_ONCE = 4;
const READ_CCE = "in IAM it needs to read CCE (CCEReadAccessPolicy)";

/** An ID as the cloud gives it: it becomes part of a path. Throws an AccessFault. */
export function checkClusterId(clusterId: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/.test(clusterId)) return clusterId;
  throw new AccessFault("CLUSTER: expected the ID of a cluster, such as cce-1a2b3c4d (`kubeconfig list` shows them)");
}

/** The clusters of all regions of the account, and the regions that could not be read. */
export async function listClusters(
  account: Account,
  { signal, now, step }: Looking,
): Promise<{ readonly clusters: readonly RegionalCluster[]; readonly unread: readonly Unread[] }> {
  const read = new Map<string, string>();
  const tell = () => step?.(`reading clusters: ${[...read].map(([region, text]) => `${region} ${text}`).join(", ")}`);
  const found = await mapLimited(account.regions, AT_ONCE, async (region) => {
    const onPage = (come: number, total: number | undefined) => {
      read.set(region, total === undefined || total === come ? String(come) : `${come} of ${total}`);
      tell();
    };
    read.set(region, "…");
    tell();
    try {
      const clusters = await account.client(region).cceAccess.listClusters({ signal, lane: "user", onPage });
      return { clusters: clusters.map((cluster) => ({ ...cluster, region })), unread: [] };
    } catch (error) {
      if (signal.aborted) throw error;
      const context = { source: account.source, region, now: now(), what: "clusters", permission: READ_CCE };
      return { clusters: [], unread: [{ region, why: errorText(explained(error, context)) }] };
    }
  });
  return { clusters: found.flatMap(({ clusters }) => clusters), unread: found.flatMap(({ unread }) => unread) };
}

/**
 * Where a cluster is: in the regions of the account, the likely one first. When it is in none of those that were chosen,
 * the others are asked so that the error can name the right one. Throws an AccessFault, or the cloud's error.
 */
export async function findCluster(account: Account, clusterId: string, looking: Looking): Promise<RegionalCluster> {
  const { signal, now, step } = looking;
  checkClusterId(clusterId);
  const failures: { readonly region: string; readonly error: unknown }[] = [];
  const askIn = async (region: string): Promise<RegionalCluster | undefined> => {
    step?.(`looking for ${clusterId} in ${region}`);
    try {
      return { ...(await account.client(region).cceAccess.getCluster(clusterId, { signal, lane: "user" })), region };
    } catch (error) {
      if (signal.aborted) throw error;
      if (!isBceError(error, "absent")) failures.push({ region, error });
      return undefined;
    }
  };
  const askAll = async (regions: readonly string[]) => (await mapLimited(regions, AT_ONCE, askIn)).find(Boolean);
  const [likely, ...rest] = account.regions;
  const first = likely === undefined ? undefined : await askIn(likely);
  if (first) return first;
  const refused = failures[0];
  // Keys that are wrong here are wrong everywhere.
  if (refused && isBceError(refused.error, "auth")) throw told(refused, account, clusterId, now());
  const found = await askAll(rest);
  if (found) return found;
  const chosen = account.regions.join(", ");
  const elsewhere = failures.length === 0 ? await askAll(account.otherRegions) : undefined;
  if (elsewhere) {
    throw new AccessFault(
      `cluster ${clusterId} is in ${elsewhere.region}, not in ${chosen}: use --region ${elsewhere.region}`,
    );
  }
  const failed = failures[0];
  if (failed && failures.length === account.regions.length) throw told(failed, account, clusterId, now());
  const asked = [...account.regions, ...account.otherRegions].filter(
    (region) => !failures.some((failure) => failure.region === region),
  );
  const unread = failures.map(({ region, error }) => `${region} (${errorText(error)})`);
  throw new AccessFault(
    `there is no cluster ${clusterId} of this account in ${asked.join(", ")}${unread.length > 0 ? `; could not look in ${unread.join(", ")}` : ""}: is the ID right, and the account (${account.source})?`,
  );
}

function told(
  { region, error }: { readonly region: string; readonly error: unknown },
  { source }: Account,
  clusterId: string,
  now: number,
): unknown {
  return explained(error, { source, region, now, what: `cluster ${clusterId}`, permission: READ_CCE });
}

/** "public" where the cluster has a public address and nothing was asked for. Throws an AccessFault where it has none. */
export function typeFor(cluster: RegionalCluster, wanted: KubeconfigType | undefined): KubeconfigType {
  const { clusterId, publicIp, loadBalancerId } = cluster;
  if (wanted === "public" && publicIp === "") {
    throw new AccessFault(
      `cluster ${clusterId} has no public endpoint: bind an EIP to its load balancer ${loadBalancerId}, or take --type vpc from inside of its VPC`,
    );
  }
  return wanted ?? (publicIp === "" ? "vpc" : "public");
}

/** A kubeconfig of the caller, or one that ends by itself when `temporary` is there. Throws what `explained` makes of it. */
export async function issueKubeconfig(
  account: Account,
  { region, clusterId, type }: { readonly region: string; readonly clusterId: string; readonly type: KubeconfigType },
  temporary: Temporary | undefined,
  { signal, now }: Looking,
): Promise<IssuedKubeconfig & { readonly text: string }> {
  const { cceAccess } = account.client(region);
  const options = { signal, lane: "user" as const };
  try {
    const text = temporary
      ? await cceAccess.createTemporaryKubeconfig({ ...temporary, clusterId, type }, options)
      : await cceAccess.getKubeconfig(clusterId, type, options);
    return { ...parseIssued(text, `cluster ${clusterId}`), text };
  } catch (error) {
    throw explained(error, accessContext(account, region, clusterId, now(), temporary !== undefined));
  }
}

export interface Temporary {
  /** "": whoever asks. */
  readonly userId: string;
  readonly role: "cce:admin" | "cce:devops" | "cce:readonly";
  readonly namespace: string;
  readonly hours: number;
}

/** For `explained`, of calls about rights in clusters. */
export function accessContext(
  { source }: Account,
  region: string,
  clusterId: string,
  now: number,
  granting: boolean,
): AdviceContext {
  const permission = granting
    ? "to grant, reset and revoke needs the right to manage RBAC of CCE and IAMReadOnlyAccessPolicy, or the account's own key"
    : `who made the cluster or owns the account must let you in: kubectl baiducloud kubeconfig grant ${clusterId} USER --role readonly; and ${READ_CCE}`;
  return { source, region, now, what: `cluster ${clusterId}`, permission };
}
