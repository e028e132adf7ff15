import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createLogger, type HttpRequest, jsonResponse, seededRandom, type TlsOptions, VirtualClock } from "@ccm/base";
import { parseCloudConfig } from "./cloud-config.ts";
import { followCloud } from "./live-cloud.ts";

const BASE = { ClusterId: "cce-1", Region: "bj" };
const KEYS = { AccessKeyID: "firstAccessKeyId", SecretAccessKey: "firstSecretAccessKey" };

function scene(first: object, files: Record<string, string> = {}, folders: readonly string[] = []) {
  const clock = new VirtualClock();
  const state = { config: { ...BASE, ...first } as object | string, files };
  const asked: HttpRequest[] = [];
  const tls: TlsOptions[] = [];
  const logs: string[] = [];
  const read = () => (typeof state.config === "string" ? state.config : JSON.stringify(state.config));
  const connect = async () => {
    const cloud = await followCloud({
      config: parseCloudConfig(read(), "cloud.config"),
      reload: async () => parseCloudConfig(read(), "cloud.config"),
      openTransport: (options) => {
        tls.push(options);
        const send = async (request: HttpRequest) => {
          asked.push(request);
          const keys = {
            accessKeyId: "temporaryKeyId",
            secretAccessKey: "temporarySecret",
            sessionToken: "temporaryToken",
          };
          return jsonResponse(200, { blbList: [], ...keys });
        };
        return { send, close: async () => {} };
      },
      readFile: async (path) => {
        const text = state.files[path];
        if (text !== undefined) return text;
        throw Object.assign(new Error("no"), { code: folders.includes(path) ? "EISDIR" : "ENOENT" });
      },
      clock,
      random: seededRandom(1),
      logger: createLogger((level, message, fields) => logs.push(`${level} ${message} ${JSON.stringify(fields)}`)),
    });
    return { client: cloud.now.client, useKubernetes: cloud.useKubernetes };
  };
  const lastKey = () => (asked.at(-1)?.headers.authorization ?? "").split("/")[1];
  return { clock, state, asked, tls, logs, connect, lastKey };
}

describe("row 3: credentials", () => {
  it("of the cloud config, of a file, of a folder and of a Secret are used, and followed without a restart", async () => {
    const file = "/etc/keys";
    const secondKeys = { AccessKeyID: "secondAccessKeyId", SecretAccessKey: "x" };
    const asFiles = (keys: typeof KEYS) =>
      Object.fromEntries(Object.entries(keys).map(([name, value]) => [`${file}/${name}`, `${value}\n`]));
    const secret = { data: {} as Record<string, string> };
    const encoded = (keys: typeof KEYS) =>
      Object.fromEntries(Object.entries(keys).map(([name, value]) => [name, Buffer.from(value).toString("base64")]));
    secret.data = encoded(KEYS);
    const cases = [
      [
        "config",
        scene(KEYS),
        (s: ReturnType<typeof scene>) => Object.assign(s.state, { config: { ...BASE, ...secondKeys } }),
      ],
      [
        "file",
        scene({ CredentialsFile: file }, { [file]: JSON.stringify(KEYS) }),
        (s: ReturnType<typeof scene>) => Object.assign(s.state, { files: { [file]: JSON.stringify(secondKeys) } }),
      ],
      [
        "folder",
        scene({ CredentialsFile: file }, asFiles(KEYS), [file]),
        (s: ReturnType<typeof scene>) => Object.assign(s.state, { files: asFiles(secondKeys) }),
      ],
      [
        "secret",
        scene({ CredentialsSecret: "kube-system/keys" }),
        () => Object.assign(secret, { data: encoded(secondKeys) }),
      ],
    ] as const;
    for (const [name, setting, change] of cases) {
      const { client, useKubernetes } = await setting.connect();
      useKubernetes({ get: async () => secret as never });
      await client.blb.list();
      assert.equal(setting.lastKey(), "firstAccessKeyId", name);
      change(setting);
      await setting.clock.advance(10_000);
      await client.blb.list();
      assert.equal(setting.lastKey(), "secondAccessKeyId", name);
    }
  });

  it("go on with what was there while the changed cloud config is broken, and say so once", async () => {
    const { state, clock, connect, lastKey, logs } = scene(KEYS);
    const { client } = await connect();
    await client.blb.list();
    state.config = '{"ClusterId": "firstSecretAccessKey';
    for (let i = 0; i < 5; i++) {
      await clock.advance(11_000);
      await client.blb.list();
    }
    assert.equal(lastKey(), "firstAccessKeyId");
    assert.equal(logs.length, 1);
    assert.match(logs[0] ?? "", /^warn the changed cloud config cannot be used.*neither JSON nor YAML/);
    assert.ok(!logs[0]?.includes("firstSecretAccessKey"));
  });

  it("of CCE's gateway come from where CCE puts them when nothing else is said", async () => {
    const folder = "/var/run/secrets/cce/cce-plugin-token";
    const { clock, state, connect, asked } = scene({});
    state.files = { [`${folder}/token`]: "aToken", [`${folder}/expiredAt`]: String(clock.now() / 1000 + 100) };
    const { client } = await connect();
    await client.blb.list();
    assert.match(asked[0]?.url ?? "", /^http:\/\/cce-gateway\.bj\.baidubce\.com:80\//);
    assert.equal(asked[0]?.headers["cce-token"], "aToken");
    assert.equal(asked[0]?.headers["cce-cluster"], "cce-1");
  });

  it("that are nowhere are told with the place that was looked at", async () => {
    const { connect } = scene({});
    const { client } = await connect();
    await assert.rejects(client.blb.list(), /cce-plugin-token: expected an entry "token"/);
    const missing = scene({ CredentialsFile: "/nowhere" });
    await assert.rejects((await missing.connect()).client.blb.list(), /\/nowhere: no such file/);
    const early = scene({ CredentialsSecret: "a/b" });
    await assert.rejects((await early.connect()).client.blb.list(), /Secret a\/b: not connected to Kubernetes yet/);
  });

  it("of a role are asked for with the keys, and used instead of them", async () => {
    const { connect, asked, lastKey } = scene({ ...KEYS, AssumeRole: { AccountId: "acc", RoleName: "ccm" } });
    const { client } = await connect();
    await client.blb.list();
    assert.deepEqual(
      asked.map(({ url }) => url.split("?")[0]),
      ["https://sts.bj.baidubce.com/v1/credential", "https://blb.bj.baidubce.com/v1/blb"],
    );
    assert.equal(lastKey(), "temporaryKeyId");
    assert.equal(asked.at(-1)?.headers["x-bce-security-token"], "temporaryToken");
  });
});

describe("row 1: the connection", () => {
  it("trusts a private CA, by file or text, and another name in the certificate", async () => {
    const pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----";
    const byFile = scene({ ...KEYS, Tls: { CaFile: "/ca.pem", ServerName: "cloud.example" } }, { "/ca.pem": pem });
    await byFile.connect();
    assert.deepEqual(byFile.tls, [{ ca: pem, serverName: "cloud.example" }]);
    const byText = scene({ ...KEYS, Tls: { CaData: pem } });
    await byText.connect();
    assert.deepEqual(byText.tls, [{ ca: pem }]);
    await assert.rejects(scene({ ...KEYS, Tls: { CaFile: "/none" } }).connect(), /Tls\.CaFile \/none: no such file/);
  });

  it("does not verify certificates only when told so, with a loud warning", async () => {
    const usual = scene(KEYS);
    await usual.connect();
    assert.deepEqual([usual.tls, usual.logs], [[{}], []]);
    const insecure = scene({ ...KEYS, Tls: { InsecureSkipVerify: true } });
    await insecure.connect();
    assert.deepEqual(insecure.tls, [{ insecureSkipVerify: true }]);
    assert.match(insecure.logs[0] ?? "", /^warn Tls\.InsecureSkipVerify/);
  });

  it("row 2: tells who it is by the former CCM's user agent", async () => {
    const { connect, asked } = scene(KEYS);
    await (await connect()).client.blb.list();
    assert.equal(asked[0]?.headers["user-agent"], "cce-k8s:cce-1");
  });
});
