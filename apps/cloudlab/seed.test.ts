import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { after, it } from "node:test";
import { send, sendSigned, startCommand } from "./testing/command.ts";

const children = new Set<ChildProcess>();
after(() => {
  for (const child of children) child.kill("SIGKILL");
});

/** All that a new process says on the same calls, byte by byte. */
async function saidBy(seed: string): Promise<readonly unknown[]> {
  const { ready, stop } = await startCommand(children, "--seed", seed, "--clock", "stepped");
  const said: unknown[] = [ready.credentials, ready.vpcId];
  const call = async (line: string, body?: unknown, host = "cloud.test") => {
    const answer = await sendSigned(ready, line, body, host);
    said.push(answer);
    assert.equal(answer.status, 200, `${line}: ${answer.text}`);
    return JSON.parse(answer.text) as Readonly<Record<string, string>> & { readonly subnets: { subnetId: string }[] };
  };
  const { vpcId } = ready;
  const advance = async (advanceMs: number) => {
    const headers = { authorization: `Bearer ${ready.adminToken}` };
    said.push(await send(`${ready.admin}/clock`, { method: "POST", headers, body: JSON.stringify({ advanceMs }) }));
  };
  const [subnet] = (await call(`GET /v1/subnet?vpcId=${vpcId}`)).subnets;
  const billing = { paymentTiming: "Postpaid", billingMethod: "ByTraffic" };
  const { eip } = await call("POST /v1/eip?clientToken=a", { billing, bandwidthInMbps: 5 });
  const { blbId } = await call("POST /v1/blb", { vpcId, subnetId: subnet?.subnetId, name: "web" });
  await advance(59_000);
  await call(`PUT /v1/eip/${eip}?bind`, { instanceType: "BLB", instanceId: blbId });
  await call("POST /v1/sessionToken?durationSeconds=900", {}, "sts.bj.baidubce.com");
  const { clusterID } = await call("POST /v2/cluster", { cluster: { clusterName: "c", vpcID: vpcId } });
  await advance(3_600_000);
  for (const line of ["GET /v1/eip", `GET /v1/blb/${blbId}`, `GET /v2/kubeconfig/${clusterID}/vpc`]) await call(line);
  said.push(await send(`${ready.endpoints.bcc}/v2/`, { headers: { host: "registry.baidubce.com" } }));
  said.push(await send(`${ready.endpoints.bcc}/v1/blb`, { headers: { host: "blb.bj.baidubce.com" } }));
  await stop();
  return said;
}

it("a cloud whose time is stepped answers the same calls with the same bytes in each process of a seed", async () => {
  const [first, second, other] = await Promise.all([saidBy("x"), saidBy("x"), saidBy("y")]);
  assert.deepEqual(second, first);
  assert.equal(other.length, first.length);
  // But for the cloud's time, which the seed does not change, nothing is the same.
  other.forEach((answer, index) => {
    if (!JSON.stringify(answer).includes("nowMs")) assert.notDeepEqual(answer, first[index]);
  });
});
