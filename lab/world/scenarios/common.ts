import type { Scenario, Scene } from "../enumeration/scenario.ts";

/** What was taken back before another manager looked is nothing that it had to finish: the next look for drift sees it. */
export const TAKEN_BACK_MS = 900_000;

/** Our own annotations, those of Baidu's controllers, and the table's scope in the world's rows. */
export const OWN = "cloud-provider-baiducloud/";
export const CCE = "service.beta.kubernetes.io/cce-";
const SCOPE = "lab/bj/";
/** What a change of the cloud may take until it can be changed again. */
const SETTLED_MS = 1500;

export const ready = (scene: Scene, name: string): Promise<void> =>
  scene.until(`${name} has an address`, async () => (await scene.addressOf(name)) !== undefined);

export async function readyService(
  scene: Scene,
  name: string,
  options: Parameters<Scene["service"]>[1] = {},
): Promise<void> {
  await scene.service(name, options);
  await ready(scene, name);
}

export const port = (name: string, number: number, protocol: "TCP" | "UDP" = "TCP") => ({
  name,
  port: number,
  protocol,
});

export const blbRow = (id: string) => ({ table: `${SCOPE}blbs`, id });
export const eipRow = (id: string) => ({ table: `${SCOPE}eips`, id });
export const ruleRow = (id: string) => ({ table: `${SCOPE}routeRules`, id });

/** A load balancer that the user makes in the console. */
export async function userBlb(scene: Scene, name: string, desc = "by hand"): Promise<string> {
  const { simulator } = scene.world;
  const spec = { name, desc, vpcId: simulator.vpcId, subnetId: simulator.subnetIds[0] ?? "" };
  const { blbId } = await scene.cloud.blb.create(spec, scene.token());
  await scene.pause(SETTLED_MS);
  return blbId;
}

/** An address that the user makes in the console. */
export async function userEip(scene: Scene, name: string): Promise<string> {
  const billing = { paymentTiming: "Postpaid", billingMethod: "ByTraffic" } as const;
  const { eip } = await scene.cloud.eip.create({ name, bandwidthInMbps: 5, billing }, scene.token());
  await scene.pause(SETTLED_MS);
  return eip;
}

export async function userListener(scene: Scene, blbId: string, listenerPort: number): Promise<void> {
  const listener = { listenerType: "TCP", listenerPort, backendPort: 31_999, scheduler: "RoundRobin" } as const;
  await scene.cloud.blb.createListener(blbId, listener, scene.token());
  await scene.pause(SETTLED_MS);
}

/** A rule of the VPC's main route table that the user makes in the console. */
export async function userRule(scene: Scene, destinationAddress: string, nexthopId: string): Promise<string> {
  const { cloud, world, token } = scene;
  const { routeTableId } = await cloud.vpc.routeTable(world.simulator.vpcId);
  const rule = { sourceAddress: "0.0.0.0/0", nexthopType: "custom", description: "by hand" } as const;
  const { routeRuleId } = await cloud.vpc.createRouteRule(
    { ...rule, routeTableId, destinationAddress, nexthopId },
    token(),
  );
  return routeRuleId;
}

/**
 * What is somebody else's in the same account and VPC, under the very names that ours would have: a load balancer that
 * serves, an address, a machine, a route.
 */
async function strangers(scene: Scene): Promise<void> {
  const { cloud, world, token, foreign } = scene;
  const { id } = world.simulator.createInstance({ name: "stranger", inCluster: false });
  const blbId = await userBlb(scene, "CCE/SVC/cce-world/default/web");
  await userListener(scene, blbId, 80);
  await cloud.blb.addBackends(blbId, [{ instanceId: id, weight: 100 }], token());
  await scene.pause(SETTLED_MS);
  const eip = await userEip(scene, "CCE/SVC/cce-world/default/web");
  const ruleId = await userRule(scene, "172.31.0.0/16", id);
  for (const row of [blbRow(blbId), eipRow(eip), ruleRow(ruleId)]) foreign(row);
}

/** The scenario in a world where there are others, too. */
export function amongStrangers(scenario: Scenario): Scenario {
  return {
    ...scenario,
    async setup(scene) {
      await strangers(scene);
      await scenario.setup?.(scene);
    },
  };
}
