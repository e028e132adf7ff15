import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inspect } from "node:util";
import { Secret } from "@ccm/base";
import fc from "fast-check";
import {
  keyMatchesHost,
  printDockerConfig,
  readDockerConfig,
  withCredential,
  withEntryText,
  withoutEntry,
} from "./docker-config.ts";

const robot = { username: "ccr$ci", password: new Secret("s3cret:with:colons") };
const HOST = "ccr-1abcdefg-pub.cnc.bj.baidubce.com";
const plain = (text: string) =>
  readDockerConfig(text, "here").map(({ key, credential }) => [
    key,
    credential?.username,
    credential?.password.reveal(),
  ]);

describe("a docker config", () => {
  it("is read as docker and the kubelet read it: auth first, then the fields, nothing where a helper has the password", () => {
    const auth = (text: string) => Buffer.from(text).toString("base64");
    const text = JSON.stringify({
      auths: {
        one: { auth: auth("ccr$ci:a:b\0\0") },
        two: { username: "u", password: "p" },
        three: { username: "other", password: "x", auth: auth("u:p") },
        helper: {},
      },
      credsStore: "desktop",
    });
    assert.deepEqual(plain(text), [
      ["one", "ccr$ci", "a:b"],
      ["two", "u", "p"],
      ["three", "u", "p"],
      ["helper", undefined, undefined],
    ]);
    assert.deepEqual(plain(""), []);
    assert.deepEqual(plain('{"auths":null}'), []);
    const legacy = readDockerConfig('{"a":{"username":"u","password":"p"}}', "here", "dockercfg");
    assert.equal(legacy[0]?.credential?.username, "u");
  });

  it("that is printed is read back, with the dollar sign of robots", () => {
    assert.deepEqual(plain(printDockerConfig({ [HOST]: robot })), [[HOST, "ccr$ci", "s3cret:with:colons"]]);
  });

  for (const [name, text] of [
    ["no JSON", '{"auths":{"a":{"password":"canary"'],
    ["no object", '"canary"'],
    ["auths that are none", '{"auths":["canary"]}'],
    ["an entry that is none", '{"auths":{"a":"canary"}}'],
  ] as const) {
    it(`is refused in one line that quotes nothing of it: ${name}`, () => {
      assert.throws(
        () => readDockerConfig(text, "Secret shop/pull"),
        (error: Error) => /^Secret shop\/pull: .*expected/.test(error.message) && !/canary/.test(inspect(error)),
      );
    });
  }

  it("shows no password when it is printed for people", () => {
    const entries = readDockerConfig(printDockerConfig({ [HOST]: robot }), "here");
    const basic = Buffer.from("ccr$ci:s3cret:with:colons").toString("base64");
    assert.doesNotMatch(inspect(entries, { depth: 9 }) + JSON.stringify(entries), new RegExp(`s3cret|${basic}`));
  });

  it("keeps every other byte when a credential is replaced, also odd spacing, order, escapes and unknown fields", () => {
    const before = '{ "credHelpers" : {"x":"y"},\n\t"auths": { "a\\u002fb" : {"auth":"Zm9vOmJhcg==" , "n":1.0e2},';
    const after = ' "z":{"auth":"YTpi"}} ,"HttpHeaders":{"U":"\\u00e9"} }\n';
    const changed = withCredential(
      `${before}"${HOST}":{"auth":"b2xkOm9sZA==","email":"e@x","identitytoken":"t"},${after}`,
      HOST,
      robot,
      "here",
    );
    assert.ok(changed.startsWith(before) && changed.endsWith(`,${after}`));
    const entry = JSON.parse(changed).auths[HOST];
    assert.deepEqual([entry.email, entry.identitytoken, entry.username], ["e@x", undefined, "ccr$ci"]);
  });

  it("takes a credential where there was none: empty, without auths, with auths of null, with others", () => {
    for (const text of ["", "{}", '{"auths":null}', '{"auths":{}}', '{"credsStore":"x"}', '{"auths":{"a":{}}}']) {
      const changed = withCredential(text, HOST, robot, "here");
      assert.equal(plain(changed).find(([key]) => key === HOST)?.[1], "ccr$ci", text);
      const rest = { ...JSON.parse(text || "{}") };
      for (const key of Object.keys(rest)) if (key !== "auths") assert.equal(JSON.parse(changed)[key], rest[key]);
    }
    assert.equal(readDockerConfig(withCredential("", HOST, robot, "h", "dockercfg"), "h", "dockercfg").length, 1);
  });

  it("is as before, byte for byte, when an entry was replaced and put back", () => {
    const json = fc.json({ maxDepth: 2 });
    const entries = fc.dictionary(fc.string(), fc.record({ auth: fc.string(), extra: json }), {
      minKeys: 1,
      maxKeys: 6,
    });
    fc.assert(
      fc.property(entries, json, fc.nat(3), fc.nat(5), (auths, rest, indent, pick) => {
        const text = JSON.stringify({ rest: JSON.parse(rest), auths, more: [1, "}"] }, null, indent);
        const key = Object.keys(auths)[pick % Object.keys(auths).length] ?? "";
        const old =
          readDockerConfig(text, "here")
            .find((one) => one.key === key)
            ?.text.reveal() ?? "";
        const changed = withCredential(text, key, robot, "here");
        assert.equal(plain(changed).find(([name]) => name === key)?.[1], "ccr$ci");
        assert.equal(withEntryText(changed, key, old, "here"), text);
      }),
    );
  });

  it("loses one entry and nothing else", () => {
    for (const key of ["a", "b", "c"]) {
      const changed = withoutEntry('{"auths": {"a": {} , "b":{"auth":"YTpi"}, "c":{}}, "x":1}', key, "here");
      assert.deepEqual(
        Object.keys(JSON.parse(changed).auths),
        ["a", "b", "c"].filter((one) => one !== key),
      );
      assert.equal(JSON.parse(changed).x, 1);
    }
    assert.equal(withoutEntry('{"auths":{"a":{}}}', "a", "here"), '{"auths":{}}');
    assert.equal(withoutEntry('{"auths":{"a":{}}}', "b", "here"), '{"auths":{"a":{}}}');
  });
});

describe("the key of an entry", () => {
  it("is for a host as the kubelet has it: scheme and path aside, globs within labels, the port alike", () => {
    const matches = (key: string, host: string) => keyMatchesHost(key, host);
    for (const key of [
      HOST,
      `https://${HOST}/v1/`,
      `${HOST}/app`,
      "*.cnc.bj.baidubce.com",
      "CCR-*-pub.cnc.bj.baidubce.com",
    ])
      assert.ok(matches(key, HOST), key);
    for (const key of ["*.baidubce.com", `${HOST}:5000`, `x${HOST}`, "", "https://index.docker.io/v1/", "ccr(.cnc"])
      assert.ok(!matches(key, HOST), key);
    assert.ok(matches("127.0.0.1:5000", "127.0.0.1:5000"));
  });
});
