import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type HttpRequest, jsonResponse, seededRandom, silentLogger, VirtualClock } from "@ccm/base";
import { openBaiduCloud } from "./open.ts";

const PATH = "/etc/kubernetes/cloud.config";
const FIRST = { ClusterId: "c-1", Region: "bj", VpcId: "vpc-1", AccessKeyID: "first", SecretAccessKey: "secret" };

describe("row 1: the provider of a cloud config file", () => {
  it("follows the file, over which the environment still wins, to its last operation", async () => {
    const clock = new VirtualClock();
    const files: Record<string, string> = { [PATH]: JSON.stringify(FIRST) };
    const asked: HttpRequest[] = [];
    let closed = 0;
    const { provider, now, close } = await openBaiduCloud({
      cloudConfig: { path: PATH, content: files[PATH] ?? "", env: { BAIDUCLOUD_ACCESS_KEY_ID: "ofTheEnvironment" } },
      openTransport: () => ({
        async send(request) {
          asked.push(request);
          return jsonResponse(200, { instances: [], isTruncated: false });
        },
        close: async () => void closed++,
      }),
      readFile: async (path) => files[path] ?? Promise.reject(new Error("no such file")),
      clock,
      random: seededRandom("open"),
      logger: silentLogger,
    });
    const look = async () => {
      await provider.instances?.lookup({ metadata: { name: "n1" } }, new AbortController().signal);
      const { url = "", headers = {} } = asked.at(-1) ?? {};
      return [new URL(url).host, (headers.authorization ?? "").split("/")[1]];
    };
    assert.deepEqual(await look(), ["hpas.bj.baidubce.com", "ofTheEnvironment"]);
    const Endpoints = { bcc: "http://second.example" };
    files[PATH] = JSON.stringify({ ...FIRST, AccessKeyID: "second", Endpoints, MachineTypes: ["bcc"] });
    await clock.advance(11_000);
    assert.equal(closed, 1, "nobody uses the first connection any more");
    assert.deepEqual(await look(), ["second.example", "ofTheEnvironment"]);
    assert.equal(now().config.endpoints.bcc, "http://second.example", "what else runs beside it has the same cloud");
    await close();
    assert.equal(closed, 2);
    files[PATH] = JSON.stringify(FIRST);
    await clock.advance(60_000);
    assert.equal(clock.pending, 0, "nothing is looked at any more");
  });

  it("is refused in one line when the file is no cloud config", async () => {
    const parts = { clock: new VirtualClock(), random: seededRandom("open"), logger: silentLogger };
    const opening = openBaiduCloud({
      ...parts,
      cloudConfig: { path: PATH, content: "[]", env: {} },
      openTransport: () => assert.fail("must not connect"),
      readFile: () => assert.fail("must not read"),
    });
    await assert.rejects(opening, { name: "CloudConfigError", message: /^\/etc\/kubernetes\/cloud\.config: expected/ });
  });
});
