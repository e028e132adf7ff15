import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { jsonResponse } from "@ccm/base";
import { NAMESPACES, SERVICES } from "@ccm/kube";
import { TENANT_LABEL, TENANTS } from "@ccm/tenancy";
import { cceOf } from "../kubeconfig/testing/cce.ts";
import { inScene, refuseConnections, type Scene } from "../testing/scene.ts";

const namespace = (scene: Scene, name: string, tenant?: string) =>
  scene.during(
    scene.kube.create(NAMESPACES, {
      metadata: { name, labels: tenant === undefined ? {} : { [TENANT_LABEL]: tenant } },
    }),
  );
const tenant = (scene: Scene, name: string) => scene.during(scene.kube.get(TENANTS, { name }));

describe("kubectl baiducloud tenant", () => {
  it("create: makes a Tenant of flags, prints one with --dry-run, and refuses what cannot be meant", () =>
    inScene(async (scene) => {
      const flags =
        "--owner User/ann --owner ServiceAccount/ci/deployer=devops --max-namespaces 5 --prefix team-a- --quota pods=50 " +
        "--max-load-balancers 2 --max-public-ips 1 --max-bandwidth 100 --subnet sbn-1 --tag cost=blue --isolation tenant";
      const made = await scene.kubectl(`tenant create team-a ${flags}`);
      assert.deepEqual(made, { code: 0, out: "Tenant team-a created.\n", err: "" });
      const { spec } = await tenant(scene, "team-a");
      assert.deepEqual(spec, {
        owners: [
          { kind: "User", name: "ann", role: "admin" },
          { kind: "ServiceAccount", namespace: "ci", name: "deployer", role: "devops" },
        ],
        namespaces: { max: 5, prefix: "team-a-" },
        quota: { hard: { pods: "50" } },
        network: { isolation: "tenant" },
        cloud: {
          maxLoadBalancers: 2,
          maxPublicIPs: 1,
          maxBandwidthMbps: 100,
          allowedSubnets: ["sbn-1"],
          tags: { cost: "blue" },
        },
      });
      assert.match((await scene.kubectl("tenant create team-a")).err, /Tenant team-a exists already: change it with/);
      const printed = await scene.kubectl("tenant create team-b --max-public-ips 0 --dry-run");
      assert.match(printed.out, /^apiVersion: tenancy.baidubce.com\/v1alpha1\nkind: Tenant\n[\s\S]*maxPublicIPs: 0\n$/);
      await assert.rejects(tenant(scene, "team-b"), { code: "not_found" });
      for (const [bad, words] of [
        ["--owner ann", /--owner ann: expected User\/NAME/],
        ["--owner User/ann=root", /expected one of the roles admin, devops, readonly/],
        ["--max-load-balancers -1", /--max-load-balancers -1: expected a whole number/],
        ["--tag blue", /--tag blue: expected KEY=VALUE/],
      ] as const) {
        const { code, err } = await scene.kubectl(`tenant create x ${bad}`);
        assert.deepEqual([code, words.test(err), err.trim().split("\n").length], [2, true, 1], err);
      }
    }));

  it("list, describe and report: show what is used of what is limited, with the CCM's figures", () =>
    inScene(async (scene) => {
      await scene.addNode("node-1");
      await scene.kubectl(
        "tenant create team-a --owner User/ann --max-load-balancers 1 --max-namespaces 3 --quota pods=50",
      );
      await scene.kubectl("tenant create team-b");
      await namespace(scene, "a-web", "team-a");
      await namespace(scene, "b", "team-b");
      scene.startCcm();
      await scene.clock.advance(5000);
      for (const name of ["one", "two"]) await scene.service(name, { namespace: "a-web" });
      await scene.clock.advance(120_000);
      const listed = await scene.kubectl("tenant list");
      assert.equal(
        listed.out,
        "NAME     PHASE    OWNERS     NAMESPACES   LOAD BALANCERS   PUBLIC ADDRESSES   MBPS\n" +
          "team-a   Active   User/ann   1 of 3       1 of 1           1                  200\n" +
          "team-b   Active   -          1            0                0                  0\n\n" +
          "2 tenants.\n",
      );
      const { out } = await scene.kubectl("tenant describe team-a");
      assert.match(out, /^Tenant team-a: Active\n {2}owners: {10}User\/ann\n {2}namespaces: {6}a-web\n/);
      assert.match(out, /\n {2}load balancers +1 +1\n/);
      assert.match(out, /\n {2}a-web\/one +127\.100\.\d+\.\d+ +ready\n/);
      assert.match(out, /\n {2}a-web\/two +- +TenantQuotaExceeded: .*held by a-web\/one/);
      const csv = (await scene.kubectl("tenant report")).out.trim().split("\n");
      assert.equal(
        csv[0],
        "time,tenant,phase,namespaces,namespaces limit,load balancers,load balancers limit,public addresses,public addresses limit," +
          "bandwidth (Mbps),bandwidth (Mbps) limit,pods,pods limit",
      );
      assert.match(csv[1] ?? "", /^2026-01-02T03:\d\d:\d\d\.\d{3}Z,team-a,Active,1,3,1,1,1,,200,,0,50$/);
      assert.match(csv[2] ?? "", /,team-b,Active,1,,0,,0,,0,,,$/);
      const { data } = await scene.json<{ tenants: { usage: Record<string, unknown> }[] }>("tenant report");
      assert.deepEqual(data.tenants[0]?.usage["load balancers"], { used: "1", limit: "1" });
    }));

  it("suspend and resume: say what becomes of it, and when it is so already", () =>
    inScene(async (scene) => {
      await scene.kubectl("tenant create team-a");
      assert.match(
        (await scene.kubectl("tenant suspend team-a")).out,
        /^Tenant team-a is suspended: what runs goes on/,
      );
      assert.equal((await tenant(scene, "team-a")).spec.suspended, true);
      assert.match((await scene.kubectl("tenant list")).out, /team-a +Suspended/);
      assert.equal((await scene.kubectl("tenant suspend team-a")).out, "Tenant team-a is suspended already.\n");
      await scene.kubectl("tenant resume team-a");
      assert.equal((await tenant(scene, "team-a")).spec.suspended, undefined);
      const gone = await scene.kubectl("tenant resume team-x");
      assert.deepEqual(gone, { code: 1, out: "", err: "kubectl-baiducloud: there is no Tenant team-x\n" });
    }));

  it("kubeconfig: asks for a token that ends, for a ServiceAccount; nothing else of the cloud", () =>
    inScene(async (scene) => {
      await scene.kubectl("tenant create team-a --owner User/ann --owner ServiceAccount/ci/deployer");
      await namespace(scene, "a-web", "team-a");
      let asked: unknown;
      scene.intercept = (request) => {
        if (!request.url.endsWith("/api/v1/namespaces/ci/serviceaccounts/deployer/token"))
          return refuseConnections(request);
        asked = JSON.parse(String(request.body));
        return jsonResponse(201, { status: { token: "token-of-deployer" } });
      };
      const { code, out, err } = await scene.kubectl("tenant kubeconfig team-a --expire 2d");
      assert.deepEqual([code, err], [0, ""]);
      assert.deepEqual(asked, {
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenRequest",
        spec: { expirationSeconds: 172_800 },
      });
      assert.match(out, /token: token-of-deployer/);
      assert.match(out, /current-context: tenant-team-a/);
      assert.match(out, /namespace: a-web/);
      assert.match(out, /server: https:\/\/kubernetes.scene/);
      const written = await scene.kubectl("tenant kubeconfig team-a -o /home/me/a.yaml");
      assert.equal(written.out, "");
      assert.match(scene.privateFiles.get("/home/me/a.yaml") ?? "", /token-of-deployer/);
      for (const [bad, words] of [
        ["--expire soon", /--expire soon: expected hours or days/],
        ["--owner User/ann", /--owner User\/ann: expected one of ServiceAccount\/ci\/deployer/],
        ["-n kube-system", /-n kube-system: expected a namespace of tenant team-a: a-web/],
      ] as const) {
        assert.match((await scene.kubectl(`tenant kubeconfig team-a ${bad}`)).err, words);
      }
      await scene.kubectl("tenant create none --owner User/bob");
      assert.match((await scene.kubectl("tenant kubeconfig none")).err, /no owner that a kubeconfig can be made for/);
      assert.match((await scene.kubectl("tenant kubeconfig none")).err, /^[^\n]*\n$/);
    }));

  it("kubeconfig: has the cloud sign for an IAM user, for one namespace and some hours", () =>
    inScene(async (scene) => {
      const { cluster, user, env } = cceOf(scene);
      const [id, ann] = [await cluster(), await user("ann")];
      await scene.kubectl(`tenant create team-a --owner IAMUser/${ann.id}=readonly`);
      const asked = `tenant kubeconfig team-a --cluster ${id} --expire 2h`;
      assert.match((await scene.kubectl(asked, { env })).err, /tenant team-a has no namespace yet/);
      for (const name of ["a-api", "a-web"]) await namespace(scene, name, "team-a");
      assert.match((await scene.kubectl(asked, { env })).err, /expected -n with one of a-api, a-web/);
      const { code, out, err } = await scene.kubectl(`${asked} -n a-web`, { env });
      assert.deepEqual([code, err], [0, ""]);
      assert.match(out, /client-certificate-data: .+\n/);
      assert.match(out, /namespace: a-web/);
      assert.match(
        (await scene.kubectl("tenant kubeconfig team-a -n a-web", { env })).err,
        /expected --cluster with the ID of the cluster/,
      );
    }));

  it("kubeconfig: has it sign for a role of IAM by the role's ID, too", () =>
    inScene(async (scene) => {
      const { call, cluster, env } = cceOf(scene);
      const id = await cluster();
      const iam = { host: "iam.bj.baidubce.com" };
      const { roles } = await call<{ roles: readonly { id: string }[] }>("GET /v1/role", undefined, iam);
      await scene.kubectl(`tenant create team-a --owner IAMRole/${roles[0]?.id}=devops`);
      await namespace(scene, "a-web", "team-a");
      const { code, out, err } = await scene.kubectl(`tenant kubeconfig team-a --cluster ${id}`, { env });
      assert.deepEqual([code, err], [0, ""]);
      assert.match(out, /client-certificate-data: .+\n/);
    }));

  it("says what is missing where the cluster has no Tenants", () =>
    inScene(async (scene) => {
      scene.intercept = ({ url }) =>
        url.includes("tenancy.baidubce.com")
          ? jsonResponse(404, { kind: "Status", status: "Failure", reason: "NotFound", code: 404 })
          : undefined;
      for (const command of ["list", "describe x", "suspend x", "report", "create x"]) {
        const { code, err } = await scene.kubectl(`tenant ${command}`);
        assert.deepEqual(
          [code, /the cluster has no Tenants: apply deploy\/crds\/tenants.yaml/.test(err)],
          [1, true],
          command,
        );
      }
    }));
});

describe("plan and explain, where a tenant is at its limit", () => {
  it("show the limit, the usage and who holds it, and of several Services no more than fit", () =>
    inScene(async (scene) => {
      await scene.kubectl("tenant create team-a --max-load-balancers 1");
      await scene.addNode("node-1");
      await namespace(scene, "a-web", "team-a");
      for (const name of ["one", "two"]) {
        await scene.service(name, { namespace: "a-web" });
        await scene.clock.advance(2000);
      }
      const { data } = await scene.json<{
        services: { problems?: { reason: string; message: string }[]; changes?: { action: string }[] }[];
      }>("plan");
      const problems = data.services.flatMap((one) => one.problems ?? []);
      assert.deepEqual(
        problems.map(({ reason }) => reason),
        ["TenantQuotaExceeded"],
      );
      assert.match(
        JSON.stringify(data),
        /may have 1 load balancer \(spec.cloud.maxLoadBalancers\) and has 1, held by a-web\/one/,
      );
      const stop = scene.startCcm();
      await scene.clock.advance(120_000);
      const explained = await scene.kubectl("explain service/two -n a-web");
      await stop.stop();
      assert.match(explained.out, /TenantQuotaExceeded.* tenant team-a may have 1 load balancer .* held by a-web\/one/);
      assert.match(explained.out, /next retry: +as soon as its tenant has room, or after an edit/);
      assert.equal((await scene.during(scene.kube.list(SERVICES))).items.length, 3);
    }));
});
