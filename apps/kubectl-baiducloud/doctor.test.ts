import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type HttpRequest, type HttpResponse, jsonResponse } from "@ccm/base";
import { LEASES } from "@ccm/kube";
import { LEASE } from "./cluster.ts";
import { inScene, refuseConnections, type Scene } from "./testing/scene.ts";

interface CheckData {
  readonly area: string;
  readonly name: string;
  readonly result: string;
  readonly detail: string;
  readonly todo: string;
}

async function checks(scene: Scene, argv = "doctor", options = {}) {
  const { code, data, err } = await scene.json<{ readonly checks: readonly CheckData[] }>(argv, options);
  const of = (area: string) => data.checks.filter((check) => check.area === area);
  return { code, err, all: data.checks, of, text: JSON.stringify(data) };
}

async function healthy(scene: Scene): Promise<void> {
  await scene.addNode("node-1");
  scene.startCcm();
  await scene.clock.advance(20_000);
}

describe("kubectl baiducloud doctor", () => {
  it("finds a healthy cluster healthy, and says which source of nodes was chosen and why", () =>
    inScene(async (scene) => {
      await healthy(scene);
      const { code, all, of } = await checks(scene);
      assert.deepEqual(
        all.filter(({ result }) => result === "failed" || result === "warning"),
        [],
      );
      assert.equal(code, 0);
      for (const area of ["configuration", "credentials", "clock", "endpoint", "quota", "cluster", "access", "nodes"]) {
        assert.ok(of(area).length > 0, area);
      }
      assert.match(of("nodes").at(-1)?.detail ?? "", /^cce: CCE knows cluster cce-scene$/);
      assert.deepEqual(scene.writes, []);
    }));

  it("tells a wrong key from a product that may not be used and from one that cannot be reached", () =>
    inScene(async (scene) => {
      await healthy(scene);
      const config = { ...JSON.parse(scene.configText), SecretAccessKey: "wrong-secret" };
      const files = { "/c": JSON.stringify(config) };
      const wrong = await checks(scene, "doctor --cloud-config /c", { files });
      assert.equal(wrong.code, 3);
      assert.equal(wrong.of("credentials")[0]?.result, "failed");
      assert.match(wrong.of("credentials")[0]?.todo ?? "", /correct the access key/);
      assert.ok(!wrong.text.includes("wrong-secret"));

      scene.intercept = denied(/^http:\/\/eip\./);
      const refused = await checks(scene);
      assert.equal(refused.of("credentials")[0]?.result, "ok");
      const eip = refused.of("endpoint").find(({ name }) => name.startsWith("eip"));
      assert.equal(eip?.result, "failed");
      assert.match(eip?.todo ?? "", /grant the CCM's user read access to addresses \(EIP\)/);

      scene.intercept = (request) => (request.url.startsWith("http://blb.") ? refuseConnections(request) : undefined);
      const unreachable = await checks(scene);
      const blb = unreachable.of("endpoint").find(({ name }) => name.startsWith("blb"));
      assert.match(blb?.todo ?? "", /make blb's endpoint reachable from here/);
      assert.equal(unreachable.of("credentials")[0]?.result, "ok");
    }));

  it("says that nodes are looked up in the products where CCE may not be asked", () =>
    inScene(async (scene) => {
      await healthy(scene);
      scene.intercept = denied(/^http:\/\/cce\./);
      const { of } = await checks(scene);
      assert.match(of("nodes").at(-1)?.detail ?? "", /^bcc: CCE cannot be asked: /);
      assert.equal(of("endpoint").find(({ name }) => name.startsWith("cce"))?.result, "warning");
    }));

  it("measures the clock by the cloud's answers", () =>
    inScene(async (scene) => {
      await healthy(scene);
      const date = new Date(scene.clock.now() + 700_000).toUTCString();
      scene.intercept = ({ url }) =>
        /^http:\/\/(blb|eip|bcc|cce)\./.test(url) ? withDate(jsonResponse(500, {}), date) : undefined;
      const off = await checks(scene);
      assert.equal(off.of("clock")[0]?.result, "failed");
      assert.match(off.of("clock")[0]?.detail ?? "", /this machine is 70\d s behind/);
    }));

  it("asks as the CCM's service account what it may do, and names what is missing", () =>
    inScene(async (scene) => {
      await healthy(scene);
      const asked = new Set<string>();
      scene.intercept = (request) => {
        if (!request.url.endsWith("/selfsubjectaccessreviews")) return undefined;
        asked.add(request.headers["impersonate-user"] ?? "nobody");
        const { resourceAttributes } = (
          JSON.parse(String(request.body)) as { spec: { resourceAttributes: Record<string, string> } }
        ).spec;
        const { resource, verb, subresource = "" } = resourceAttributes;
        return jsonResponse(201, {
          status: { allowed: !(resource === "nodes" && verb === "delete" && subresource === "") },
        });
      };
      const { code, of } = await checks(scene, "doctor --service-account infra/ccm");
      assert.deepEqual([...asked], ["system:serviceaccount:infra:ccm"]);
      assert.equal(code, 3);
      const failed = of("access").filter(({ result }) => result === "failed");
      assert.deepEqual(
        failed.map(({ name }) => name),
        ["nodes"],
      );
      assert.match(failed[0]?.detail ?? "", /system:serviceaccount:infra:ccm may not delete/);
      assert.match(failed[0]?.todo ?? "", /apply deploy\/rbac\.yaml/);
      asked.clear();
      await checks(scene, "doctor --service-account self");
      assert.deepEqual([...asked], ["nobody"]);
    }));

  it("warns when nobody holds the lease, when a node is not this cloud's, and near a limit", () =>
    inScene(async (scene) => {
      await scene.addNode("stranger", { providerID: "aws:///i-1" });
      for (let i = 0; i < 48; i++) await scene.blb(`b${i}`, "x");
      const { code, of } = await checks(scene);
      assert.equal(code, 3);
      assert.match(of("cluster").at(-1)?.detail ?? "", /no CCM has run yet/);
      assert.match(of("nodes")[0]?.detail ?? "", /1 of 1 nodes have none of this cloud: stranger/);
      const blb = of("quota").find(({ name }) => name.startsWith("BLB load balancers"));
      assert.deepEqual([blb?.result, blb?.detail], ["warning", "48 of 60, the account's limit"]);
      assert.match(blb?.todo ?? "", /have the account's limit raised/);
      // Where the quota centre tells nothing, the documented limits have to do.
      scene.intercept = denied(/\/v1\/quota_center/);
      const [counted] = (await checks(scene)).of("quota");
      assert.equal(counted?.name, "load balancers");
      assert.match(counted?.detail ?? "", /^48 of 60, the documented limit/);
    }));

  it("takes a lease that was not renewed in time for nobody's", () =>
    inScene(async (scene) => {
      const renewTime = new Date(scene.clock.now() - 16_000).toISOString().replace("Z", "000Z");
      const spec = { holderIdentity: "crashed", leaseDurationSeconds: 15, renewTime };
      await scene.during(scene.kube.create(LEASES, { metadata: { ...LEASE }, spec }));
      const { of } = await checks(scene);
      assert.match(of("cluster").at(-1)?.detail ?? "", /held by nobody, renewed 16 s ago: no CCM is running/);
    }));

  it("goes on without a cloud config, and without an API server", () =>
    inScene(async (scene) => {
      const without = await checks(scene, "doctor --cloud-config-secret kube-system/nope");
      assert.equal(without.code, 3);
      assert.match(without.of("configuration")[0]?.detail ?? "", /there is no Secret kube-system\/nope/);
      assert.ok(without.of("access").length > 0);
      scene.intercept = ({ url }) =>
        url.startsWith("https://kubernetes") ? jsonResponse(503, { kind: "Status" }) : undefined;
      const files = { "/c": scene.configText };
      const alone = await checks(scene, "doctor --cloud-config /c", { files });
      assert.equal(alone.of("cluster")[0]?.result, "failed");
      assert.equal(alone.of("credentials")[0]?.result, "ok");
    }));
});

function denied(pattern: RegExp): (request: HttpRequest) => HttpResponse | undefined {
  const refusal = { code: "AccessDenied", message: "Access denied.", requestId: "req-1" };
  return ({ url }) => (pattern.test(url) ? jsonResponse(403, refusal) : undefined);
}

function withDate(response: HttpResponse, date: string): HttpResponse {
  return { ...response, headers: { ...response.headers, date } };
}
