import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { seededRandom, type TlsOptions, VirtualClock } from "@ccm/base";
import { isBceError } from "@ccm/bce";
import { type AccountChoice, type AccountDefaults, openAccount, PUBLIC_REGIONS } from "./account.ts";

interface Given {
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  readonly secrets?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly defaults?: AccountDefaults;
}

const KEYS = { BCE_ACCESS_KEY_ID: "env-ak", BCE_SECRET_ACCESS_KEY: "env-sk" };
const INI =
  "[default]\nbce_access_key_id=file-ak\nbce_secret_access_key=file-sk\n[work]\nbce_access_key_id=work-ak\nbce_secret_access_key=work-sk\nbce_session_token=work-token\nregion=su\n";
const HOME = { HOME: "/home/me" };
const FILES = { "/home/me/.bce/credentials": INI, "/home/me/.bce/config": "[default]\nregion = gz\n" };

async function open(choice: AccountChoice, { env = {}, files = {}, secrets = {}, defaults }: Given = {}) {
  const clock = new VirtualClock(0);
  const urls: string[] = [];
  const tls: TlsOptions[] = [];
  const account = await openAccount(choice, {
    env,
    clock,
    random: seededRandom("account"),
    ...(defaults ? { defaults } : {}),
    async readFile(path) {
      const text = files[path];
      if (text === undefined) throw Object.assign(new Error("no such file"), { code: "ENOENT" });
      return text;
    },
    readSecret: (namespace, name) => async () => secrets[`${namespace}/${name}`] ?? {},
    openTransport: (options) => {
      tls.push(options);
      return {
        async send({ url }) {
          urls.push(url);
          return { status: 403, headers: {}, body: (async function* () {})() };
        },
        close: async () => {},
      };
    },
  });
  const key = async () => {
    const authority = await account.credentials();
    if (!("accessKeyId" in authority)) return assert.fail();
    const { accessKeyId, secretAccessKey, sessionToken } = authority;
    return [accessKeyId, secretAccessKey.reveal(), ...(sessionToken ? [sessionToken.reveal()] : [])].join(" ");
  };
  const urlOf = async (region?: string) => {
    await account
      .client(region)
      .cce.listInstances("cce-1")
      .catch((error: unknown) => assert.ok(isBceError(error)));
    return new URL(urls.at(-1) ?? "").origin;
  };
  return { account, key, urlOf, tls };
}

const defaults = (chosen: boolean): AccountDefaults => ({
  where: "cloud config /c",
  chosen,
  credentials: async () => ({ gateway: "http://gateway", clusterId: "cce-1", token: { reveal: () => "t" } as never }),
  region: "nj",
  endpoints: { cce: "https://cce.private" },
  endpointTemplate: "https://{service}.private",
  ccePathPrefix: "/api/cce/service/v2",
  tls: { ca: "private CA" },
});

describe("the account of a command", () => {
  it("has its keys from the environment by each of their names, with the token of temporary ones", async () => {
    assert.equal(await (await open({}, { env: KEYS })).key(), "env-ak env-sk");
    const terraform = { BAIDUCLOUD_ACCESS_KEY: "a", BAIDUCLOUD_SECRET_KEY: "b", BAIDUCLOUD_SESSION_TOKEN: "c" };
    assert.equal(await (await open({}, { env: terraform })).key(), "a b c");
    await assert.rejects(open({}, { env: { BCE_ACCESS_KEY_ID: "a" } }), /expected BCE_SECRET_ACCESS_KEY too/);
  });

  it("has its keys from the profiles of the official tools, with the region beside them", async () => {
    const given = { env: HOME, files: FILES };
    const usual = await open({}, given);
    assert.deepEqual([await usual.key(), usual.account.region], ["file-ak file-sk", "gz"]);
    const work = await open({ profile: "work" }, given);
    assert.deepEqual([await work.key(), work.account.region], ["work-ak work-sk work-token", "su"]);
    assert.equal(work.account.source, "profile work of /home/me/.bce/credentials");
    const named = await open({}, { env: { ...HOME, BCE_PROFILE: "work" }, files: FILES });
    assert.equal(named.account.source, work.account.source);
    const bcecmd = { "/home/me/.go-bcecli/credentials": "[Defaults]\nAk = a\nSk = b\nSts = c\n" };
    assert.equal(await (await open({}, { env: HOME, files: bcecmd })).key(), "a b c");
    await assert.rejects(
      open({ profile: "nope" }, given),
      /^AccountFault: --profile nope: there is no such profile; looked in \/home/,
    );
  });

  it("has its keys from a Kubernetes Secret", async () => {
    const secrets = { "ops/keys": { AccessKeyID: "a", SecretAccessKey: "b\n" } };
    assert.equal(await (await open({ credentialsSecret: "ops/keys" }, { secrets, env: KEYS })).key(), "a b");
    await assert.rejects(open({ credentialsSecret: "ops" }), /--credentials-secret: expected namespace\/name/);
    const both = open({ credentialsSecret: "ops/keys", profile: "work" }, { secrets });
    await assert.rejects(both, /expected only one of them/);
  });

  it("takes what is named before what is found: flag, environment, file, cloud config", async () => {
    const all = { env: { ...KEYS, ...HOME }, files: FILES, defaults: defaults(false) };
    assert.equal((await open({ profile: "work" }, all)).account.source, "profile work of /home/me/.bce/credentials");
    assert.equal((await open({}, all)).account.source, "environment");
    assert.equal((await open({}, { ...all, defaults: defaults(true) })).account.source, "cloud config /c");
    assert.equal(
      (await open({}, { ...all, env: HOME })).account.source,
      "profile default of /home/me/.bce/credentials",
    );
    assert.equal((await open({}, { defaults: defaults(false) })).account.source, "cloud config /c");
    await assert.rejects(
      open({}, { env: HOME }),
      /no credentials: set BCE_ACCESS_KEY_ID and BCE_SECRET_ACCESS_KEY, or write/,
    );
  });

  it("looks in the regions that were chosen, else in all of the public cloud, the profile's first", async () => {
    const one = await open({ region: "gz, su" }, { env: KEYS });
    assert.deepEqual([one.account.regions, one.account.region, one.account.regionChosen], [["gz", "su"], "gz", true]);
    assert.deepEqual(one.account.otherRegions, ["bj", "bd", "yq", "cd", "nj", "fwh", "hkg"]);
    const all = await open({}, { env: KEYS });
    assert.deepEqual([all.account.regions, all.account.regionChosen], [PUBLIC_REGIONS, false]);
    assert.equal((await open({}, { env: { ...KEYS, BCE_REGION: "hkg" } })).account.region, "hkg");
    assert.equal((await open({}, { env: HOME, files: FILES })).account.regions[0], "gz");
    const lab = { env: { ...KEYS, BCE_ENDPOINT: "http://127.0.0.1:8080" } };
    assert.deepEqual((await open({}, lab)).account.regions, ["bj"], "one endpoint for all");
    await assert.rejects(open({ region: "B J" }, { env: KEYS }), /--region: expected a region such as bj/);
  });

  it("reaches the public cloud, or what flags, the environment and the cloud config say, in this order", async () => {
    assert.equal(await (await open({}, { env: KEYS })).urlOf("gz"), "https://cce.gz.baidubce.com");
    const lab = { env: { ...KEYS, BCE_ENDPOINT: "http://{service}.{region}.lab" } };
    assert.equal(await (await open({}, lab)).urlOf("gz"), "http://cce.gz.lab");
    assert.equal(await (await open({}, { env: { ...KEYS, CCE_ENDPOINT: "cce.lab" } })).urlOf(), "https://cce.lab");
    const flags = ["http://127.0.0.1:8080"];
    assert.equal(await (await open({ endpoint: flags }, lab)).urlOf(), "http://127.0.0.1:8080");
    assert.equal(await (await open({ endpoint: [...flags, "cce=http://x"] }, lab)).urlOf(), "http://x");
    const one = { env: { ...KEYS, CCE_ENDPOINT: "cce.lab" } };
    assert.equal(await (await open({ endpoint: flags }, one)).urlOf(), "http://127.0.0.1:8080");
    const config = await open({}, { env: KEYS, defaults: defaults(false) });
    assert.deepEqual([await config.urlOf(), config.tls], ["https://cce.private", [{ ca: "private CA" }]]);
    await assert.rejects(open({ endpoint: ["nope=http://x"] }, lab), /--endpoint nope=: expected one of bcc, /);
    await assert.rejects(open({ endpoint: ["http://me:pass@x"] }, lab), (error: Error) => {
      return /--endpoint: expected a URL/.test(error.message) && !error.message.includes("pass");
    });
  });

  it("trusts the authorities of a private cloud from a file", async () => {
    const pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    const { tls } = await open({ cloudCa: "/ca.pem" }, { env: KEYS, files: { "/ca.pem": pem } });
    assert.deepEqual(tls, [{ ca: pem }]);
    await assert.rejects(open({ cloudCa: "/nope" }, { env: KEYS }), /--cloud-ca \/nope: no such file/);
  });

  it("has an identity that tells keys and roles apart without showing them", async () => {
    const of = async (choice: AccountChoice, env: Readonly<Record<string, string>>) => {
      return (await open(choice, { env })).account.identity();
    };
    const other = { ...KEYS, BCE_ACCESS_KEY_ID: "other" };
    const role = { assumeRole: "0ab1/ops" };
    const all = [await of({}, KEYS), await of({}, other), await of(role, KEYS)];
    assert.equal(new Set(all).size, 3);
    assert.equal(await of({}, { ...KEYS, BCE_SECRET_ACCESS_KEY: "rotated" }), all[0]);
    assert.ok(all.every((one) => /^[0-9a-f]{64}$/.test(one)));
  });

  it("acts as a role when told to", async () => {
    const { account } = await open({ assumeRole: "0ab1/ops" }, { env: KEYS });
    assert.equal(account.source, "role 0ab1/ops, assumed with environment");
    await assert.rejects(open({ assumeRole: "ops" }, { env: KEYS }), /--assume-role: expected account\/role/);
  });
});
