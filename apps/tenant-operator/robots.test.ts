import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { seededRandom } from "@ccm/base";
import { createRobotKeeper, readDockerConfig } from "@ccm/image-registry";
import { createRotationScene } from "@ccm/image-registry/testing";
import { type KubeObject, SECRETS } from "@ccm/kube";
import { TENANT_LABEL, TENANTS } from "@ccm/tenancy";
import { createMemoryKube, createScene, type MemoryKube, OPERATOR_NAMESPACE } from "@ccm/tenancy/testing";

const PULLS = { name: "registry", project: "app" };

async function createWorld() {
  const registry = await createRotationScene();
  const kube = createMemoryKube();
  const { instanceId } = registry;
  const open = async (dies: () => boolean = () => false) => {
    let dead = false;
    const alive = () => {
      if (dead) throw new Error("the process has died");
    };
    const after = () => {
      dead ||= dies();
      return dead;
    };
    const write =
      <A extends readonly unknown[], R>(call: (...args: A) => Promise<R>) =>
      async (...args: A): Promise<R> => {
        alive();
        const answer = await call(...args);
        if ((args[0] as { readonly kind: string }).kind === "Secret" && after()) alive();
        return answer;
      };
    const client = {
      ...kube,
      create: write(kube.create),
      update: write(kube.update),
      delete: write(kube.delete),
      patch: write(kube.patch),
    } as MemoryKube;
    const keeper = createRobotKeeper(registry.env(after).ccr, seededRandom(`passwords ${kube.writes.length}`));
    const living = async <R>(call: () => Promise<R>): Promise<R> => {
      alive();
      return call();
    };
    const robots: typeof keeper = {
      login: (...args) => living(() => keeper.login(...args)),
      keep: (...args) => living(() => keeper.keep(...args)),
      remove: (...args) => living(() => keeper.remove(...args)),
    };
    return createScene({ client, clock: registry.clock, robots });
  };
  const config = () => {
    const secret = kube.all(SECRETS).find(({ metadata }) => metadata.namespace === "a-web");
    const text = Buffer.from(secret?.data?.[".dockerconfigjson"] ?? "", "base64").toString();
    return readDockerConfig(text, "the copy").find(({ key }) => key === registry.host)?.credential;
  };
  return {
    registry,
    kube,
    open,
    spec: (pullSecret: object = {}) => ({
      registries: { pullSecret: { ...PULLS, instanceID: instanceId, ...pullSecret } },
    }),
    robots: async () => (await registry.robots()).filter(({ name }) => name.startsWith("ccr$tenant-")),
    /** What becomes of a pull with what the tenant's namespace has. */
    async pull() {
      const credential = config();
      return credential ? registry.pull(credential) : "no Secret";
    },
    secrets: () => kube.all(SECRETS).map(({ metadata }: KubeObject) => `${metadata.namespace}/${metadata.name}`),
    async [Symbol.asyncDispose]() {
      await registry.close();
    },
  };
}

type World = Awaited<ReturnType<typeof createWorld>>;

/** Runs `act` with a process that dies after its first, second, … change; `check` with the process after it. */
async function dyingEverywhere(
  before: (world: World) => Promise<void>,
  act: (scene: Awaited<ReturnType<typeof createScene>>) => Promise<unknown>,
  check: (world: World) => Promise<void>,
): Promise<number> {
  for (let at = 1; ; at++) {
    await using world = await createWorld();
    await before(world);
    let count = 0;
    {
      await using scene = await world.open(() => ++count === at);
      await act(scene);
      await scene.settle();
    }
    {
      await using scene = await world.open();
      await scene.settle();
      await scene.settle();
    }
    await check(world);
    if (count < at) return at - 1;
  }
}

const startTenant = async (world: World, pullSecret: object = {}) => {
  await using scene = await world.open();
  await scene.addNamespace("a-web", { [TENANT_LABEL]: "a" });
  await scene.addTenant("a", { ...world.spec(pullSecret), deletionPolicy: "Orphan" });
  await scene.settle();
};

describe("the robot of a tenant", () => {
  it("is made once, with a password that its namespaces pull with, wherever the operator dies", async () => {
    const crashes = await dyingEverywhere(
      async ({ kube, spec }) => {
        await kube.create(TENANTS, { metadata: { name: "a" }, spec: spec() });
      },
      (scene) => scene.addNamespace("a-web", { [TENANT_LABEL]: "a" }),
      async (world) => {
        assert.deepEqual(
          (await world.robots()).map(({ permissions }) => permissions.map(({ namespace }) => namespace)),
          [["app"]],
        );
        assert.equal(await world.pull(), "pulled");
      },
    );
    // The password written down, the robot, the word that it is there, the copy.
    assert.ok(crashes >= 4, `${crashes} crashes`);
  });

  it("goes with the tenant, and its Secret after it, wherever the operator dies", async () => {
    const crashes = await dyingEverywhere(
      startTenant,
      (scene) => scene.client.delete(TENANTS, { name: "a" }),
      async (world) => {
        assert.deepEqual(await world.robots(), []);
        assert.deepEqual(world.secrets(), []);
        assert.deepEqual(world.kube.all(TENANTS), []);
      },
    );
    assert.ok(crashes >= 3, `${crashes} crashes`);
  });

  it("pulls from another project when the tenant says so, with the password it has", async () => {
    await using world = await createWorld();
    await world.registry.signed("POST", `/v1/instances/${world.registry.instanceId}/projects`, {
      projectName: "other",
    });
    await startTenant(world, { project: "other" });
    assert.equal(await world.pull(), "denied");
    await using scene = await world.open();
    await scene.editTenant("a", world.spec());
    await scene.settle();
    assert.equal(await world.pull(), "pulled");
    assert.equal((await world.robots()).length, 1);
  });

  it("gets another password when the Secret is lost", async () => {
    await using world = await createWorld();
    await startTenant(world);
    await world.kube.delete(SECRETS, { namespace: OPERATOR_NAMESPACE, name: "tenant-pull-a" });
    await using scene = await world.open();
    await scene.settle();
    assert.equal(await world.pull(), "pulled");
    assert.equal((await world.robots()).length, 1);
  });

  it("is not taken from others: one of the same name without the mark stays as it is, and the tenant says so", async () => {
    await using world = await createWorld();
    await startTenant(world);
    const [robot] = await world.robots();
    assert.ok(robot);
    const { ccr } = world.registry.world;
    const { instanceId } = world.registry;
    const change = ccr.updateRobot(instanceId, robot, { description: "mine" }, world.registry.token());
    await world.registry.during(change);
    await world.kube.delete(SECRETS, { namespace: OPERATOR_NAMESPACE, name: "tenant-pull-a" });
    await using scene = await world.open();
    await scene.settle();
    const [tenant] = world.kube.all(TENANTS);
    assert.match(
      tenant?.status?.conditions?.[0]?.message ?? "",
      /robot ccr\$tenant-a-\w+ is there already and is not ours/,
    );
    await scene.client.delete(TENANTS, { name: "a" });
    await scene.settle();
    assert.equal((await world.robots())[0]?.description, "mine");
  });
});
