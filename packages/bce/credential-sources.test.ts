import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inProcessTransport, jsonResponse, Secret, type ServerRequest, seededRandom, VirtualClock } from "@ccm/base";
import { createAssumedRole, createBceClient } from "./client.ts";
import { recordedKeys, recordedToken } from "./credential-sources.ts";
import { type CredentialSource, staticCredentials } from "./credentials.ts";
import { isBceError } from "./error.ts";
import { refuse } from "./fake-cloud.ts";

const KEYS = { AccessKeyID: "firstAccessKeyId", SecretAccessKey: "firstSecretAccessKey" };
const bearer = (source: CredentialSource, refresh = false) =>
  source(refresh).then((authority) => ("accessKeyId" in authority ? authority.accessKeyId : authority.token.reveal()));

describe("row 3: keys that are kept somewhere else", () => {
  const scene = () => {
    const clock = new VirtualClock();
    const state = { record: { ...KEYS } as Record<string, string> | undefined, reads: 0 };
    const read = async () => {
      state.reads++;
      if (!state.record) throw new Error("no such file");
      return state.record;
    };
    return { clock, state, source: recordedKeys({ read, where: "Secret a/b", clock }) };
  };

  it("are taken in anybody's spelling, without the line break of an editor", async () => {
    for (const [ak, sk, token] of [
      ["AccessKeyID", "SecretAccessKey", "SessionToken"],
      ["access_key", "secret-key", "session_token"],
      ["ak", "sk", "securityToken"],
    ] as const) {
      const { clock } = scene();
      const read = async () => ({ [ak]: "id\n", [sk]: "secret\n", [token]: "session\n" });
      const keys = await recordedKeys({ read, where: "x", clock })();
      assert.ok("accessKeyId" in keys);
      assert.deepEqual(
        [keys.accessKeyId, keys.secretAccessKey.reveal(), keys.sessionToken?.reveal()],
        ["id", "secret", "session"],
      );
    }
  });

  it("are used within ten seconds of their change, and at once when the cloud refuses the old ones", async () => {
    const { clock, state, source } = scene();
    assert.equal(await bearer(source), "firstAccessKeyId");
    state.record = { ...KEYS, AccessKeyID: "second" };
    assert.equal(await bearer(source), "firstAccessKeyId");
    assert.equal(state.reads, 1);
    assert.equal(await bearer(source, true), "second");
    state.record = { ...KEYS, AccessKeyID: "third" };
    await clock.advance(10_000);
    assert.equal(await bearer(source), "third");
  });

  it("are read once for all who ask together", async () => {
    const { state, source } = scene();
    await Promise.all([source(), source(), source()]);
    assert.equal(state.reads, 1);
  });

  it("stay while they cannot be read, unless the cloud has refused them", async () => {
    const { clock, state, source } = scene();
    await source();
    state.record = undefined;
    await clock.advance(60_000);
    assert.equal(await bearer(source), "firstAccessKeyId");
    await assert.rejects(source(true), /no such file/);
  });

  it("say in one line where what is missing, and no secret", async () => {
    const { state, source } = scene();
    state.record = { SecretAccessKey: "very-secret" };
    await assert.rejects(source(), { message: "Secret a/b: expected an entry AccessKeyID" });
    state.record = { AccessKeyID: "id", SecretAccessKey: " " };
    await assert.rejects(source(), { message: "Secret a/b: expected an entry SecretAccessKey" });
  });
});

describe("row 3: the token of CCE's gateway", () => {
  const scene = () => {
    const clock = new VirtualClock();
    const record = { token: "first-token", expiredAt: String(clock.now() / 1000 + 3600) };
    const asked: (ServerRequest & { readonly url: string })[] = [];
    const state = { valid: "first-token" };
    const transport = inProcessTransport(async (request) => {
      const { "cce-token": token } = request.headers;
      return token === state.valid ? jsonResponse(200, { blbList: [] }) : refuse(403, "AccessDenied");
    });
    const client = createBceClient({
      region: "bj",
      clock,
      random: seededRandom(1),
      send: (request, options) => {
        asked.push({ ...request, url: request.url } as never);
        return transport(request, options);
      },
      credentials: recordedToken({
        read: async () => record,
        where: "Secret kube-system/cce-plugin-token",
        clock,
        gateway: "http://cce-gateway.bj.baidubce.com:80",
        clusterId: "cce-1",
      }),
    });
    return { clock, record, state, asked, client };
  };

  it("goes with every request to the gateway, in the headers of Baidu's own plugins, unsigned", async () => {
    const { asked, client } = scene();
    await client.blb.list();
    const { url, headers } = asked[0] ?? assert.fail("nothing was sent");
    assert.match(url, /^http:\/\/cce-gateway\.bj\.baidubce\.com:80\/v1\/blb/);
    assert.equal(headers.host, "cce-gateway.bj.baidubce.com:80");
    assert.equal(headers["cce-token"], "first-token");
    assert.equal(headers["cce-cluster"], "cce-1");
    assert.equal(headers["cce-remote-host"], "blb.bj.baidubce.com");
    assert.equal(headers.authorization, undefined);
  });

  it("is read again when the gateway refuses it", async () => {
    const { record, state, asked, client } = scene();
    await client.blb.list();
    record.token = state.valid = "second-token";
    await client.blb.list();
    assert.deepEqual(
      asked.map(({ headers }) => headers["cce-token"]),
      ["first-token", "first-token", "second-token"],
    );
  });

  it("is not used after its end: the error says since when, and names no token", async () => {
    const { clock, client } = scene();
    await clock.advance(3_600_000);
    await assert.rejects(client.blb.list(), (error) => {
      assert.ok(isBceError(error, "auth"));
      assert.match(
        error.message,
        /Secret kube-system\/cce-plugin-token: the token has expired at .*: is what renews it running\?/,
      );
      assert.ok(!error.message.includes("first-token"));
      return true;
    });
  });

  it("never shows in an error", async () => {
    const { state, client } = scene();
    state.valid = "another";
    await assert.rejects(
      client.blb.list(),
      (error) => isBceError(error, "auth") && !error.message.includes("first-token"),
    );
  });
});

describe("row 3: temporary credentials of a role", () => {
  const scene = (lifeSeconds = 7200) => {
    const clock = new VirtualClock();
    const state = { asked: [] as string[], down: false };
    const send = inProcessTransport(async ({ target, method }) => {
      state.asked.push(`${method} ${target}`);
      if (state.down) return refuse(403, "AccessDenied");
      return jsonResponse(200, {
        accessKeyId: `temporary-${state.asked.length}`,
        secretAccessKey: "temporarySecret",
        sessionToken: "temporaryToken",
        expiration: new Date(clock.now() + lifeSeconds * 1000).toISOString(),
      });
    });
    const base = staticCredentials({ accessKeyId: "base", secretAccessKey: new Secret("baseSecretKey") });
    const role = { accountId: "acc", roleName: "ccm", durationSeconds: lifeSeconds };
    const source = createAssumedRole(
      { region: "bj", clock, random: seededRandom(1), send, credentials: base, retries: 0 },
      role,
    );
    return { clock, state, source };
  };

  it("are asked for once, and renewed ten minutes before their end", async () => {
    const { clock, state, source } = scene();
    assert.equal(await bearer(source), "temporary-1");
    assert.deepEqual(state.asked, ["POST /v1/credential?assumeRole&durationSeconds=7200&accountId=acc&roleName=ccm"]);
    await clock.advance(6_500_000);
    assert.equal(await bearer(source), "temporary-1");
    await clock.advance(200_000);
    assert.equal(await bearer(source), "temporary-2");
  });

  it("are used to their end while renewing fails, without asking at each call; then the reason is told", async () => {
    const { clock, state, source } = scene();
    await source();
    state.down = true;
    await clock.advance(6_700_000);
    for (let i = 0; i < 5; i++) assert.equal(await bearer(source), "temporary-1");
    assert.equal(state.asked.length, 2);
    await clock.advance(600_000);
    await assert.rejects(source(), /AccessDenied/);
    state.down = false;
    assert.match(await bearer(source), /^temporary-/);
  });

  it("are asked for anew when the cloud refuses them", async () => {
    const { source } = scene();
    await source();
    assert.equal(await bearer(source, true), "temporary-2");
  });

  it("are not trusted longer than they were asked for, whatever the cloud's clock says", async () => {
    const { clock, source } = scene(900);
    await source();
    await clock.advance(900_000);
    assert.equal(await bearer(source), "temporary-2");
  });
});
