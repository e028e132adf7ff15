import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readText } from "@ccm/base";
import { NODES } from "@ccm/kube";
import { foreignBlb, inLab, type Lab, PREFIX } from "./testing/lab.ts";

const EXISTING = `${PREFIX}cce-load-balancer-exist-id`;

/** All at once, as the framework's workers do. */
const ensureAll = async (lab: Lab, names: readonly string[]) => {
  const nodes = (await lab.kube.list(NODES)).items;
  const requests = await Promise.all(
    names.map(async (name) => ({
      clusterName: "lab",
      service: await lab.get(name),
      nodes,
      signal: new AbortController().signal,
    })),
  );
  return lab.during(Promise.all(requests.map((request) => lab.loadBalancers.ensure(request))));
};

describe("many Services at once", () => {
  it("row 36: on one load balancer change it one after the other, and the cloud never has to refuse", () =>
    inLab(
      async (lab) => {
        const id = await foreignBlb(lab, "shared");
        const names = ["a", "b", "c", "d"];
        for (const [index, name] of names.entries()) {
          const ports = [{ name: "p", port: 8000 + index }];
          await lab.apply(name, { annotations: { [EXISTING]: id }, spec: { ports } });
        }
        for (const { problems } of await ensureAll(lab, names)) assert.deepEqual(problems, []);
        assert.equal(lab.simulator.inventory().listeners.length, 4);
        const log = await lab.simulator.admin({
          method: "GET",
          target: "/admin/requests",
          headers: {},
          body: new Uint8Array(),
          signal: new AbortController().signal,
        });
        const refused = (JSON.parse(await readText(log.body)) as { code?: string }[]).filter(
          ({ code }) => code !== undefined,
        );
        assert.deepEqual(refused, []);
      },
      { timings: { blbUpdate: 2000 } },
    ));
  it("row 36: on load balancers of their own do not wait for each other, and share the lists", () =>
    inLab(
      async (lab) => {
        const names = Array.from({ length: 10 }, (_, i) => `web-${i}`);
        for (const name of names) await lab.apply(name);
        const since = lab.clock.monotonic();
        for (const { problems } of await ensureAll(lab, names)) assert.deepEqual(problems, []);
        assert.ok(
          lab.clock.monotonic() - since < 40_000,
          `${lab.clock.monotonic() - since} ms, one alone takes ten seconds`,
        );
        const looks = lab.calls.filter((call) => /^GET \/v1\/blb(\/lb-\w+)?\?/.test(call)).length;
        assert.ok(looks < 40, `${looks} looks at load balancers for ten Services: one alone needs a dozen`);
      },
      { timings: { blbUpdate: 2000, blbCreate: 4000 } },
    ));
});

describe("what the cloud refuses", () => {
  const kinds: readonly (readonly [string, string])[] = [
    ["QuotaLimitExceeded", "QuotaExceeded"],
    ["AccessDenied", "AccessDenied"],
    ["RequestLimitExceeded", "Throttled"],
  ];
  for (const [code, reason] of kinds) {
    it(`row 35: is told under a reason of its own, and the rest is done: ${code}`, () =>
      inLab(async (lab) => {
        lab.refuse(/^POST \/v1\/eip/, code);
        await lab.apply("web");
        const { reasons, problems } = await lab.ensure("web");
        assert.deepEqual(reasons, [reason]);
        assert.equal(problems[0]?.facet, "address");
        assert.match(problems[0]?.message ?? "", /^create EIP of 200 Mbps: .*req-1/);
        const { listeners, backends } = lab.simulator.inventory();
        assert.deepEqual([listeners.length, backends.length], [1, 3]);
        lab.refuse(undefined);
        assert.deepEqual((await lab.ensure("web")).problems, []);
      }));
  }
});
