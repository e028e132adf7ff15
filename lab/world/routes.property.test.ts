import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { NODES, type Node } from "@ccm/kube";
import fc from "fast-check";
import { foreignRule } from "./provider-scene.ts";
import { createRouteScene, MARK, machineOf, type RouteScene } from "./route-scene.ts";

const CIDRS = ["10.0.1.0/24", "10.0.2.0/24", "10.0.3.0/24", "10.0.4.0/24"];

interface Setting {
  /** For each node, its CIDR (an index, each used once) and what it says of routes. */
  readonly nodes: readonly { readonly cidr: number; readonly says: "" | "false" | "external" }[];
  readonly rules: readonly { readonly cidr: number; readonly ours: boolean; readonly to: number }[];
  /** Nodes that exchange their CIDRs afterwards, or go. */
  readonly change: "none" | "swap" | "leave";
}

const setting: fc.Arbitrary<Setting> = fc.record({
  nodes: fc.uniqueArray(
    fc.record({
      cidr: fc.nat(CIDRS.length - 1),
      says: fc.constantFrom("" as const, "false" as const, "external" as const),
    }),
    { minLength: 1, maxLength: 3, selector: ({ cidr }) => cidr },
  ),
  rules: fc.uniqueArray(fc.record({ cidr: fc.nat(CIDRS.length - 1), ours: fc.boolean(), to: fc.nat(3) }), {
    maxLength: 4,
    selector: ({ cidr }) => cidr,
  }),
  change: fc.constantFrom("none" as const, "swap" as const, "leave" as const),
});

const cidrOf = (node: Node): string => node.spec?.podCIDRs?.[0] ?? "";

/** One pass of a controller: what nobody wants goes, what is wanted and not listed is made. Returns how many writes it took. */
async function pass(scene: RouteScene): Promise<number> {
  const before = scene.writes.length;
  const nodes = await scene.nodes();
  const wanted = nodes.filter((node) => scene.routes.wants?.(node));
  const listed = await scene.list();
  for (const route of listed) {
    const owner = wanted.find(
      (node) => node.metadata.name === route.targetNode && cidrOf(node) === route.destinationCidr,
    );
    if (!owner || route.blackhole) await scene.remove(route);
  }
  for (const node of wanted) {
    const there = listed.some(
      ({ targetNode, destinationCidr }) => targetNode === node.metadata.name && destinationCidr === cidrOf(node),
    );
    if (!there) await scene.create(node, cidrOf(node)).catch(() => {});
  }
  return scene.writes.length - before;
}

describe("row 13: passes over random tables", () => {
  it("leave each wanted route made, nothing of ours unwanted, all of others' as it was, and then nothing to do", async () => {
    await fc.assert(
      fc.asyncProperty(setting, async ({ nodes: wishes, rules, change }) => {
        const scene = await createRouteScene();
        const stranger = scene.simulator.createInstance({ name: "stranger" });
        const made: Node[] = [];
        for (const [i, { cidr, says }] of wishes.entries()) {
          const key =
            says === "external" ? "cloud-provider-baiducloud/routes" : "node.alpha.kubernetes.io/advertise-route";
          made.push(await scene.add(`n${i}`, [CIDRS[cidr] ?? ""], says ? { [key]: says } : {}));
        }
        for (const { cidr, ours, to } of rules) {
          const nexthopId = made[to] ? machineOf(made[to]) : stranger.id;
          const description = ours ? MARK : "by hand";
          await foreignRule(scene, { destinationAddress: CIDRS[cidr] ?? "", nexthopId, description });
        }
        const foreign = new Set(rules.filter(({ ours }) => !ours).map(({ cidr }) => CIDRS[cidr]));
        const untouched = scene.rules().filter((rule) => foreign.has(rule.split(" ")[0]));
        await pass(scene);
        const [a, b] = made;
        if (change === "leave" && a) await scene.during(scene.client.delete(NODES, { name: a.metadata.name ?? "" }));
        if (change === "swap" && a && b) {
          // The API server lets no Node change its CIDR: both are made anew.
          for (const { metadata } of [a, b])
            await scene.during(scene.client.delete(NODES, { name: metadata.name ?? "" }));
          for (const [one, other] of [
            [a, b],
            [b, a],
          ] as const) {
            const { name = "", annotations = {} } = one.metadata;
            const cidr = cidrOf(other);
            const spec = { providerID: one.spec?.providerID ?? "", podCIDR: cidr, podCIDRs: [cidr] };
            await scene.addNode({ name, metadata: { annotations }, spec });
          }
        }
        for (let i = 0; i < 3; i++) await pass(scene);
        assert.equal(await pass(scene), 0, "the last pass has nothing to do");

        const after = scene.rules();
        assert.ok(
          untouched.every((rule) => after.includes(rule)),
          "rules of others are as they were",
        );
        const nodes = await scene.nodes();
        for (const node of nodes) {
          if (scene.routes.wants?.(node) && !foreign.has(cidrOf(node))) {
            assert.ok(after.includes(`${cidrOf(node)} → ${machineOf(node)}`), `${cidrOf(node)} is routed`);
          }
        }
        const external = nodes.filter(({ metadata }) => metadata.annotations?.["cloud-provider-baiducloud/routes"]);
        for (const rule of after.filter((one) => !untouched.includes(one))) {
          const [cidr, , machine] = rule.split(" ");
          const owned = nodes.some(
            (node) => scene.routes.wants?.(node) && cidrOf(node) === cidr && machineOf(node) === machine,
          );
          assert.ok(owned || external.some((node) => machineOf(node) === machine), `${rule} is wanted by somebody`);
        }
      }),
      { numRuns: 60 },
    );
  });
});
