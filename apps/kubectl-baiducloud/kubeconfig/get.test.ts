import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { loadKubeConfig } from "@ccm/kube";
import { parse } from "yaml";
import { inScene, type Scene } from "../testing/scene.ts";
import { type CceScene, cceOf } from "./testing/cce.ts";

const inCce = (test: (scene: Scene, cce: CceScene) => Promise<void>) => inScene((scene) => test(scene, cceOf(scene)));

interface Kubeconfig {
  readonly "current-context": string;
  readonly clusters: readonly { readonly name: string; readonly cluster: Readonly<Record<string, string>> }[];
  readonly contexts: readonly { readonly name: string; readonly context: Readonly<Record<string, string>> }[];
  readonly users: readonly {
    readonly name: string;
    readonly user: Readonly<Record<string, string>> & {
      readonly exec?: { readonly command: string; readonly args: readonly string[]; readonly interactiveMode: string };
    };
  }[];
}

const CONFIG = "/home/me/.kube/config";
const BACKUP = `${CONFIG}.before-kubectl-baiducloud`;
const OLD = `# mine
apiVersion: v1
kind: Config
clusters: [{name: home, cluster: {server: "https://home:6443"}}]
contexts: [{name: home, context: {cluster: home, user: me}}]
users: [{name: me, user: {token: hush}}]
current-context: home
`;

describe("kubeconfig get", () => {
  it("prints a kubeconfig that any client reads, from nothing but the account's keys", () =>
    inCce(async (scene, { cluster, env }) => {
      const id = await cluster();
      const { code, out, err } = await scene.kubectl(`kubeconfig get ${id}`, { env });
      assert.deepEqual([code, err], [0, ""]);
      const none = () => assert.fail("nothing outside of it is needed");
      const machine = { env: {}, now: () => scene.clock.now(), readFile: none, run: none };
      const { server, tls } = await loadKubeConfig({ ...machine, text: out, source: "kubeconfig" });
      assert.match(server, /^https:\/\/127\.100\.\d+\.\d+:6443$/, "the public endpoint, since there is one");
      assert.ok(tls.ca && tls.cert && tls.key);
      assert.equal((parse(out) as Kubeconfig)["current-context"], id);
      const inside = await scene.kubectl(`kubeconfig get ${id} --type vpc`, { env });
      assert.match(inside.out, /server: https:\/\/10\.|server: https:\/\/192\.168\./);
      assert.deepEqual(scene.writes, [], "nothing in the cloud was changed");
    }));

  it("merges into the usual file, keeps what is there, and backs it up once", () =>
    inCce(async (scene, { cluster, env }) => {
      const id = await cluster();
      scene.privateFiles.set(CONFIG, OLD);
      const first = await scene.kubectl(`kubeconfig get ${id} --merge`, { env: { ...env, KUBECONFIG: "" } });
      assert.match(
        first.err,
        new RegExp(
          `^Context ${id} was added in ${CONFIG}; what was there before is in ${BACKUP}; it is the current context now, before it was home\\.\n`,
        ),
      );
      assert.match(first.err, /user lab, until 2027-01-02T0/);
      assert.equal(first.out, "", "the key is in the file alone");
      const merged = scene.privateFiles.get(CONFIG) ?? "";
      assert.match(merged, /^# mine\n/);
      const { contexts, users } = parse(merged) as Kubeconfig;
      assert.deepEqual(
        contexts.map(({ name }) => name),
        ["home", id],
      );
      assert.deepEqual(users[0], { name: "me", user: { token: "hush" } });
      const again = await scene.kubectl(`kubeconfig get ${id} --merge`, { env: { ...env, KUBECONFIG: "" } });
      assert.match(again.err, new RegExp(`^Context ${id} was renewed in ${CONFIG}\\.\n`));
      assert.equal(scene.privateFiles.get(CONFIG), merged);
      assert.equal(scene.privateFiles.get(BACKUP), OLD);
      const named = await scene.kubectl(`kubeconfig get ${id} --context work --keep-current --merge /k`, { env });
      assert.equal(named.code, 0);
      assert.equal((parse(scene.privateFiles.get("/k") ?? "") as Kubeconfig)["current-context"], "work");
    }));

  it("writes a file of its own, but not over contexts of others", () =>
    inCce(async (scene, { cluster, env }) => {
      const id = await cluster();
      assert.equal((await scene.kubectl(`kubeconfig get ${id} -o /mine`, { env })).code, 0);
      assert.equal((await scene.kubectl(`kubeconfig get ${id} -o /mine`, { env })).code, 0, "its own, it may renew");
      scene.privateFiles.set("/other", OLD);
      const { code, err } = await scene.kubectl(`kubeconfig get ${id} -o /other`, { env });
      assert.deepEqual(
        [code, err],
        [1, "kubectl-baiducloud: -o /other: has other contexts (home), which --merge /other would keep\n"],
      );
      assert.equal(scene.privateFiles.get("/other"), OLD);
    }));

  it("writes a credential plugin instead of a key, whose first credential is there already", () =>
    inCce(async (scene, { cluster, env, call }) => {
      const id = await cluster();
      const { code, err } = await scene.kubectl(`kubeconfig get ${id} --exec -o /k --profile work`, {
        env,
        files: { "/home/me/.bce/credentials": `[work]\nak=${env.BCE_ACCESS_KEY_ID}\nsk=${env.BCE_SECRET_ACCESS_KEY}` },
      });
      assert.equal(code, 0, err);
      const text = scene.privateFiles.get("/k") ?? "";
      const [user] = (parse(text) as Kubeconfig).users;
      assert.ok(!text.includes("client-key-data") && !text.includes(env.BCE_SECRET_ACCESS_KEY ?? ""));
      const { command, args, interactiveMode } = user?.user.exec ?? assert.fail();
      assert.deepEqual([command, interactiveMode], ["kubectl-baiducloud", "Never"]);
      const told = "credential --cluster ID --region bj --type public --profile work";
      assert.equal(args.join(" ").replace(id, "ID"), told);
      await call("DELETE /v2/cluster/ID?deleteResource=false".replace("ID", id));
      const files = {
        "/home/me/.bce/credentials": `[work]\nak=${env.BCE_ACCESS_KEY_ID}\nsk=${env.BCE_SECRET_ACCESS_KEY}`,
      };
      const answer = await scene.kubectl(args.join(" "), { env, files });
      assert.equal(JSON.parse(answer.out).status.expirationTimestamp.slice(0, 10), "2027-01-02");
    }));

  it("gets a kubeconfig that ends by itself, for somebody with a role", () =>
    inCce(async (scene, { cluster, env, user }) => {
      const id = await cluster();
      const { id: userId } = await user("ann");
      const argv = `kubeconfig get ${id} --role readonly --hours 2 -n shop --user ann -o /k`;
      const { code, err } = await scene.kubectl(argv, { env });
      assert.equal(code, 0, err);
      assert.match(err, new RegExp(`user ${userId}-temp-1, until 2026-01-02T05:05`));
      const { contexts } = parse(scene.privateFiles.get("/k") ?? "") as Kubeconfig;
      assert.equal(contexts[0]?.context.namespace, "shop");
      for (const [wrong, why] of [
        ["--hours 2", "--hours: expected together with --role"],
        ["--role readonly --hours 0", "--hours: expected a whole number from 1 to 720"],
        ["--merge /a -o /b", "--merge and -o: expected only one of them"],
        [
          "--exec --credentials-secret a/b",
          "--exec and --credentials-secret: to read the Secret, kubectl would run the plugin again",
        ],
      ]) {
        const refused = await scene.kubectl(`kubeconfig get ${id} ${wrong}`, { env });
        assert.deepEqual([refused.code, refused.err], [2, `kubectl-baiducloud: ${why}\n`]);
      }
    }));

  it("finds the cluster's region by itself, and names it when another one was asked for", () =>
    inCce(async (scene, { cluster, env }) => {
      const id = await cluster({ region: "gz" });
      const found = await scene.kubectl(`kubeconfig get ${id} -o /k`, { env });
      assert.match(found.err, new RegExp(`Cluster ${id} in gz, `));
      const wrong = await scene.kubectl(`kubeconfig get ${id} --region bj,su`, { env });
      assert.equal(wrong.err, `kubectl-baiducloud: cluster ${id} is in gz, not in bj, su: use --region gz\n`);
      const none = await scene.kubectl("kubeconfig get cce-00000000 --region bj", { env });
      assert.match(
        none.err,
        /there is no cluster cce-00000000 of this account in bj, bd, .*: is the ID right, and the account \(environment\)\?\n$/,
      );
      const bad = await scene.kubectl("kubeconfig get ../user", { env });
      assert.match(bad.err, /CLUSTER: expected the ID of a cluster, such as cce-1a2b3c4d/);
    }));

  it("has the keys from the CCM's cloud config when that is named", () =>
    inCce(async (scene, { cluster }) => {
      const id = await cluster();
      const files = { "/c": scene.configText };
      const { code, err } = await scene.kubectl(`kubeconfig get ${id} --cloud-config /c -o /k`, { files });
      assert.equal(code, 0, err);
      const secret = await scene.kubectl(`kubeconfig get ${id} --credentials-secret kube-system/nope`);
      assert.match(secret.err, /kube-system\/nope|not found/);
    }));
});

describe("what goes wrong with kubeconfig get", () => {
  it("is told by its cause, with what to do", () =>
    inCce(async (scene, { cluster, env, user, attach }) => {
      const id = await cluster({ public: false });
      const failure = async (argv: string, more: Readonly<Record<string, string>> = {}) => {
        const { code, out, err } = await scene.kubectl(argv, { env: { ...env, ...more } });
        assert.deepEqual([code, out], [1, ""]);
        assert.match(err, /^kubectl-baiducloud: [^\n]+\n$/);
        assert.ok(!err.includes(env.BCE_SECRET_ACCESS_KEY ?? "-"));
        return err;
      };
      const get = `kubeconfig get ${id} --region bj`;
      assert.match(
        await failure(get, { BCE_ACCESS_KEY_ID: "unknown-key" }),
        /the cloud does not know the access key \(environment\): was it deleted.*request id/,
      );
      assert.match(
        await failure(get, { BCE_SECRET_ACCESS_KEY: "wrong-secret-key" }),
        /the secret access key does not belong to the access key ID \(environment\): copy both anew/,
      );
      assert.match(
        await failure(`${get} --type public`),
        /has no public endpoint: bind an EIP to its load balancer lb-\w+, or take --type vpc/,
      );
      const ann = await user("ann");
      assert.match(
        await failure(get, ann.env),
        /cluster cce-\w+: no permission \(environment\): in IAM it needs to read CCE \(CCEReadAccessPolicy\)/,
      );
      await attach("ann", "CCEReadAccessPolicy");
      assert.match(
        await failure(get, ann.env),
        /no permission .*must let you in: kubectl baiducloud kubeconfig grant cce-\w+ USER --role readonly/,
      );
      const noKeys = await scene.kubectl(get);
      assert.deepEqual([noKeys.code, /no credentials: set BCE_ACCESS_KEY_ID and/.test(noKeys.err)], [2, true]);
    }));

  it("is a clock that the cloud does not accept, or a cloud whose certificate nobody here trusts", () =>
    inCce(async (scene, { cluster, env }) => {
      const id = await cluster();
      const { TransportError, jsonResponse } = await import("@ccm/base");
      scene.intercept = () => ({
        ...jsonResponse(403, { code: "RequestTimeTooSkewed", message: "too far", requestId: "r-1" }),
        headers: { date: new Date(scene.clock.now() + 3_600_000).toUTCString() },
      });
      const skewed = await scene.kubectl(`kubeconfig get ${id}`, { env });
      assert.match(
        skewed.err,
        /this machine's clock is 60 min behind the cloud's: set it, for example with: timedatectl set-ntp true/,
      );
      scene.intercept = ({ url }) => {
        throw new TransportError("tls", `${new URL(url).host}: self-signed certificate in certificate chain`);
      };
      const untrusted = await scene.kubectl(`kubeconfig get ${id} --endpoint https://cloud.private`, { env });
      assert.match(untrusted.err, /is not trusted here: for a private cloud, name its authority with --cloud-ca FILE/);
      scene.intercept = ({ url }) => {
        throw new TransportError("unresolved", `${new URL(url).host}: no such host`);
      };
      const lost = await scene.kubectl(
        `kubeconfig get ${id} --region zz --endpoint https://{service}.{region}.nowhere`,
        { env },
      );
      assert.match(lost.err, /has no address in DNS: is zz the right region/);
    }));
});

describe("kubeconfig list", () => {
  it("shows the clusters of all regions, and those regions that could not be read", () =>
    inCce(async (scene, { cluster, env }) => {
      for (let count = 0; count < 3; count++) await cluster({ name: `shop-${count}` });
      await cluster({ region: "gz", name: "far", public: false });
      const { code, out } = await scene.kubectl("kubeconfig list", { env });
      assert.equal(code, 0);
      assert.match(out, /^REGION +CLUSTER +NAME +VERSION +PHASE +NODES +VPC +PUBLIC\n/);
      assert.match(out, /\ngz +cce-\w{8} +far +[\d.]+ +running +0 +[\d.]+ +-\n/);
      assert.match(out, /\n4 clusters in 9 regions \(environment\)\.\n$/);
      scene.intercept = ({ url }) => {
        if (url.includes("cce.su.")) throw Object.assign(new Error("broken"), { name: "Error" });
        return undefined;
      };
      const { code: partly, data } = await scene.json<{ clusters: object[]; unread: { region: string }[] }>(
        "kubeconfig list",
        { env },
      );
      assert.deepEqual([partly, data.clusters.length, data.unread.map(({ region }) => region)], [1, 4, ["su"]]);
    }));

  it("follows the pages to their end", () =>
    inCce(async (scene, { cluster, env }) => {
      const id = await cluster();
      const page = (pageNo: number) => ({
        clusterPage: {
          totalCount: 250,
          clusterList: Array.from({ length: pageNo === 3 ? 50 : 100 }, (_, index) => ({
            spec: { clusterID: `${id}${pageNo}${index}`, clusterName: "many" },
            status: { clusterPhase: "running" },
          })),
        },
      });
      const { jsonResponse } = await import("@ccm/base");
      scene.intercept = ({ url }) => {
        const pageNo = Number(new URL(url).searchParams.get("pageNo"));
        return jsonResponse(200, page(pageNo));
      };
      const { out } = await scene.kubectl("kubeconfig list --region bj", { env });
      assert.match(out, /\n250 clusters in 1 region \(environment\)\.\n$/);
    }));
});
