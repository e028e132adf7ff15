import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inProcessTransport, Secret } from "@ccm/base";
import { createRegistryLab } from "@ccm/image-registry/testing";
import { parse } from "yaml";
import type { Io } from "./io.ts";
import { run } from "./program.ts";

const V1 = "credentialprovider.kubelet.k8s.io/v1";
const requestFor = (image: string) => JSON.stringify({ kind: "CredentialProviderRequest", apiVersion: V1, image });

async function createScene() {
  const lab = await createRegistryLab();
  const { accessKeyId, secretAccessKey } = lab.simulator.credentials;
  const keys = { BCE_ACCESS_KEY_ID: accessKeyId, BCE_SECRET_ACCESS_KEY: secretAccessKey };
  let closed = 0;
  const start = async (argv: readonly string[], input?: string, more: Partial<Io> = {}) => {
    let [out, err] = ["", ""];
    const code = run(argv, {
      env: keys,
      clock: lab.clock,
      random: { next: () => 0.5, uuid: () => "u", bytes: () => new Uint8Array(8) } as never,
      openTransport: () => ({ send: inProcessTransport(lab.simulator.handler), close: async () => void closed++ }),
      readFile: async () => Promise.reject(Object.assign(new Error("no"), { code: "ENOENT" })),
      readInput: async () => input,
      out: (text) => {
        out += text;
      },
      err: (text) => {
        err += text;
      },
      signal: new AbortController().signal,
      ...more,
    });
    // The controller's modules and files come from the machine, on which the lab's time has no hold.
    return { code: await (argv[0] === "pull-secrets" ? code : lab.during(code)), out, err };
  };
  return { ...lab, start, keys, closed: () => closed };
}

describe("credential-provider", () => {
  it("answers the request on stdin with a login that pulls, and nothing else on stdout", async () => {
    const { start, host, pull, closed } = await createScene();
    const { code, out, err } = await start([], requestFor(`${host}/app/web`));
    assert.deepEqual([code, err, closed()], [0, "", 1]);
    const { kind, auth } = JSON.parse(out);
    assert.equal(kind, "CredentialProviderResponse");
    const { username, password } = auth[host];
    assert.equal(await pull({ username, password: new Secret(password) }), "pulled");
  });

  it("takes keys from a profile of a file, and needs none for images of others", async () => {
    const { start, host, keys } = await createScene();
    const ini = `[default]\nbce_access_key_id = ${keys.BCE_ACCESS_KEY_ID}\nbce_secret_access_key = ${keys.BCE_SECRET_ACCESS_KEY}\n`;
    const readFile = async (path: string) =>
      path === "/etc/k/bce" ? ini : Promise.reject(Object.assign(new Error(), { code: "ENOENT" }));
    const file = await start(["--credentials-file=/etc/k/bce"], requestFor(`${host}/app/web`), { env: {}, readFile });
    assert.deepEqual([file.code, file.err], [0, ""]);
    const other = await start([], requestFor("nginx"), { env: {} });
    assert.deepEqual([other.code, JSON.parse(other.out).auth], [0, undefined]);
  });

  const wrong: readonly (readonly [string, readonly string[], string | undefined, Partial<Io>, RegExp])[] = [
    [
      "no credentials",
      [],
      requestFor("registry.baidubce.com/a/b"),
      { env: {} },
      /^credential-provider: no credentials: set BCE_ACCESS_KEY_ID and [^\n]+\n$/,
    ],
    [
      "no request",
      [],
      "hello",
      {},
      /^credential-provider: stdin: expected a CredentialProviderRequest in JSON[^\n]+\n$/,
    ],
    ["a terminal", [], undefined, {}, /^credential-provider: expected a CredentialProviderRequest on stdin[^\n]+\n$/],
    [
      "a registry that is none",
      ["--registry=x"],
      requestFor("a/b"),
      {},
      /^credential-provider: --registry x: expected host=[^\n]+\n$/,
    ],
    [
      "hours that are none",
      ["--password-hours=25"],
      requestFor("a/b"),
      {},
      /--password-hours: expected a whole number from 1 to 24\n$/,
    ],
    [
      "an unknown flag",
      ["--secret-key=abc"],
      requestFor("a/b"),
      {},
      /^credential-provider: unknown option '--secret-key=abc'[^\n]*\n$/,
    ],
    [
      "an address without TLS",
      ["--api-server=http://10.0.0.1"],
      requestFor("a/b"),
      {},
      /--api-server: expected a URL such as https:[^\n]+\n$/,
    ],
  ];
  for (const [what, argv, input, more, words] of wrong) {
    it(`ends with code 1 and one line: ${what}`, async () => {
      const { start } = await createScene();
      const { code, out, err } = await start(argv, input, more);
      assert.match(err, words);
      assert.deepEqual([code, out], [1, ""]);
    });
  }

  it("tells what the cloud refuses, without the key", async () => {
    const { start, host, keys } = await createScene();
    const env = { ...keys, BCE_SECRET_ACCESS_KEY: "wrongSecretOfSomebody" };
    const { code, out, err } = await start([], requestFor(`${host}/app/web`), { env });
    assert.deepEqual([code, out], [1, ""]);
    assert.match(err, /^credential-provider: ccr\.getLoginName: [^\n]+\n$/);
    assert.ok(!err.includes("wrongSecret") && !err.includes(keys.BCE_ACCESS_KEY_ID), err);
  });
});

describe("credential-provider config", () => {
  it("prints what the kubelet needs, with the same flags for this program", async () => {
    const { start } = await createScene();
    const flags = [
      "--registry=images.example.com=ccr-1a2b3c4d@bj",
      "--credentials-file=/etc/k/bce",
      "--password-hours=12",
    ];
    const { code, out } = await start(["config", ...flags]);
    assert.equal(code, 0);
    assert.deepEqual(parse(out), {
      apiVersion: "kubelet.config.k8s.io/v1",
      kind: "CredentialProviderConfig",
      providers: [
        {
          name: "credential-provider",
          apiVersion: V1,
          matchImages: ["*.cnc.*.baidubce.com", "registry.baidubce.com", "hub.baidubce.com", "images.example.com"],
          defaultCacheDuration: "10m0s",
          args: [
            "--credentials-file=/etc/k/bce",
            "--registry=images.example.com=ccr-1a2b3c4d@bj",
            "--password-hours=12",
          ],
        },
      ],
    });
  });

  it("has the tokens of service accounts handed over when asked for, for those alone or for all", async () => {
    const { start } = await createScene();
    const flags = ["config", "--audience=https://kubernetes.default.svc", "--api-server=https://10.0.0.1:6443"];
    const attributes = async (...more: string[]) =>
      parse((await start([...flags, ...more])).out).providers[0].tokenAttributes;
    const common = { serviceAccountTokenAudience: "https://kubernetes.default.svc", cacheType: "ServiceAccount" };
    const keys = ["image-registry.ccm/login-secret"];
    assert.deepEqual(await attributes(), {
      ...common,
      requireServiceAccount: false,
      optionalServiceAccountAnnotationKeys: keys,
    });
    assert.deepEqual(await attributes("--only-service-accounts"), {
      ...common,
      requireServiceAccount: true,
      requiredServiceAccountAnnotationKeys: keys,
    });
  });

  for (const argv of [["--audience=a"], ["--api-server=https://a"], ["--only-service-accounts"], ["--name=a/b"]]) {
    it(`refuses ${argv.join(" ")} in one line`, async () => {
      const { start } = await createScene();
      const { code, out, err } = await start(["config", ...argv]);
      assert.deepEqual([code, out], [1, ""]);
      assert.match(err, /^credential-provider: --[^\n]+expected[^\n]+\n$/);
    });
  }
});

describe("credential-provider pull-secrets", () => {
  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [["--port=x"], /^credential-provider: --port: expected a whole number from 0 to 65535\n$/],
    [["--log-format=xml"], /^credential-provider: --log-format: expected text or json\n$/],
    [["--kubeconfig=/no/such"], /^credential-provider: --kubeconfig \/no\/such: no such file\n$/],
    [["--registry=a=personal"], /^credential-provider: unknown option '--registry=a=personal'[^\n]*\n$/],
  ];
  for (const [argv, words] of wrong) {
    it(`refuses ${argv.join(" ")} in one line`, async () => {
      const { start } = await createScene();
      const { code, err } = await start(["pull-secrets", ...argv]);
      assert.match(err, words);
      assert.equal(code, 1);
    });
  }

  for (const command of [[], ["config"], ["pull-secrets"]]) {
    it(`has examples in its help: ${command.join(" ") || "the kubelet's way"}`, async () => {
      const { start } = await createScene();
      const { code, out } = await start([...command, "--help"]);
      assert.equal(code, 0);
      assert.match(out, new RegExp(`\\nExamples:\\n  credential-provider ${command.join(" ")}`));
    });
  }
});
