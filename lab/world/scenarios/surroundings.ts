import { jsonResponse, readText, sleep, TransportError } from "@ccm/base";
import type { KubeObject, ResourceType } from "@ccm/kube";
import { holder } from "../enumeration/replicas.ts";
import type { Scenario, Scene } from "../enumeration/scenario.ts";
import { isWatch, type Storm } from "../enumeration/weather.ts";
import { port, readyService } from "./common.ts";

const NAMESPACES: ResourceType<KubeObject> = {
  group: "",
  version: "v1",
  plural: "namespaces",
  kind: "Namespace",
  namespaced: false,
};
const CROWD = 50;
const HOUR_MS = 3_600_000;
const JUMP_MS = 600_000;
/** For long scenarios, which would be renewals of the lease every two seconds and little else. */
const SLOW_ELECTION = {
  leaderElectLeaseDuration: 60_000,
  leaderElectRenewDeadline: 40_000,
  leaderElectRetryPeriod: 20_000,
};

const status = (code: number, reason: string, message: string, headers: Readonly<Record<string, string>> = {}) =>
  jsonResponse(code, { kind: "Status", apiVersion: "v1", status: "Failure", reason, code, message }, headers);

/** Nobody answers at the address of the server. */
const down = (scene: Scene, server: "kube" | "cloud"): Storm => {
  return async ({ to }, _request, pass) => {
    if (to !== server) return pass();
    await sleep(scene.world.clock, 5);
    throw new TransportError("refused", "connection refused");
  };
};
/** All instance lists of the cloud are empty. */
const emptyLists: Storm = async ({ to }, { url }, pass) => {
  const response = await pass();
  if (to !== "cloud" || response.status !== 200) return response;
  if (/\/cluster\/[^/]+\/instances/.test(url)) {
    return jsonResponse(200, { instancePage: { totalCount: 0, instanceList: [] }, requestID: "world" });
  }
  if (!/\/v2\/instance(?:$|\?|\/listByInstanceId)/.test(url)) return response;
  const answer = JSON.parse(await readText(response.body)) as object;
  return jsonResponse(200, { ...answer, instances: [] });
};
const throttling = (server: "kube" | "cloud"): Storm => {
  return async ({ to }, _request, pass) => {
    if (to !== server) return pass();
    if (to === "kube") return status(429, "TooManyRequests", "by the world", { "retry-after": "1" });
    return jsonResponse(429, { code: "RequestLimitExceeded", message: "by the world", requestId: "world" });
  };
};
/** A webhook says no to each patch of a Service's status. */
const refusingWebhook: Storm = async ({ to }, { method, url }, pass) => {
  if (to !== "kube" || method !== "PATCH" || !/\/services\/[^/]+\/status/.test(url)) return pass();
  return status(403, "Forbidden", 'admission webhook "world" denied the request');
};
/** Whoever watches is told that it has waited too long, and has to list again. */
const expired: Storm = async (link, request, pass) =>
  isWatch(link, request) && !/sendInitialEvents/.test(request.url)
    ? status(410, "Expired", "too old resource version")
    : pass();

async function during(scene: Scene, storm: Storm, ms: number): Promise<void> {
  scene.weather.set(storm);
  await scene.pause(ms);
  scene.weather.set(undefined);
}

async function renewKeys(scene: Scene): Promise<void> {
  scene.world.simulator.rotateCredentials();
  await scene.service("web");
  await scene.pause(20_000);
  scene.world.renewAccessKey();
}

function namespaceDeleted(name: string, count: number): Scenario {
  return {
    name,
    summary: `A namespace with ${count} Services is deleted.`,
    world: { quotas: { blbs: 60, eips: 60 } },
    async setup(scene) {
      await scene.world.client.create(NAMESPACES, { metadata: { name: "shop" } });
      const names = Array.from({ length: count }, (_, i) => `s${i}`);
      await Promise.all(names.map((name) => scene.service(name, { namespace: "shop" })));
      await scene.pause(60_000);
    },
    act: async (scene) => void (await scene.world.client.delete(NAMESPACES, { name: "shop" })),
    recoveryMs: 400_000,
  };
}

/** What goes on around: configuration, replicas, the API server, the clock, the cloud as a whole. */
export const SURROUNDINGS_SCENARIOS: readonly Scenario[] = [
  // With so many, effects are alike: each one is disturbed with fewer.
  { ...namespaceDeleted("namespace-deleted", CROWD), every: 120 },
  namespaceDeleted("namespace-deleted-small", 4),
  {
    name: "config-no-addresses",
    summary: "The cloud config says that no Service gets a public address any more.",
    setup: (scene) => readyService(scene, "web"),
    act: async (scene) => scene.world.changeCloudConfig({ DisableEip: true }, scene.replicas.running),
  },
  {
    name: "config-node-source",
    summary: "The cloud config names another source of nodes, and a node joins.",
    setup: (scene) => readyService(scene, "web"),
    async act(scene) {
      scene.world.changeCloudConfig({ NodeSource: "bcc" }, scene.replicas.running);
      await scene.world.joinNode("node-4");
    },
  },
  {
    name: "credentials-renewed",
    settleMs: 330_000,
    summary: "The access key is replaced in the cloud twenty seconds before it is in the manager.",
    act: renewKeys,
    recoveryMs: 400_000,
  },
  {
    name: "leader-dies",
    settleMs: 30_000,
    summary: "Of two replicas, the one with the lease dies while a load balancer is being made.",
    replicas: 2,
    async act(scene) {
      await scene.service("web");
      await scene.pause(1500);
      const leader = (await holder(scene.world.client))?.split("_")[0];
      if (leader) scene.replicas.kill(leader);
    },
  },
  {
    name: "leader-leaves",
    settleMs: 20_000,
    summary: "Of two replicas, the one with the lease is asked to end while a load balancer is being made.",
    replicas: 2,
    async act(scene) {
      await scene.service("web");
      await scene.pause(1500);
      await scene.replicas.end((await holder(scene.world.client))?.split("_")[0] ?? "");
    },
  },
  {
    name: "api-server-restarts",
    settleMs: 20_000,
    summary: "The API server is away for five seconds while a load balancer is being made.",
    async act(scene) {
      await scene.service("web");
      await scene.pause(1500);
      scene.weather.cutWatches();
      await during(scene, down(scene, "kube"), 5000);
    },
  },
  {
    name: "api-server-long-away",
    settleMs: 60_000,
    summary: "The API server is away for a minute: the lease is lost meanwhile.",
    async act(scene) {
      await scene.service("web");
      await scene.pause(1500);
      scene.weather.cutWatches();
      await during(scene, down(scene, "kube"), 60_000);
    },
    recoveryMs: 400_000,
  },
  {
    name: "api-server-throttles",
    settleMs: 20_000,
    summary: "The API server answers 429 to everything for five seconds.",
    async act(scene) {
      await scene.service("web");
      await scene.pause(1000);
      await during(scene, throttling("kube"), 5000);
    },
  },
  {
    name: "watches-closed",
    summary: "All watches break at the moment at which a Service is created.",
    async act(scene) {
      scene.weather.cutWatches();
      await scene.service("web");
    },
  },
  {
    name: "watches-expired",
    summary: "All watches break, and what they have seen last is too old to go on from.",
    async act(scene) {
      scene.weather.cutWatches();
      await scene.service("web");
      await during(scene, expired, 3000);
    },
  },
  {
    name: "stale-caches",
    summary: "Watches tell nothing for ten seconds while a Service is changed, deleted and created again.",
    setup: (scene) => readyService(scene, "web"),
    async act(scene) {
      scene.weather.freezeWatches(10_000);
      await scene.edit("web", { spec: { ports: [port("http", 8080)] } });
      await scene.pause(1000);
      await scene.remove("web");
      await scene.until("the first one is gone", async () => !(await scene.exists("web")));
      await scene.service("web");
    },
  },
  {
    name: "status-refused",
    settleMs: 330_000,
    summary: "A webhook refuses every patch of a Service's status for half a minute.",
    async act(scene) {
      await scene.service("web");
      await during(scene, refusingWebhook, 30_000);
    },
    recoveryMs: 400_000,
  },
  {
    name: "clock-jumps-forward",
    summary: "The clock of the machine jumps ten minutes forward while a load balancer is being made.",
    async act(scene) {
      await scene.service("web");
      await scene.pause(1500);
      scene.world.skewMs = JUMP_MS;
    },
  },
  {
    name: "clock-jumps-back",
    summary: "The clock of the machine jumps ten minutes back while a load balancer is being made.",
    async act(scene) {
      await scene.service("web");
      await scene.pause(1500);
      scene.world.skewMs = -JUMP_MS;
    },
  },
  {
    name: "cloud-empty-lists",
    summary: "The cloud's lists of machines are empty for a minute, while a kubelet is silent: no Node is deleted.",
    world: { nodes: 5 },
    setup: (scene) => readyService(scene, "web"),
    async act(scene) {
      await scene.world.machines.powerOff("node-5");
      await during(scene, emptyLists, 60_000);
      await scene.world.machines.powerOn("node-5");
    },
  },
  {
    name: "cloud-throttles",
    settleMs: 60_000,
    summary: "The cloud answers 429 to everything for twenty seconds.",
    async act(scene) {
      await scene.service("web");
      await during(scene, throttling("cloud"), 20_000);
    },
    recoveryMs: 400_000,
  },
  {
    name: "cloud-down-node-silent",
    settleMs: 30_000,
    polls: true,
    summary:
      "A kubelet says nothing for two minutes, in which nobody can ask the cloud about its machine: the Node stays.",
    async act(scene) {
      await scene.world.machines.powerOff("node-3");
      await during(scene, down(scene, "cloud"), 120_000);
      await scene.world.machines.powerOn("node-3");
    },
    recoveryMs: 800_000,
  },
  {
    name: "cloud-down-an-hour",
    settleMs: 330_000,
    world: { config: SLOW_ELECTION },
    summary: "The cloud comes back after an hour, in which a Service was changed, one created and one deleted.",
    async setup(scene) {
      await Promise.all(["web", "old"].map((name) => readyService(scene, name)));
      scene.weather.set(down(scene, "cloud"));
      await scene.service("new");
      await scene.edit("web", { spec: { ports: [port("http", 8080)] } });
      await scene.remove("old");
      await scene.pause(HOUR_MS);
    },
    act: async (scene) => scene.weather.set(undefined),
    recoveryMs: 900_000,
  },
];
