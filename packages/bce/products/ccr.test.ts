import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inspect } from "node:util";
import { type HttpResponse, jsonResponse, Secret, TransportError } from "@ccm/base";
import { personalRegistryEndpoint } from "../endpoints.ts";
import { isBceError } from "../error.ts";
import { fakeCloud, refuse } from "../fake-cloud.ts";
import { pullPermissions, type Robot } from "./ccr.ts";

const token = { clientToken: "t" };
const ID = "ccr-12345678";
const AT = `/v1/instances/${ID}`;
const secret = new Secret("canary-secret");
const robot: Robot = {
  id: 7,
  name: "ccr$ci",
  disable: false,
  description: "mine",
  duration: 30,
  expiresAt: 1,
  creationTime: "",
  permissions: pullPermissions(["app"]),
};
const spec = { name: "ci", secret, description: "mine", duration: 30, permissions: robot.permissions };
const { description, duration, permissions } = robot;
type Client = ReturnType<typeof fakeCloud>["client"];

describe("the container registry's calls", () => {
  for (const [name, act, expected, answer = {}] of [
    [
      "instances of all regions",
      (c) => c.ccr.listInstances({ everywhere: true }),
      "ccr.bj.baidubce.com GET /v1/instances?acrossregion=true&pageNo=1&pageSize=100",
    ],
    ["an instance", (c) => c.ccr.getInstance(ID), `ccr.bj.baidubce.com GET ${AT}`, { info: { id: ID } }],
    [
      "the login name of a user",
      (c) => c.ccr.loginName("u1"),
      "ccr.bj.baidubce.com GET /v1/users/profile?userId=u1",
      { name: "u" },
    ],
    [
      "a temporary password",
      (c) => c.ccr.temporaryPassword(ID, 3),
      `ccr.bj.baidubce.com POST ${AT}/credential {"duration":3}`,
      { password: "p" },
    ],
    [
      "a password",
      (c) => c.ccr.setPassword(ID, secret, token),
      `ccr.bj.baidubce.com PUT ${AT}/credential?clientToken=t {"password":"canary-secret"}`,
    ],
    ["robots", (c) => c.ccr.listRobots(ID), `ccr.bj.baidubce.com GET ${AT}/robots?pageNo=1&pageSize=100`],
    [
      "a new robot",
      (c) => c.ccr.createRobot(ID, spec, token),
      `ccr.bj.baidubce.com POST ${AT}/robots?clientToken=t ${JSON.stringify({ ...spec, secret: "canary-secret", disable: false })}`,
      robot,
    ],
    [
      "a robot's end, with all that it has, which Harbor wants again",
      (c) => c.ccr.updateRobot(ID, robot, { disable: true }, token),
      `ccr.bj.baidubce.com PUT ${AT}/robots/7?clientToken=t ${JSON.stringify({ description, duration, disable: true, permissions })}`,
    ],
    [
      "a robot's secret",
      (c) => c.ccr.setRobotSecret(ID, 7, secret, token),
      `ccr.bj.baidubce.com PUT ${AT}/robots/7/secret?clientToken=t {"secret":"canary-secret"}`,
    ],
    ["a deletion", (c) => c.ccr.deleteRobot(ID, 7, token), `ccr.bj.baidubce.com DELETE ${AT}/robots/7?clientToken=t`],
    ["projects", (c) => c.ccr.listProjects(ID), `ccr.bj.baidubce.com GET ${AT}/projects?pageNo=1&pageSize=100`],
    [
      "repositories",
      (c) => c.ccr.listRepositories(ID, "app"),
      `ccr.bj.baidubce.com GET ${AT}/projects/app/repositories?pageNo=1&pageSize=100`,
    ],
    [
      "the personal edition's user, at its own host",
      (c) => c.ccr.personal.userName(),
      "ccr.baidubce.com GET /v1/ccr/user",
      { username: "u" },
    ],
    [
      "its token",
      (c) => c.ccr.personal.temporaryPassword(1),
      'ccr.baidubce.com POST /v1/ccr/token {"duration":1}',
      { token: "p", expireTime: "2026-01-01 00:00:00" },
    ],
  ] satisfies readonly (readonly [string, (c: Client) => Promise<unknown>, string, unknown?])[]) {
    it(`are what the API documents: ${name}`, async () => {
      const cloud = fakeCloud(() => jsonResponse(200, answer));
      const { error } = await cloud.settled<unknown>(act(cloud.client));
      assert.equal(error, undefined);
      const [asked] = cloud.asked;
      const body = asked?.body === undefined ? "" : ` ${JSON.stringify(asked.body)}`;
      assert.equal(`${asked?.headers.host} ${asked?.method} ${asked?.target}${body}`, expected);
    });
  }

  it("go to a given host in both editions", () => {
    const endpoints = { ccr: "http://ccr.example" };
    assert.equal(personalRegistryEndpoint({ region: "bj", endpoints }), "http://ccr.example");
    assert.equal(personalRegistryEndpoint({ region: "gz" }), "https://ccr.baidubce.com");
  });

  /** The write is lost on its way back; then the look shows `seen`. */
  const lost = (seen: () => HttpResponse, rewritten: HttpResponse = jsonResponse(200, robot)) => {
    let writes = 0;
    return fakeCloud(async ({ method }) => {
      if (method === "GET") return seen();
      writes++;
      if (writes === 1) throw new TransportError("reset", "connection lost");
      return rewritten;
    });
  };
  const count = (cloud: ReturnType<typeof fakeCloud>) => cloud.asked.filter(({ method }) => method !== "GET").length;
  const listed =
    (...robots: readonly unknown[]) =>
    () =>
      jsonResponse(200, { total: robots.length, robots });

  it("find a robot whose creation was not answered by its name and description, and make none twice", async () => {
    const cloud = lost(listed({ ...robot, id: 9 }));
    assert.deepEqual((await cloud.settled(cloud.client.ccr.createRobot(ID, spec, token))).value?.id, 9);
    assert.equal(count(cloud), 1);
    const foreign = lost(listed({ ...robot, description: "another's" }), refuse(409, "Conflict"));
    const { error } = await foreign.settled(foreign.client.ccr.createRobot(ID, spec, token));
    assert.ok(isBceError(error, "conflict"));
  });

  it("look before they disable or delete a second time", async () => {
    const disabled = lost(() => jsonResponse(200, { ...robot, disable: true }));
    await disabled.settled(disabled.client.ccr.updateRobot(ID, robot, { disable: true }, token));
    const gone = lost(() => refuse(404, "NoSuchObject"));
    assert.deepEqual(await gone.settled(gone.client.ccr.deleteRobot(ID, 7, token)), { value: undefined });
    assert.deepEqual([count(disabled), count(gone)], [1, 1]);
  });

  it("never hand on or show a secret: not in an answer, not in an error, not in a log", async () => {
    const cloud = fakeCloud(() => jsonResponse(200, { ...robot, secret: "canary-secret" }));
    const made = await cloud.settled(cloud.client.ccr.createRobot(ID, spec, token));
    const bad = fakeCloud(() => refuse(400, "BadRequest"));
    const refused = await bad.settled(bad.client.ccr.setPassword(ID, secret, token));
    assert.ok(isBceError(refused.error, "permanent"));
    assert.doesNotMatch(inspect([made, refused, cloud.logs, bad.logs], { depth: 9 }), /canary-secret/);
  });
});
