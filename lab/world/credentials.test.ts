import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { connectCloud, followCloud, parseCloudConfig } from "@ccm/baiducloud";
import { createSimulator } from "@ccm/baiducloud-simulator";
import { inProcessTransport, seededRandom, silentLogger, VirtualClock } from "@ccm/base";
import { isBceError } from "@ccm/bce";
import { createProviderScene } from "./provider-scene.ts";

const PRODUCTS = ["bcc", "blb", "eip", "cce", "bbc", "hpas", "sts"];

/** The real client on the simulated cloud, which checks signatures, session tokens and the gateway's token. */
function scene(keys: (simulator: ReturnType<typeof createSimulator>) => object) {
  const clock = new VirtualClock();
  const simulator = createSimulator({ clock, random: seededRandom("cloud") });
  const files: Record<string, string> = {};
  const config = () => {
    const Endpoints = Object.fromEntries(PRODUCTS.map((product) => [product, `http://${product}.test`]));
    const text = JSON.stringify({ ClusterId: "cce-1", Region: "bj", Endpoints, ...keys(simulator) });
    return parseCloudConfig(text, "cloud.config");
  };
  const options = {
    config: config(),
    openTransport: () => ({ send: inProcessTransport(simulator.handler), close: async () => {} }),
    readFile: async (path: string) => files[path] ?? Promise.reject(Object.assign(new Error("no"), { code: "ENOENT" })),
    clock,
    random: seededRandom("client"),
    logger: silentLogger,
  };
  return { clock, simulator, files, options, connected: followCloud({ ...options, reload: async () => config() }) };
}

const keysOf = ({ credentials }: ReturnType<typeof createSimulator>) => ({
  AccessKeyID: credentials.accessKeyId,
  SecretAccessKey: credentials.secretAccessKey,
});

describe("row 3: credentials against a cloud that checks them", () => {
  it("that are rotated in the cloud config are used at the next call", async () => {
    const { simulator, connected } = scene(keysOf);
    const { client } = (await connected).now;
    assert.deepEqual(await client.blb.list(), []);
    simulator.rotateCredentials();
    assert.deepEqual(await client.blb.list(), []);
  });

  it("that are refused and not replaced are an error of kind auth, without the key", async () => {
    let keys: object | undefined;
    const { simulator, connected } = scene((one) => (keys ??= keysOf(one)));
    const { client } = (await connected).now;
    const { accessKeyId, secretAccessKey } = simulator.credentials;
    simulator.rotateCredentials();
    await assert.rejects(client.blb.list(), (error) => {
      assert.ok(isBceError(error, "auth"));
      assert.ok(!error.message.includes(accessKeyId) && !error.message.includes(secretAccessKey));
      return true;
    });
  });

  it("of a role sign with a session token, and are renewed before they end", async () => {
    const { clock, options } = scene((one) => ({
      ...keysOf(one),
      AssumeRole: { AccountId: "lab", RoleName: "ccm", DurationSeconds: 900 },
    }));
    const { client, credentials } = await connectCloud(options);
    const seen = new Set<string>();
    for (let i = 0; i < 10; i++) {
      assert.deepEqual(await client.blb.list(), []);
      const now = await credentials();
      assert.ok("sessionToken" in now && now.sessionToken);
      seen.add(now.accessKeyId);
      await clock.advance(200_000);
    }
    assert.ok(seen.size >= 3, `${seen.size} different keys in 2,000 s`);
  });

  it("of a role that there is not are an error that says so", async () => {
    const { connected } = scene((one) => ({ ...keysOf(one), AssumeRole: { AccountId: "lab", RoleName: "none" } }));
    await assert.rejects(
      (await connected).now.client.blb.list(),
      /no credentials: sts\.assumeRole: NoSuchObject.*role none/,
    );
  });

  it("that cannot be read end the start with the place and the reason, and not with the cloud's refusal", async () => {
    const cloudConfig = { AccessKeyID: undefined, SecretAccessKey: undefined, CredentialsFile: "/nowhere" };
    await assert.rejects(createProviderScene({ cloudConfig }), (error: Error) => {
      assert.match(error.message, /no credentials: \/nowhere: cannot be read/);
      assert.ok(!error.message.includes("refuses"));
      return true;
    });
  });

  it("of CCE's gateway work without a key, and are followed when CCE renews them", async () => {
    const { clock, simulator, files, connected } = scene(() => ({
      Gateway: { Endpoint: "gateway.test", TokenPath: "/token" },
    }));
    const renew = () => {
      const { token, expiredAt } = simulator.issueGatewayToken();
      Object.assign(files, { "/token/token": token, "/token/expiredAt": String(expiredAt) });
    };
    const { client } = (await connected).now;
    renew();
    assert.deepEqual(await client.blb.list(), []);
    renew();
    assert.deepEqual(await client.blb.list(), []);
    await clock.advance(3_700_000);
    await assert.rejects(client.blb.list(), /the token has expired at/);
    renew();
    assert.deepEqual(await client.blb.list(), []);
  });
});
