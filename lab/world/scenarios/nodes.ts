import { NODES } from "@ccm/kube";
import type { Scenario, Scene } from "../enumeration/scenario.ts";
import { readyService, ruleRow, userRule } from "./common.ts";

interface MachineRow {
  readonly name: string;
  readonly status: string;
}

function machineId(scene: Scene, name: string): string {
  const machines = [...scene.world.rows.table<MachineRow>("instances")];
  return machines.find(([, row]) => row.name === name && row.status !== "Deleted")?.[0] ?? "";
}

const hasNode = (scene: Scene, name: string): Promise<boolean> =>
  scene.world.client.get(NODES, { name }).then(
    () => true,
    () => false,
  );
const gone = (scene: Scene, name: string): Promise<void> =>
  scene.until(`node ${name} is gone`, async () => !(await hasNode(scene, name)));

/** The machine is released, and the kubelet with it. */
async function release(scene: Scene, name: string): Promise<void> {
  scene.world.simulator.deleteInstance(machineId(scene, name));
  await scene.world.machines.powerOff(name);
}
const editNode = async (scene: Scene, name: string, body: unknown): Promise<void> => {
  await scene.world.client.patch(NODES, { name }, { type: "merge", body });
};

interface RuleRow {
  readonly destinationAddress: string;
  readonly description: string;
}
/** The rule that the manager made for a node's Pods. */
const podRule = (scene: Scene, cidr: string): string =>
  [...scene.world.rows.table<RuleRow>("routeRules")].find(([, row]) => row.destinationAddress === cidr)?.[0] ?? "";

/** What could not be noted on a Node is noted with the next pass over all routes, which comes after ten minutes at the latest. */
const PASS_MS = 800_000;

const withWeb = (scene: Scene): Promise<void> => readyService(scene, "web");

/** Nodes that come, go and change, with a Service on them. */
export const NODE_SCENARIOS: readonly Scenario[] = [
  {
    name: "node-join",
    recoveryMs: PASS_MS,
    summary: "A node joins.",
    setup: withWeb,
    act: async (scene) => void (await scene.world.joinNode("node-4")),
  },
  {
    name: "node-leave",
    summary: "A machine is released: its Node goes, and its route, and its place behind the load balancer.",
    setup: withWeb,
    async act(scene) {
      await release(scene, "node-3");
      await gone(scene, "node-3");
    },
  },
  {
    name: "node-replaced",
    recoveryMs: PASS_MS,
    summary: "A machine is released, and another one of the same name joins.",
    setup: withWeb,
    async act(scene) {
      await release(scene, "node-3");
      await gone(scene, "node-3");
      await scene.world.joinNode("node-3");
    },
  },
  {
    name: "node-stopped",
    settleMs: 15_000,
    summary: "A machine is switched off: its Node stays, with the taint of one that is off.",
    polls: true,
    setup: withWeb,
    async act(scene) {
      scene.world.simulator.stopInstance(machineId(scene, "node-3"));
      await scene.world.machines.powerOff("node-3");
    },
  },
  {
    name: "node-started",
    settleMs: 15_000,
    summary: "A machine that was off is switched on again.",
    async setup(scene) {
      await withWeb(scene);
      scene.world.simulator.stopInstance(machineId(scene, "node-3"));
      await scene.world.machines.powerOff("node-3");
      await scene.pause(20_000);
    },
    async act(scene) {
      scene.world.simulator.startInstance(machineId(scene, "node-3"));
      await scene.pause(2000);
      await scene.world.machines.powerOn("node-3");
    },
  },
  {
    name: "node-deleted-by-hand",
    settleMs: 20_000,
    summary: "Somebody deletes the Node of a machine that runs.",
    setup: withWeb,
    act: async (scene) => void (await scene.world.client.delete(NODES, { name: "node-3" })),
  },
  {
    name: "node-excluded",
    summary: "A Node is taken out of the load balancers by its label.",
    setup: withWeb,
    act: (scene) =>
      editNode(scene, "node-3", {
        metadata: { labels: { "node.kubernetes.io/exclude-from-external-load-balancers": "" } },
      }),
  },
  {
    name: "nodes-third-vanish",
    summary: "Three of ten machines are released at once.",
    world: { nodes: 10 },
    setup: withWeb,
    async act(scene) {
      const names = ["node-2", "node-5", "node-9"];
      await Promise.all(names.map((name) => release(scene, name)));
      for (const name of names) await gone(scene, name);
    },
  },
  {
    name: "nodes-most-vanish",
    summary: "Four of five machines vanish at once: no Node is deleted, as the cloud's answer is more likely wrong.",
    world: { nodes: 5 },
    polls: true,
    triesAgain: true,
    setup: withWeb,
    async act(scene) {
      await Promise.all(["node-2", "node-3", "node-4", "node-5"].map((name) => release(scene, name)));
      await scene.pause(20_000);
    },
  },
];

/** Routes to the Pods of nodes. */
export const ROUTE_SCENARIOS: readonly Scenario[] = [
  {
    name: "route-quota",
    settleMs: 120_000,
    summary: "There is no room for another route, until a node goes.",
    // Of the VPC itself, of the three nodes, and of somebody else.
    world: { quotas: { routeRules: 5 } },
    async act(scene) {
      await scene.world.joinNode("node-4");
      await scene.pause(15_000);
      await release(scene, "node-3");
      await gone(scene, "node-3");
    },
    recoveryMs: PASS_MS,
  },
  {
    name: "route-conflict",
    recoveryMs: PASS_MS,
    settleMs: 20_000,
    summary: "A node joins whose Pods' addresses somebody else's route has.",
    async setup(scene) {
      const { id } = scene.world.simulator.createInstance({ name: "router", inCluster: false });
      scene.foreign(ruleRow(await userRule(scene, "10.244.4.0/24", id)));
    },
    act: async (scene) => void (await scene.world.joinNode("node-4")),
  },
  {
    name: "route-next-hop-replaced",
    settleMs: 60_000,
    summary: "Somebody has pointed a node's route to another machine when another node joins.",
    recoveryMs: PASS_MS,
    async act(scene) {
      const { cloud, world, token } = scene;
      const id = podRule(scene, "10.244.3.0/24");
      const rule = (await cloud.vpc.listRouteRules({ vpcId: world.simulator.vpcId })).find(
        ({ routeRuleId }) => routeRuleId === id,
      );
      if (rule) await cloud.vpc.updateRouteRule(rule, { nexthopId: machineId(scene, "node-1") }, token());
      await scene.world.joinNode("node-4");
    },
  },
  {
    name: "route-removed",
    settleMs: 60_000,
    summary: "Somebody has removed a node's route when another node joins.",
    recoveryMs: PASS_MS,
    async act(scene) {
      scene.world.simulator.removeRoute(podRule(scene, "10.244.3.0/24"));
      await scene.world.joinNode("node-4");
    },
  },
  {
    name: "route-not-advertised",
    recoveryMs: PASS_MS,
    settleMs: 30_000,
    summary: "A Node says that it wants no routes any more.",
    act: (scene) =>
      editNode(scene, "node-3", { metadata: { annotations: { "node.alpha.kubernetes.io/advertise-route": "false" } } }),
  },
];
