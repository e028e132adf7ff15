import assert from "node:assert/strict";
import { it } from "node:test";
import { type HttpHandler, readText, seededRandom } from "@ccm/base";
import { operationsOf, PRODUCTS } from "./index.ts";
import { createScene } from "./testing/client.ts";

const POSTPAID = { paymentTiming: "Postpaid", billingMethod: "ByTraffic" };
const POLICY = JSON.stringify({
  accessControlList: [{ effect: "Allow", service: "bce:blb", region: "*", resource: ["*"], permission: ["READ"] }],
});

/** Every list that there is, of every product. */
const LISTS = [
  ...new Set(
    PRODUCTS.flatMap((product) =>
      operationsOf(product)
        .filter(([, { method, path }]) => method === "GET" && !path.includes("{"))
        .map(([, { path, when }]) => `GET ${path}${when ? `?${when}` : ""}`),
    ),
  ),
];

/** What a cloud with this seed answers to a tour of its products: statuses, headers and bodies, one line for each call. */
async function answersOf(seed: string): Promise<readonly string[]> {
  const { simulator, call, settle } = createScene({ random: seededRandom(seed), checkAnswers: false });
  const lines: string[] = [];
  const handler: HttpHandler = async (request) => {
    const answer = await simulator.handler(request);
    const text = await readText(answer.body);
    lines.push(`${answer.status} ${JSON.stringify(answer.headers)} ${text}`);
    const body = (async function* () {
      yield Buffer.from(text);
    })();
    return { ...answer, body };
  };
  const done = async (line: string, body?: unknown, host = "127.0.0.1") => {
    const reply = await call<Readonly<Record<string, string>>>(line, body, { handler, host });
    assert.equal(reply.status, 200, `${line}: ${JSON.stringify(reply.body)}`);
    await settle(60_000);
    return reply.body;
  };
  const { vpcId } = simulator;
  const [subnetId = ""] = simulator.subnetIds;
  await done("POST /v1/vpc", { name: "net", cidr: "10.0.0.0/16" });
  const { eip } = await done("POST /v1/eip?clientToken=eip", { billing: POSTPAID, bandwidthInMbps: 5 });
  const { blbId } = await done("POST /v1/blb", { vpcId, subnetId, name: "web" });
  await done(`PUT /v1/eip/${eip}?bind`, { instanceType: "BLB", instanceId: blbId });
  const machine = { imageId: "m-lab00000", spec: "bcc.g5.c2m8", zoneName: "cn-bj-a", subnetId, name: "web" };
  await done("POST /v2/instanceBySpec", { ...machine, billing: { paymentTiming: "Postpaid" } });
  const { clusterID } = await done("POST /v2/cluster", { cluster: { clusterName: "c", vpcID: vpcId } });
  await done(`GET /v2/kubeconfig/${clusterID}/vpc`);
  await done("POST /v1/user", { name: "ann" });
  await done("POST /v1/user/ann/accesskey");
  await done("POST /v1/policy", { name: "look", document: POLICY });
  await done("POST /v1/sessionToken?durationSeconds=900", {}, "sts.bj.baidubce.com");
  const order = { type: "BASIC", name: "ccr", paymentTiming: "prepay" };
  const billing = { reservationTimeUnit: "MONTH", reservationTime: 1 };
  await done("POST /v1/instances", { ...order, billing }, "ccr.bj.baidubce.com");
  for (const line of LISTS) await call(line, undefined, { handler });
  const docker = { method: "GET", body: new Uint8Array(), signal: new AbortController().signal };
  for (const target of ["/v2/", "/service/token?scope=repository:app/web:pull"])
    await handler({ ...docker, target, headers: { host: "registry.baidubce.com" } });
  return lines;
}

it("a cloud answers a tour of all its products with the same bytes each time, when its seed is the same", async () => {
  const [first, second, other] = [await answersOf("one"), await answersOf("one"), await answersOf("two")];
  assert.ok(first.length > 100, `${first.length} calls`);
  first.forEach((line, index) => {
    assert.equal(second[index], line);
  });
  assert.notDeepEqual(other, first);
});
