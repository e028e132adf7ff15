import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type BceClient, BceError, type Cluster } from "@ccm/bce";
import type { Account } from "./account.ts";
import { findCluster, listClusters, typeFor } from "./clusters.ts";

const CLUSTER: Cluster = {
  clusterId: "cce-1",
  name: "shop",
  version: "1.34.2",
  phase: "running",
  nodes: 3,
  loadBalancerId: "lb-1",
  vpcIp: "10.0.0.9",
  publicIp: "",
};

const failure = (kind: "absent" | "auth" | "unavailable", code: string) =>
  new BceError(kind, "cce.get", code, { code });

/** An account whose regions answer as told: a cluster, or an error. */
function accountOf(regions: Readonly<Record<string, Cluster | BceError>>, chosen: readonly string[] = []) {
  const asked: string[] = [];
  const clientOf = (region: string) => {
    const answer = async () => {
      asked.push(region);
      const found = regions[region];
      if (!found || found instanceof BceError) throw found ?? failure("absent", "cce.warning.ClusterNotFound");
      return found;
    };
    const listAll = async ({ onPage }: { onPage?: (come: number, total: number) => void }) => {
      const one = await answer();
      onPage?.(1, 2);
      onPage?.(2, 2);
      return [one, one];
    };
    return { cceAccess: { getCluster: answer, listClusters: listAll } } as unknown as BceClient;
  };
  const all = Object.keys(regions);
  const account: Account = {
    source: "environment",
    credentials: () => assert.fail(),
    regions: chosen.length > 0 ? chosen : all,
    region: (chosen[0] ?? all[0]) as string,
    regionChosen: chosen.length > 0,
    otherRegions: chosen.length > 0 ? all.filter((name) => !chosen.includes(name)) : [],
    identity: async () => "id",
    clientOptions: () => assert.fail(),
    client: (region = "bj") => clientOf(region),
    close: async () => {},
  };
  return { account, asked };
}

const looking = { signal: new AbortController().signal, now: () => 0 };
const ABSENT = failure("absent", "cce.warning.ClusterNotFound");

describe("looking for a cluster", () => {
  it("asks the likely region alone when it is there", async () => {
    const { account, asked } = accountOf({ bj: CLUSTER, gz: ABSENT, su: ABSENT });
    assert.equal((await findCluster(account, "cce-1", looking)).region, "bj");
    assert.deepEqual(asked, ["bj"]);
  });

  it("does not ask others with keys that are wrong", async () => {
    const { account, asked } = accountOf({ bj: failure("auth", "InvalidAccessKeyId"), gz: CLUSTER });
    await assert.rejects(findCluster(account, "cce-1", looking), /the cloud does not know the access key/);
    assert.deepEqual(asked, ["bj"]);
  });

  it("finds it where one region cannot be reached, and names that one when it is nowhere", async () => {
    const broken = failure("unavailable", "InternalError");
    const { account } = accountOf({ bj: broken, gz: CLUSTER });
    assert.equal((await findCluster(account, "cce-1", looking)).region, "gz");
    const nowhere = findCluster(accountOf({ bj: ABSENT, gz: broken }).account, "cce-1", looking);
    await assert.rejects(
      nowhere,
      /there is no cluster cce-1 of this account in bj; could not look in gz \(InternalError\)/,
    );
  });

  it("names the region when another one was chosen", async () => {
    const { account } = accountOf({ bj: ABSENT, gz: CLUSTER }, ["bj"]);
    await assert.rejects(findCluster(account, "cce-1", looking), /cluster cce-1 is in gz, not in bj: use --region gz/);
  });
});

describe("listing clusters", () => {
  it("tells after each page how many of how many have come, and goes on where a region fails", async () => {
    const told: string[] = [];
    const { account } = accountOf({ bj: CLUSTER, gz: failure("unavailable", "InternalError") });
    const { clusters, unread } = await listClusters(account, { ...looking, step: (what) => told.push(what) });
    assert.deepEqual([clusters.length, unread.map(({ region }) => region)], [2, ["gz"]]);
    assert.ok(told.some((text) => text.includes("bj 1 of 2")) && told.at(-1)?.includes("bj 2"), told.join("\n"));
  });
});

describe("the endpoint of a kubeconfig", () => {
  it("is the public one where there is one, unless another was asked for", () => {
    const inside = { ...CLUSTER, region: "bj" };
    const outside = { ...inside, publicIp: "1.2.3.4" };
    const all = [typeFor(inside, undefined), typeFor(outside, undefined), typeFor(outside, "vpc")];
    assert.deepEqual(all, ["vpc", "public", "vpc"]);
    assert.throws(() => typeFor(inside, "public"), /no public endpoint: bind an EIP to its load balancer lb-1/);
  });
});
