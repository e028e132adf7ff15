import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { createSimulator } from "@ccm/baiducloud-simulator";
import { type HttpHandler, inProcessTransport, jsonResponse, readText, silentLogger, sleep } from "@ccm/base";
import { createAuthority, listen, openTransport, systemClock, systemRandom } from "@ccm/base/node";
import { createKubeClient, NODES, SERVICES } from "@ccm/kube";
import { createKubeServer } from "@ccm/kube-server";
import { stringify } from "yaml";
import { startCcm } from "./ccm-process.ts";
import { freePort } from "./loopback.ts";
import { createRunFolder } from "./run-folder.ts";

const HOST = "127.0.0.1";
const ACCOUNT = { user: "system:serviceaccount:kube-system:cloud-controller-manager", groups: ["system:masters"] };
const TOKENS = new Map([
  ["manager", ACCOUNT],
  ["scraper", { user: "scraper", groups: [] }],
  ["guest", { user: "guest", groups: [] }],
]);
const MAY_BE_READ = ["/metrics", "/configz"];

/** An API server that knows three tokens, a cloud that refuses the first load balancer, and the CCM's own program. */
async function start(t: TestContext) {
  const parts = { clock: systemClock, random: systemRandom, logger: silentLogger };
  const folder = createRunFolder();
  t.after(() => folder.remove());
  const server = createKubeServer({
    ...parts,
    tokens: TOKENS,
    authorize: ({ user, nonResourceAttributes: asked }) =>
      user === "scraper" && asked?.verb === "get" && MAY_BE_READ.includes(String(asked.path)),
  });
  const authority = await createAuthority({ commonName: "cluster", clock: systemClock });
  const { certPem: cert, keyPem: key } = await authority.issue({
    commonName: "kube-apiserver",
    ipAddresses: [HOST],
    server: true,
  });
  const api = await listen({ host: HOST, port: 0, handler: server.handler, tls: { cert, key } });
  t.after(async () => {
    await api.close();
    await server.close();
  });
  const simulator = createSimulator({ ...parts, eipPool: "127.99.0.0/24" });
  let refusals = 1;
  const handler: HttpHandler = async (request) => {
    const refuse = request.method === "POST" && /^\/v1\/blb(\?|$)/.test(request.target) && refusals-- > 0;
    return refuse
      ? jsonResponse(500, { code: "InternalError", message: "try again", requestId: "r-1" })
      : simulator.handler(request);
  };
  const cloud = await listen({ host: HOST, port: 0, handler });
  t.after(async () => {
    await simulator.close();
    await cloud.close();
  });
  const url = `http://${HOST}:${cloud.port}`;
  const cloudConfig = {
    ClusterId: "cce-monitored",
    Region: simulator.region,
    VpcId: simulator.vpcId,
    AccessKeyID: simulator.credentials.accessKeyId,
    SecretAccessKey: simulator.credentials.secretAccessKey,
    Endpoints: { bcc: url, blb: url, eip: url, cce: url },
  };
  const base = { server: `https://${HOST}:${api.port}` };
  const ca = Buffer.from(authority.certPem).toString("base64");
  const kubeconfig = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "c", cluster: { ...base, "certificate-authority-data": ca } }],
    users: [{ name: "u", user: { token: "manager" } }],
    contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
    "current-context": "c",
  };
  const port = await freePort();
  const ccm = startCcm(
    [
      `--kubeconfig=${folder.write("kubeconfig", stringify(kubeconfig))}`,
      `--cloud-config=${folder.write("cloud.yaml", stringify(cloudConfig))}`,
      "--bind-address=127.0.0.1",
      `--secure-port=${port}`,
    ],
    `${folder.path}/ccm.log`,
  );
  t.after(() => ccm.stop());
  let ended: string | undefined;
  void ccm.ended.then((how) => {
    ended = how;
  });
  const transport = openTransport({ insecureSkipVerify: true });
  t.after(() => transport.close());
  const client = createKubeClient({
    ...parts,
    baseUrl: "https://kubernetes.lab",
    send: inProcessTransport(server.handler),
    authorize: async () => ({ authorization: "Bearer manager" }),
  });
  return {
    client,
    simulator,
    async get(path: string, token?: string) {
      const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
      const { status, body } = await transport.send({ method: "GET", url: `https://${HOST}:${port}${path}`, headers });
      return { status, text: await readText(body) };
    },
    async until(what: string, holds: () => Promise<boolean>) {
      const deadline = systemClock.monotonic() + 60_000;
      while (!(await holds().catch(() => false))) {
        assert.equal(ended, undefined, ccm.tail());
        assert.ok(systemClock.monotonic() < deadline, `waited in vain until ${what}: ${ccm.tail()}`);
        await sleep(systemClock, 25);
      }
    },
  };
}

/** Names of upstream's metrics that a manager with one node and one Service has something to tell by. */
const UPSTREAM = [
  "node_controller_initial_node_sync_delay_seconds_count",
  "node_controller_cloud_provider_taint_removal_delay_seconds_count",
  "service_controller_loadbalancer_sync_total",
  'running_managed_controllers{name="cloud-node"',
  'leader_election_master_status{name="cloud-controller-manager"}',
  'workqueue_adds_total{name="service"}',
  'workqueue_queue_duration_seconds_count{name="service"}',
  'rest_client_requests_total{code="200",method="PATCH"',
  'rest_client_request_duration_seconds_count{verb="GET"',
  "apiserver_delegated_authn_request_total",
  "apiserver_delegated_authz_request_total",
  "authentication_attempts",
  'kubernetes_feature_enabled{name="CloudControllerManagerWebhook"',
  "kubernetes_build_info{",
];

describe("row 5: what the running CCM tells", () => {
  it("row 5: serves health to all, and metrics and configuration to whom the API server lets", async (t) => {
    const { client, simulator, get, until } = await start(t);
    await until("it is ready", async () => (await get("/readyz")).status === 200);
    simulator.createInstance({ name: "node-1", hostname: "node-1" });
    const uninitialized = { key: "node.cloudprovider.kubernetes.io/uninitialized", value: "true" };
    await client.create(NODES, {
      metadata: { name: "node-1" },
      spec: { taints: [{ ...uninitialized, effect: "NoSchedule" }] },
      status: { conditions: [{ type: "Ready", status: "True" }] },
    });
    const web = { namespace: "default", name: "web" };
    await client.create(SERVICES, { metadata: web, spec: { type: "LoadBalancer", ports: [{ port: 80 }] } });
    await until("web has its address", async () => {
      return (await client.get(SERVICES, web)).status?.loadBalancer?.ingress?.[0]?.ip !== undefined;
    });

    for (const path of ["/healthz", "/livez", "/readyz"]) {
      assert.deepEqual(await get(path), { status: 200, text: "ok" }, path);
    }
    assert.match((await get("/healthz?verbose")).text, /\[\+\]leaderElection ok/);
    for (const path of MAY_BE_READ) {
      assert.equal((await get(path)).status, 403, `${path}, anonymous`);
      assert.equal((await get(path, "guest")).status, 403, `${path}, a user without the right`);
      assert.equal((await get(path, "nonsense")).status, 401, `${path}, a token that nobody knows`);
    }

    const configz = await get("/configz", "scraper");
    assert.equal(configz.status, 200);
    const shown = JSON.parse(configz.text)["cloudcontrollermanager.config.k8s.io"];
    assert.equal(shown.KubeCloudShared.CloudProvider.Name, "cce");
    assert.equal(shown.Generic.Address, HOST);
    assert.ok(!configz.text.includes(simulator.credentials.secretAccessKey));

    const { status, text } = await get("/metrics", "scraper");
    assert.equal(status, 200);
    for (const name of UPSTREAM) assert.ok(text.includes(`\n${name}`), `${name} is missing in:\n${text}`);
    // The calls of the cloud: by operation and status, and how long they took.
    const count = (series: string) =>
      Number(
        text
          .split("\n")
          .find((line) => line.startsWith(`${series} `))
          ?.split(" ")[1] ?? 0,
      );
    const create = 'operation="blb.create"';
    assert.equal(count(`bce_api_requests_total{${create},code="InternalError"}`), 1, text);
    assert.equal(count(`bce_api_requests_total{${create},code="OK"}`), 1);
    assert.equal(count(`bce_api_request_duration_seconds_count{${create}}`), 2);
    assert.ok(count(`bce_api_request_duration_seconds_sum{${create}}`) > 0);
    assert.ok(!text.includes(simulator.credentials.accessKeyId));
  });
});
