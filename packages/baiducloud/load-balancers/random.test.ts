import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { integer, type Random, seededRandom } from "@ccm/base";
import { listAll, NODES, SERVICES, type Service } from "@ccm/kube";
import { inspectService } from "./inspect.ts";
import { createObserver } from "./observe.ts";
import { CLUSTER, foreignBlb, inLab, type Lab, OWN, PREFIX } from "./testing/lab.ts";

const LB = `${PREFIX}cce-load-balancer-`;
const EIP = `${PREFIX}cce-elastic-ip-`;
const NAMES = ["a", "b", "c"];
/** Somebody else's listener on the load balancer that "c" shares. */
const FOREIGN_PORT = 9999;

function choice<T>(random: Random, all: readonly T[]): T {
  return all[integer(random, all.length)] as T;
}

/** What a user may say next. */
const SETTINGS: readonly (readonly [key: string, values: readonly (string | null)[]])[] = [
  [`${LB}internal-vpc`, ["true", "false", null]],
  [`${LB}scheduler`, ["Hash", "LeastConnection", "nonsense", null]],
  [`${LB}rs-max-num`, ["1", "2", "50", "0", null]],
  [`${LB}health-check-interval`, ["5", "11", null]],
  [`${LB}lb-name`, ["front", "9bad", null]],
  [`${EIP}bandwidth-in-mbps`, ["5", "77", "x", null]],
  [`${EIP}billing-method`, ["ByBandwidth", null]],
  [`${OWN}tags`, ["team=web", "team=api", null]],
  [`${OWN}deletion-protection`, ["true", "false"]],
  [`${OWN}eip-deletion-protection`, ["true", "false"]],
  [`${OWN}performance-level`, ["small1", "large1", null]],
  [`${OWN}eip-bandwidth-group-id`, ["eg-1", "eg-2"]],
  [`${OWN}listener-protocols`, ["80=HTTP", "80=HTTP,81=SSL", null]],
  [`${OWN}certificate-id`, ["cert-1", null]],
  [`${OWN}tcp-session-timeout`, ["60", "61", null]],
];
const nextSpec = (random: Random, given: string): Partial<NonNullable<Service["spec"]>> => {
  const ports = [80, 81, 82]
    .filter(() => random.next() < 0.6)
    .map((port) => ({ name: `p${port}`, port, protocol: random.next() < 0.3 ? ("UDP" as const) : ("TCP" as const) }));
  return choice(random, [
    { ports: ports.length > 0 ? ports : [{ name: "p80", port: 80 }] },
    { sessionAffinity: choice(random, ["ClientIP" as const, "None" as const]) },
    { loadBalancerSourceRanges: choice(random, [["10.0.0.0/8"], ["10.0.0.0/8", "192.0.2.0/24"], ["0.0.0.0/0"]]) },
    { loadBalancerIP: choice(random, [given, "", "203.0.113.250"]) },
    { ipFamilies: choice(random, [["IPv4" as const], ["IPv4" as const, "IPv6" as const]]) },
  ]);
};

/** What somebody does at the console meanwhile. What the cloud refuses has not happened. */
async function meddle(lab: Lab, random: Random): Promise<void> {
  const { blbs, eips, listeners, backends } = lab.simulator.inventory();
  const { console } = lab;
  const one = <T>(all: readonly T[]) => (all.length > 0 ? choice(random, all) : undefined);
  const [blb, eip, backend] = [one(blbs), one(eips), one(backends)];
  const listener = one(listeners.filter(({ port }) => port !== FOREIGN_PORT));
  const acts: readonly (() => Promise<unknown> | undefined)[] = [
    () => blb && console.blb.update(blb.id, { name: "mine", desc: "mine" }, lab.token()),
    () => blb && console.blb.update(blb.id, { allowDelete: true }, lab.token()),
    () => eip && console.eip.unbind(eip.eip, lab.token()),
    () => eip && console.eip.resize(eip.eip, 9, lab.token()),
    () => eip && console.eip.protect(eip.eip, false, lab.token()),
    () =>
      listener &&
      console.blb.deleteListeners(
        listener.blbId,
        [{ listenerType: listener.type as "TCP", listenerPort: listener.port }],
        lab.token(),
      ),
    () =>
      listener &&
      console.blb.updateListener(
        listener.blbId,
        { listenerType: listener.type as "TCP", listenerPort: listener.port, healthCheckInterval: 9 },
        lab.token(),
      ),
    () =>
      backend &&
      console.blb.updateBackends(backend.blbId, [{ instanceId: backend.instanceId, weight: 3 }], lab.token()),
    () => backend && console.blb.removeBackends(backend.blbId, [backend.instanceId], lab.token()),
  ];
  await lab.during(Promise.resolve(choice(random, acts)()).catch(() => {}));
  await lab.clock.advance(5000);
}

const inspect = async (lab: Lab, name: string) => {
  const services = (await listAll(lab.kube, SERVICES)).items;
  const nodes = (await listAll(lab.kube, NODES)).items;
  const instances = new Set(lab.simulator.inventory().instances.map(({ id }) => id));
  const parts = { client: lab.console, clusterId: CLUSTER, clock: lab.clock, clusterInstances: () => instances };
  const observer = createObserver({ ...parts, services: () => services, vpcId: async () => lab.simulator.vpcId });
  const service = await lab.shown(name);
  const cluster = { services, nodes, slices: [] };
  return lab.during(inspectService(service, cluster, { observer, clusterId: CLUSTER }, new AbortController().signal));
};

/** Looks again at what may pass, as the framework does. */
async function ensured(lab: Lab, name: string) {
  for (let attempt = 1; ; attempt++) {
    const result = await lab.ensure(name, "resync");
    if (attempt === 4 || !result.problems.some(({ retryable }) => retryable)) return result;
    await lab.clock.advance(31_000);
  }
}

/** Users, consoles and restarts in any order. */
async function story(lab: Lab, random: Random): Promise<void> {
  const shared = await foreignBlb(lab, "shared");
  const billing = { paymentTiming: "Postpaid", billingMethod: "ByTraffic" } as const;
  const mine = { name: "mine", bandwidthInMbps: 9, billing };
  const { eip: given } = await lab.during(lab.console.eip.create(mine, lab.token()));
  const foreign = {
    listenerType: "TCP",
    listenerPort: FOREIGN_PORT,
    backendPort: 31999,
    scheduler: "RoundRobin",
  } as const;
  await lab.during(lab.console.blb.createListener(shared, foreign, lab.token()));
  await lab.clock.advance(5000);
  const there = new Set<string>();
  for (let turn = 0; turn < 14; turn++) {
    const name = choice(random, NAMES);
    const dice = random.next();
    if (there.has(name) && dice < 0.15) {
      await lab.remove(name);
      there.delete(name);
      continue;
    }
    const [key, values] = choice(random, SETTINGS);
    // One of the three shares somebody else's load balancer.
    const where = name === "c" ? { [`${LB}exist-id`]: shared } : {};
    const fresh = !there.has(name);
    await lab.apply(name, {
      annotations: { ...where, [key]: fresh ? (values[0] ?? "x") : choice(random, values) },
      spec: nextSpec(random, given),
    });
    there.add(name);
    if (dice > 0.6) await meddle(lab, random);
    if (dice > 0.85) lab.restart();
    if (dice > 0.3 && dice < 0.4) await lab.addNode(`new-${turn}`, "cn-bj-a");
    if (dice > 0.4 && dice < 0.5) {
      const [first, ...others] = (await listAll(lab.kube, NODES)).items;
      const name = first?.metadata.name ?? "";
      if (others.length > 0) await lab.kube.delete(NODES, { name });
    }
    await lab.clock.advance(1000);
    const seen: Record<string, unknown> = {};
    for (const one of there) seen[one] = await ensured(lab, one);
    for (const one of there)
      assert.deepEqual((await inspect(lab, one)).steps, [], `turn ${turn}: ${one}: ${JSON.stringify(seen[one])}`);
    const kept = (await lab.during(lab.console.blb.listListeners(shared))).filter(
      ({ listenerPort }) => listenerPort === FOREIGN_PORT,
    );
    assert.equal(kept.length, 1, "somebody else's listener");
  }
  for (const name of there) await lab.remove(name);
  const { blbs, eips, listeners } = lab.simulator.inventory();
  assert.deepEqual(
    blbs.map(({ id }) => id),
    [shared],
  );
  assert.deepEqual(
    listeners.map(({ port }) => port),
    [FOREIGN_PORT],
  );
  assert.deepEqual(
    eips.map(({ eip, instanceId }) => [eip, instanceId]),
    [[given, null]],
  );
  // Every VPC has a default one.
  const groups = await lab.during(lab.console.securityGroups.list(lab.simulator.vpcId));
  assert.deepEqual(
    groups.map(({ name }) => name),
    ["default"],
  );
}

describe("random Services on a random cloud", () => {
  for (let seed = 1; seed <= 25; seed++) {
    it(`are as wanted after each look, leave nothing behind, and touch nothing of others: seed ${seed}`, () =>
      inLab((lab) => {
        for (const id of ["eg-1", "eg-2"]) lab.simulator.createEipGroup(id);
        return story(lab, seededRandom(`story ${seed}`));
      }));
  }
});
