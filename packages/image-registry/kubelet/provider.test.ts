import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inProcessTransport, jsonResponse, Secret, seededRandom, VirtualClock } from "@ccm/base";
import { createKubeClient, SECRETS, type Secret as SecretObject } from "@ccm/kube";
import { createKubeServer } from "@ccm/kube-server";
import { printDockerConfig } from "../docker-config.ts";
import type { LoginApi } from "../registries/login.ts";
import { parseNamedRegistry } from "../registries/place.ts";
import { createRegistryLab, until } from "../registries/testing/lab.ts";
import { formatAnswer, parseRequest } from "./protocol.ts";
import { createCredentialProvider, type ProviderOptions } from "./provider.ts";

const KIND = '{"kind":"CredentialProviderRequest","apiVersion":"credentialprovider.kubelet.k8s.io/v1"';
/** As a kubelet of Kubernetes 1.37 writes them. */
const requestFor = (image: string, more = "") => parseRequest(`${KIND},"image":"${image}"${more}}\n`);
const never = () => new AbortController().signal;

interface Response {
  readonly cacheKeyType: string;
  readonly cacheDuration: string;
  readonly auth?: Readonly<Record<string, { readonly username: string; readonly password: string }>>;
}

async function createScene(options: Partial<ProviderOptions> = {}) {
  const lab = await createRegistryLab();
  const provider = createCredentialProvider({ api: lab.api, clock: lab.clock, ...options });
  const ask = async (image: string, more = ""): Promise<Response> =>
    JSON.parse(formatAnswer(await lab.during(provider(requestFor(image, more), never()))));
  const credentialIn = ({ auth = {} }: Response, key = lab.host) => {
    const { username = "", password = "" } = auth[key] ?? {};
    return { username, password: new Secret(password) };
  };
  return { ...lab, ask, credentialIn };
}

describe("the kubelet's question for an image of CCR", () => {
  it("is answered with a login that can pull all of that registry, and is kept for half of the password's life", async () => {
    const { ask, host, pull, credentialIn } = await createScene();
    const answer = await ask(`${host}/app/web`);
    assert.deepEqual([answer.cacheKeyType, answer.cacheDuration], ["Registry", "12h0m0s"]);
    assert.deepEqual(Object.keys(answer.auth ?? {}), [host]);
    assert.equal(await pull(credentialIn(answer)), "pulled");
  });

  it("has a password that is good as long as the kubelet keeps it, and a long pull more, and then ends", async () => {
    const { ask, host, pull, credentialIn, clock } = await createScene({ passwordHours: 2 });
    const answer = await ask(`${host}/app/web:v1`);
    assert.equal(answer.cacheDuration, "1h0m0s");
    await clock.advance(5_400_000);
    assert.equal(await pull(credentialIn(answer)), "pulled");
    await clock.advance(1_800_000);
    assert.equal(await pull(credentialIn(answer)), "refused");
  });

  it("costs two calls", async () => {
    const { ask, host, calls, instanceId } = await createScene();
    await ask(`${host}/app/web`);
    assert.deepEqual(calls, ["GET /v1/users/profile 200", `POST /v1/instances/${instanceId}/credential 200`]);
  });

  it("is for the personal edition at its own hosts, with a password of an hour", async () => {
    const { ask, calls } = await createScene();
    for (const host of ["registry.baidubce.com", "hub.baidubce.com"]) {
      const { auth = {}, cacheDuration } = await ask(`${host}/mine/web@sha256:11`);
      assert.deepEqual([Object.keys(auth), cacheDuration], [[host], "30m0s"]);
    }
    assert.equal(calls.filter((call) => call === "POST /v1/ccr/token 200").length, 2);
  });

  it("may be about a domain of one's own, with its port", async () => {
    const { instanceId } = await createRegistryLab();
    const registries = [parseNamedRegistry(`images.example.com:5000=${instanceId}@bj`)];
    const { ask, pull, credentialIn } = await createScene({ registries });
    const host = "images.example.com:5000";
    assert.equal(await pull(credentialIn(await ask(`${host}/app/web:v1`), host)), "pulled");
    assert.equal((await ask("images.example.com/app/web")).auth, undefined);
  });

  it("is answered with nothing, and without a call, for images of others", async () => {
    const { ask, calls } = await createScene();
    for (const image of [
      "nginx",
      "library/nginx",
      "registry.k8s.io/pause:3.10",
      "ccr-1a2b3c4d-pub.cnc.bj.baidubce.com.evil.example/x",
    ]) {
      assert.deepEqual((await ask(image)).auth, undefined, image);
    }
    assert.deepEqual(calls, []);
  });

  it("ends in time when the cloud does not answer", async () => {
    const clock = new VirtualClock();
    const hang = () => new Promise<never>(() => {});
    const api = { loginName: hang, temporaryPassword: hang } as unknown as LoginApi;
    const provider = createCredentialProvider({ api: () => api, clock, timeoutMs: 45_000 });
    const asked = provider(requestFor("ccr-1a2b3c4d-pub.cnc.bj.baidubce.com/a/b"), never());
    await assert.rejects(
      until(clock, asked),
      /credentials for ccr-1a2b3c4d-pub\.cnc\.bj\.baidubce\.com: no answer within 45 s/,
    );
  });
});

/** A service account token, as far as anybody but the API server reads it. */
const tokenOf = (namespace: string) => {
  const claims = { aud: ["api"], "kubernetes.io": { namespace, serviceaccount: { name: "web" } } };
  return `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.c2ln`;
};
const asAccount = (reference: string, namespace = "shop") =>
  `,"serviceAccountToken":"${tokenOf(namespace)}","serviceAccountAnnotations":{"image-registry.ccm/login-secret":"${reference}"}`;

async function createAccountScene(secret: Pick<SecretObject, "type" | "data">) {
  const clock = new VirtualClock();
  const tokens = new Map([
    ["admin", { user: "admin", groups: ["system:masters"] }],
    [tokenOf("shop"), { user: "system:serviceaccount:shop:web", groups: ["system:masters"] }],
  ]);
  const server = createKubeServer({ clock, random: seededRandom("server"), tokens });
  const paths: string[] = [];
  const send = inProcessTransport(async (request) => {
    paths.push(request.target);
    if (request.target.includes("/others/")) {
      return jsonResponse(403, { kind: "Status", status: "Failure", reason: "Forbidden", code: 403, message: "no" });
    }
    return server.handler(request);
  });
  const connect = (token: Secret) =>
    createKubeClient({
      baseUrl: "https://kubernetes.test",
      send,
      clock,
      random: seededRandom("client"),
      authorize: async () => ({ authorization: `Bearer ${token.reveal()}` }),
    });
  const admin = connect(new Secret("admin"));
  await until(clock, admin.create(SECRETS, { metadata: { namespace: "default", name: "other" } }));
  const NAMESPACES = { group: "", version: "v1", plural: "namespaces", kind: "Namespace", namespaced: false };
  await until(clock, admin.create(NAMESPACES, { metadata: { name: "shop" } }));
  await until(clock, admin.create(SECRETS, { metadata: { namespace: "shop", name: "puller" }, ...secret }));
  paths.length = 0;
  const api = () => assert.fail("the node's own login must not be used");
  const provider = createCredentialProvider({ api, connect, clock });
  const ask = (more: string, image = `${HOST}/app/web`) => until(clock, provider(requestFor(image, more), never()));
  return { ask, paths };
}

const HOST = "ccr-1a2b3c4d-vpc.cnc.bj.baidubce.com";
const base64 = (text: string) => Buffer.from(text).toString("base64");
const ROBOT = { username: "ccr$puller", password: new Secret("s3cret-of-robot") };
const TEXTS = { type: "Opaque", data: { username: base64("ccr$puller\n"), password: base64("s3cret-of-robot\n") } };

describe("a service account with a login of its own (KEP-4412)", () => {
  const forms: readonly (readonly [string, Pick<SecretObject, "type" | "data">])[] = [
    ["username and password", TEXTS],
    [
      "a docker config",
      {
        type: "kubernetes.io/dockerconfigjson",
        data: { ".dockerconfigjson": base64(printDockerConfig({ [HOST]: ROBOT })) },
      },
    ],
  ];
  for (const [what, secret] of forms) {
    it(`has it from the Secret that its annotation names, read with the Pod's own token: ${what}`, async () => {
      const { ask, paths } = await createAccountScene(secret);
      const { auth, cacheKeyType, cacheSeconds } = await ask(asAccount("puller"));
      assert.deepEqual(paths, ["/api/v1/namespaces/shop/secrets/puller"]);
      assert.deepEqual([auth[HOST]?.username, auth[HOST]?.password.reveal()], ["ccr$puller", "s3cret-of-robot"]);
      assert.deepEqual([cacheKeyType, cacheSeconds], ["Registry", 300]);
    });
  }

  it("may name a Secret of another namespace, if it may read it", async () => {
    const { ask } = await createAccountScene(TEXTS);
    await assert.rejects(ask(asAccount("others/puller")), {
      message: "Secret others/puller: the Pod's service account may not read it: expected a Role with verb get",
    });
  });

  for (const [what, reference, words] of [
    ["a name that is none", "../x", /^image-registry\.ccm\/login-secret: expected the name of a Secret/],
    ["a Secret that is not there", "missing", /secrets "missing" not found/],
    ["a Secret without a login", "default/other", /^Secret default\/other: expected username and password/],
  ] as const) {
    it(`is never given the node's login in its place: ${what}`, async () => {
      const { ask } = await createAccountScene(TEXTS);
      await assert.rejects(ask(asAccount(reference)), { message: words });
    });
  }

  it("is not asked for where the image is of somebody else: its login goes to no other host", async () => {
    const { ask, paths } = await createAccountScene(TEXTS);
    assert.deepEqual((await ask(asAccount("puller"), "evil.example/x")).auth, {});
    assert.deepEqual(paths, []);
  });

  it("fails in one line where the kubelet hands over no token", async () => {
    const { ask } = await createAccountScene(TEXTS);
    const only = ',"serviceAccountAnnotations":{"image-registry.ccm/login-secret":"puller"}';
    await assert.rejects(ask(only), /expected a serviceAccountToken: set tokenAttributes$/);
  });
});
