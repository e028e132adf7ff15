import assert from "node:assert/strict";
import type { AccessKey, Simulator } from "@ccm/baiducloud-simulator";
import { type Clock, readText, Secret, sleep } from "@ccm/base";
import { authorization } from "@ccm/bce";
import type { Scene } from "../../testing/scene.ts";

export interface CceScene {
  /** A signed call as the account, or as whoever has `key`: "POST /v2/cluster". Fails the test when it is refused. */
  call<T>(line: string, body?: unknown, how?: { readonly host?: string; readonly key?: AccessKey }): Promise<T>;
  /** A cluster that runs; its ID. */
  cluster(more?: { readonly region?: string; readonly name?: string; readonly public?: boolean }): Promise<string>;
  /** A user of IAM with a key, without any right. */
  user(name: string): Promise<{ readonly id: string; readonly env: Readonly<Record<string, string>> }>;
  /** Lets a user of IAM call a product. */
  attach(name: string, policy: string): Promise<void>;
  /** The account's own key, as commands take it. */
  readonly env: Readonly<Record<string, string>>;
}

type Cloud = Pick<Simulator, "handler" | "credentials">;

/** Signs and sends; the text of the answer. Fails the test when the call is refused. */
async function send(
  { handler }: Cloud,
  {
    line,
    body,
    host,
    key,
    now,
  }: {
    readonly line: string;
    readonly body: unknown;
    readonly host: string;
    readonly key: AccessKey;
    readonly now: number;
  },
): Promise<string> {
  const [method = "", target = ""] = line.split(" ");
  const [path = "", search = ""] = target.split("?");
  const query = [...new URLSearchParams(search)].map(([name, value]) => [name, value] as const);
  const headers = { host, "content-type": "application/json" };
  const keys = { accessKeyId: key.accessKeyId, secretAccessKey: new Secret(key.secretAccessKey), time: now };
  const signed = { ...headers, authorization: authorization({ method, path, query, headers }, keys) };
  const bytes = new TextEncoder().encode(body === undefined ? "" : JSON.stringify(body));
  const { signal } = new AbortController();
  const answer = await handler({ method, target, headers: signed, body: bytes, signal });
  const text = await readText(answer.body);
  assert.ok(answer.status < 300, `${line}: ${answer.status} ${text}`);
  return text;
}

/** A cluster that runs, of a cloud under a real clock; its ID. */
export async function createCluster({ simulator, clock }: { readonly simulator: Simulator; readonly clock: Clock }) {
  const how = { host: "cce.bj.baidubce.com", key: simulator.credentials };
  const cluster = { clusterName: "real", vpcID: simulator.vpcId, masterConfig: { masterType: "managed" } };
  const body = { cluster, options: { skipNetworkCheck: true } };
  const made = await send(simulator, { line: "POST /v2/cluster", body, now: clock.now(), ...how });
  const { clusterID } = JSON.parse(made) as { readonly clusterID: string };
  for (;;) {
    const line = `GET /v2/cluster/${clusterID}`;
    const text = await send(simulator, { line, body: undefined, now: clock.now(), ...how });
    if (JSON.parse(text).cluster.status.clusterPhase === "running") return clusterID;
    await sleep(clock, 5);
  }
}

/** What tests of kubeconfigs do with the cloud of a scene. */
export function cceOf(scene: Scene): CceScene {
  const { simulator, clock } = scene;
  const envOf = ({ accessKeyId, secretAccessKey }: AccessKey) => ({
    BCE_ACCESS_KEY_ID: accessKeyId,
    BCE_SECRET_ACCESS_KEY: secretAccessKey,
    HOME: "/home/me",
  });
  const call: CceScene["call"] = async (
    line,
    body,
    { host = "cce.bj.baidubce.com", key = simulator.credentials } = {},
  ) => {
    const text = await scene.during(send(simulator, { line, body, host, key, now: clock.now() }));
    return text === "" ? {} : JSON.parse(text);
  };
  const iam = { host: "iam.bj.baidubce.com" };
  return {
    call,
    env: envOf(simulator.credentials),
    async cluster({ region = "bj", name = "shop", public: exposed = true } = {}) {
      const host = `cce.${region}.baidubce.com`;
      const vpcs = { host: `bcc.${region}.baidubce.com` };
      const known = await call<{ vpcs: { vpcId: string }[] }>("GET /v1/vpc", undefined, vpcs);
      const made = async () =>
        (await call<{ vpcId: string }>("POST /v1/vpc?clientToken=v", { name: "v", cidr: "10.0.0.0/16" }, vpcs)).vpcId;
      const vpcID = known.vpcs[0]?.vpcId ?? (await made());
      const masterConfig = { masterType: "managed", exposedPublic: exposed, clusterHA: 1 };
      const cluster = { clusterName: name, vpcID, masterConfig };
      const { clusterID } = await call<{ clusterID: string }>(
        "POST /v2/cluster",
        { cluster, options: { skipNetworkCheck: true } },
        { host },
      );
      await clock.advance(60_000);
      return clusterID;
    },
    async user(name) {
      const { id } = await call<{ id: string }>("POST /v1/user", { name, description: "" }, iam);
      const key = await call<{ id: string; secret: string }>(`POST /v1/user/${name}/accesskey`, undefined, iam);
      return { id, env: envOf({ accessKeyId: key.id, secretAccessKey: key.secret }) };
    },
    async attach(name, policy) {
      await call(`PUT /v1/user/${name}/policy/${policy}?policyType=System`, undefined, iam);
    },
  };
}
