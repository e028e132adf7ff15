import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { KubeClient } from "@ccm/kube";
import type { Controller } from "../context.ts";
import { BUILT_IN_CONTROLLERS, type ControllerEntry } from "./controllers.ts";
import { createWorld } from "./testing/world.ts";

const MIGRATION = { leaderElect: true, enableLeaderMigration: true };
const untilAborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
const idle: Controller = { run: untilAborted };

type Manager = ReturnType<ReturnType<typeof createWorld>["launch"]>;
const running = (manager: Manager): readonly string[] =>
  BUILT_IN_CONTROLLERS.map(({ metricName }) => metricName).filter(
    (name) => manager.metrics.value("running_managed_controllers", { name, manager: "cloud-controller-manager" }) === 1,
  );

describe("a provider", () => {
  it("is told whether somebody may have led before", async () => {
    const world = createWorld();
    const told: (boolean | undefined)[] = [];
    const launch = (name: string, leaderElect: boolean) =>
      world.launch(name, {
        config: { leaderElect },
        provider: {
          async initialize({ isFirstLeader }) {
            told.push(isFirstLeader);
          },
        },
      });
    for (const [name, leaderElect] of [
      ["one", true],
      ["two", true],
      ["three", false],
    ] as const) {
      const manager = launch(name, leaderElect);
      await world.clock.advance(10_000);
      await manager.terminate();
    }
    assert.deepEqual(told, [true, false, false]);
    world.close();
  });
});

describe("leader migration", () => {
  it("runs what is not listed under the main lease, the rest under the second, and initialises the provider once", async () => {
    const world = createWorld();
    let initialised = 0;
    const manager = world.launch("one", {
      config: MIGRATION,
      provider: {
        async initialize() {
          initialised++;
        },
      },
    });
    await world.clock.advance(10_000);
    assert.deepEqual(running(manager), ["cloud-node", "cloud-node-lifecycle", "route", "service"]);
    assert.match(await world.holder(), /^one_/);
    assert.match(await world.holder("cloud-provider-extraction-migration"), /^one_/);
    assert.equal(initialised, 1);
    assert.match(await manager.get("/healthz?verbose"), /\[\+\]leaderMigration ok/);
    await manager.terminate();
    assert.equal(await world.holder(), "");
    assert.equal(await world.holder("cloud-provider-extraction-migration"), "");
    world.close();
  });

  it("leaves what migrates to whoever holds the second lease, and takes over when it is let go", async () => {
    const world = createWorld();
    await world.hold("cloud-provider-extraction-migration", "kube-controller-manager", 30);
    const manager = world.launch("one", { config: MIGRATION });
    await world.clock.advance(20_000);
    assert.deepEqual(running(manager), ["cloud-node"]);
    await world.clock.advance(20_000);
    assert.deepEqual(running(manager), ["cloud-node", "cloud-node-lifecycle", "route", "service"]);
    await manager.terminate();
    world.close();
  });

  it("never starts what the file gives to another manager", async () => {
    const world = createWorld();
    const text = [
      "apiVersion: controllermanager.config.k8s.io/v1",
      "kind: LeaderMigrationConfiguration",
      "leaderName: moving",
      "controllerLeaders: [{name: route, component: kube-controller-manager}, {name: service, component: '*'}]",
    ].join("\n");
    const manager = world.launch("one", {
      config: { ...MIGRATION, leaderMigrationConfig: "/etc/migration.yaml" },
      env: { files: { read: async () => text, write: async () => {} } },
    });
    await world.clock.advance(10_000);
    assert.deepEqual(running(manager), ["cloud-node", "cloud-node-lifecycle", "service"]);
    assert.match(await world.holder("moving"), /^one_/);
    await manager.terminate();
    world.close();
  });

  it("ends the manager when the second lease is lost", async () => {
    const world = createWorld();
    const manager = world.launch("one", { config: MIGRATION });
    await world.clock.advance(10_000);
    await world.hold("cloud-provider-extraction-migration", "somebody", 3600);
    await world.clock.advance(15_000);
    assert.match(String(manager.outcome), /leader lease kube-system\/cloud-provider-extraction-migration lost/);
    assert.deepEqual(running(manager), []);
    world.close();
  });
});

describe("controllers of a provider's own", () => {
  const mine = (create: ControllerEntry["create"]): ControllerEntry => ({
    canonical: "my-cleanup-controller",
    aliases: ["my-cleanup"],
    metricName: "my-cleanup",
    identity: "my-cleanup-controller",
    component: "my-cleanup",
    create,
  });

  it("run beside the others, with a client of their own and a health check that fails when they say so", async () => {
    const world = createWorld();
    const identities: string[] = [];
    let problem: string | undefined;
    const clientOf = (client: KubeClient) => (identity: string) => {
      identities.push(identity);
      return client;
    };
    const manager = world.launch("one", {
      config: { controllers: ["my-cleanup", "service"] },
      extensions: {
        controllers: [...BUILT_IN_CONTROLLERS, mine(() => ({ ...idle, healthProblem: () => problem }))],
      },
      env: { clientFor: clientOf(world.user) },
    });
    await world.clock.advance(10_000);
    assert.deepEqual(identities, ["service-controller", "my-cleanup-controller"]);
    assert.match(await manager.get("/healthz?verbose"), /^200 [\s\S]*\[\+\]my-cleanup-controller ok/);
    problem = "stuck";
    assert.match(await manager.get("/healthz"), /^500 [\s\S]*\[-\]my-cleanup-controller failed/);
    await manager.terminate();
    world.close();
  });

  it("may be skipped, and are off by default when they say so", async () => {
    const world = createWorld();
    const built: string[] = [];
    const entry = (name: string, offByDefault: boolean): ControllerEntry => ({
      ...mine(() => {
        built.push(name);
        return undefined;
      }),
      canonical: name,
      offByDefault,
    });
    const manager = world.launch("one", {
      extensions: { controllers: [entry("a-controller", false), entry("b-controller", true)] },
    });
    await world.clock.advance(10_000);
    assert.deepEqual(built, ["a-controller"]);
    assert.match(await world.holder(), /^one_/);
    await manager.terminate();
    world.close();
  });

  it("start with a pause between them when --controller-start-interval says so, and end the manager when they throw", async () => {
    const world = createWorld();
    const at: number[] = [];
    const slow = (name: string): ControllerEntry => ({
      ...mine(() => {
        at.push(world.clock.monotonic());
        return idle;
      }),
      canonical: name,
    });
    const broken: ControllerEntry = {
      ...mine(() => {
        throw new Error("no licence");
      }),
      canonical: "broken-controller",
    };
    const manager = world.launch("one", {
      config: { controllerStartInterval: 10_000 },
      extensions: { controllers: [slow("a-controller"), slow("b-controller"), broken] },
    });
    await world.clock.advance(60_000);
    const [first = 0, second = 0] = at;
    assert.ok(second - first >= 10_000 && second - first < 20_000, String(at));
    assert.match(String(manager.outcome), /no licence/);
    assert.equal(await world.holder(), "", "nobody works on, and nobody waits for the lease");
    world.close();
  });
});
