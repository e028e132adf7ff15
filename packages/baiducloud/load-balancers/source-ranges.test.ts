import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { foreignBlb, inLab, type Lab, PREFIX, problemsOf } from "./testing/lab.ts";

/** But for the default one, which every VPC has. */
const groups = async (lab: Lab) =>
  (await lab.during(lab.console.securityGroups.list(lab.simulator.vpcId))).filter(({ name }) => name !== "default");
/** Who may come in: the ranges of the groups on the load balancer; undefined: it has none. */
const allowed = async (lab: Lab): Promise<readonly string[] | undefined> => {
  const [blb] = await lab.during(lab.console.blb.list());
  const bound = await lab.during(lab.console.blb.securityGroups(blb?.blbId ?? ""));
  if (bound.length === 0) return undefined;
  const rules = (await groups(lab)).filter(({ id }) => bound.includes(id)).flatMap((group) => group.rules ?? []);
  return rules
    .filter(({ direction }) => direction === "ingress")
    .map(({ sourceIp }) => sourceIp ?? "")
    .sort();
};

describe("the source ranges of a Service", () => {
  it("row 26: become a security group of its load balancer, follow the Service, and go with it", () =>
    inLab(async (lab) => {
      await lab.apply("web", { spec: { loadBalancerSourceRanges: ["10.0.0.0/8", "192.0.2.0/24"] } });
      assert.deepEqual((await lab.ensure("web")).problems, []);
      assert.deepEqual(await allowed(lab), ["10.0.0.0/8", "192.0.2.0/24"]);
      await lab.apply("web", { spec: { loadBalancerSourceRanges: ["192.0.2.0/24", "198.51.100.0/24"] } });
      await lab.ensure("web");
      assert.deepEqual(await allowed(lab), ["192.0.2.0/24", "198.51.100.0/24"]);
      lab.calls.length = 0;
      await lab.ensure("web");
      assert.deepEqual(
        lab.calls.filter((call) => !call.startsWith("GET")),
        [],
        "a second look changes nothing",
      );
      await lab.remove("web");
      assert.deepEqual(await groups(lab), []);
    }));
  it("row 26: let everybody in again when they are taken away, also after a restart", () =>
    inLab(async (lab) => {
      await lab.apply("web", { spec: { loadBalancerSourceRanges: ["10.0.0.0/8"] } });
      await lab.ensure("web");
      await lab.apply("web", { spec: { loadBalancerSourceRanges: ["0.0.0.0/0"] } });
      lab.restart();
      await lab.ensure("web");
      assert.equal(await allowed(lab), undefined);
      assert.deepEqual(await groups(lab), []);
    }));
  it("row 26: that are wrong let nobody in, and are told", () =>
    inLab(async (lab) => {
      const annotations = { [`${PREFIX}load-balancer-source-ranges`]: "10.0.0.0/8,intern" };
      await lab.apply("web", { annotations });
      assert.match(problemsOf(await lab.ensure("web"), "InvalidSourceRanges")[0] ?? "", /"intern".*nobody is let in/);
      assert.deepEqual(await allowed(lab), []);
    }));
  it("row 26: that cannot be set leave the Service closed, not open to the world", () =>
    inLab(async (lab) => {
      lab.refuse(/^POST \/v2\/securityGroup/);
      await lab.apply("web", { spec: { loadBalancerSourceRanges: ["10.0.0.0/8"] } });
      assert.deepEqual((await lab.ensure("web")).reasons, ["QuotaExceeded"]);
      const { listeners, eips, backends } = lab.simulator.inventory();
      assert.deepEqual([listeners, eips.filter(({ instanceId }) => instanceId)], [[], []]);
      assert.equal(backends.length, 3, "the rest is made");
      lab.refuse(undefined);
      assert.deepEqual((await lab.ensure("web")).problems, []);
      assert.deepEqual(await allowed(lab), ["10.0.0.0/8"]);
      assert.equal(lab.simulator.inventory().listeners.length, 1);
    }));
  it("row 26: that are more than a security group holds are told", () =>
    inLab(async (lab) => {
      const ranges = Array.from({ length: 120 }, (_, i) => `10.0.${i}.0/24`);
      await lab.apply("web", { spec: { loadBalancerSourceRanges: ranges } });
      assert.deepEqual((await lab.ensure("web")).reasons, ["TooManySourceRanges"]);
      assert.equal((await allowed(lab))?.length, 100);
    }));
  it("row 26: of a full security group give way before others come; else others come first", () =>
    inLab(async (lab) => {
      const range = (net: number) => Array.from({ length: 100 }, (_, i) => `10.${net}.${i}.0/24`);
      const firstChange = async (from: readonly string[], to: readonly string[]) => {
        await lab.apply("web", { spec: { loadBalancerSourceRanges: [...from] } });
        await lab.ensure("web");
        lab.calls.length = 0;
        await lab.apply("web", { spec: { loadBalancerSourceRanges: [...to] } });
        await lab.ensure("web");
        assert.deepEqual(await allowed(lab), [...to].sort());
        return lab.calls.find((call) => !call.startsWith("GET")) ?? "";
      };
      assert.match(await firstChange(["10.0.0.0/8"], ["192.0.2.0/24"]), /authorizeRule/);
      assert.match(await firstChange(range(1), range(2)), /^DELETE .*\/rule\//);
    }));
  it("row 26: are refused on a load balancer that others use too", () =>
    inLab(async (lab) => {
      const id = await foreignBlb(lab, "shared");
      const annotations = { [`${PREFIX}cce-load-balancer-exist-id`]: id };
      await lab.apply("web", { annotations, spec: { loadBalancerSourceRanges: ["10.0.0.0/8"] } });
      assert.match(problemsOf(await lab.ensure("web"), "SourceRangesNotPossible")[0] ?? "", /is shared/);
      assert.equal(await allowed(lab), undefined);
    }));
  it("row 37: come back when somebody changes the group or unbinds it", () =>
    inLab(async (lab) => {
      await lab.apply("web", { spec: { loadBalancerSourceRanges: ["10.0.0.0/8"] } });
      await lab.ensure("web");
      const [group] = await groups(lab);
      const rule = { direction: "ingress", sourceIp: "0.0.0.0/0" } as const;
      await lab.during(lab.console.securityGroups.authorize(group?.id ?? "", rule, lab.token()));
      const [blb] = await lab.during(lab.console.blb.list());
      await lab.during(lab.console.blb.unbindSecurityGroups(blb?.blbId ?? "", [group?.id ?? ""], lab.token()));
      await lab.ensure("web", "resync");
      assert.deepEqual(await allowed(lab), ["10.0.0.0/8"]);
      assert.match(lab.told.join("\n"), /DriftRepaired: .*rule: found ingress 0\.0\.0\.0\/0, restored nothing/);
    }));
});
