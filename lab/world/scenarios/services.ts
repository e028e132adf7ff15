import type { Scenario, Scene } from "../enumeration/scenario.ts";
import { CCE, OWN, port, readyService, TAKEN_BACK_MS } from "./common.ts";

/** The shared bandwidth that rich Services are in. */
const withGroup = async (scene: Scene): Promise<void> => scene.world.simulator.createEipGroup("eg-1");

/** One Service, from its creation to its end. */
export const SERVICE_SCENARIOS: readonly Scenario[] = [
  {
    name: "service-create",
    summary: "A LoadBalancer Service is created.",
    act: (scene) => scene.service("web"),
  },
  {
    name: "service-create-rich",
    summary:
      "A Service is created with all that costs calls: tags, protection, source ranges, session affinity, TCP and UDP.",
    setup: withGroup,
    act: (scene) =>
      scene.service("web", {
        annotations: {
          [`${OWN}tags`]: "team=web",
          [`${OWN}deletion-protection`]: "true",
          [`${OWN}eip-deletion-protection`]: "true",
          [`${OWN}eip-bandwidth-group-id`]: "eg-1",
        },
        spec: {
          loadBalancerSourceRanges: ["10.0.0.0/8"],
          sessionAffinity: "ClientIP",
          ports: [port("dns", 53), port("dns-udp", 53, "UDP")],
        },
      }),
  },
  {
    name: "service-create-internal",
    summary: "A Service is created that only the VPC reaches.",
    act: (scene) => scene.service("web", { annotations: { [`${CCE}load-balancer-internal-vpc`]: "true" } }),
  },
  {
    name: "service-delete",
    summary: "A Service is deleted.",
    setup: (scene) => readyService(scene, "web"),
    act: (scene) => scene.remove("web"),
  },
  {
    name: "service-delete-rich",
    summary: "A Service with source ranges, protection and a shared bandwidth is deleted.",
    async setup(scene) {
      await withGroup(scene);
      await readyService(scene, "web", {
        annotations: {
          [`${OWN}deletion-protection`]: "true",
          [`${OWN}eip-deletion-protection`]: "true",
          [`${OWN}eip-bandwidth-group-id`]: "eg-1",
        },
        spec: { loadBalancerSourceRanges: ["10.0.0.0/8"] },
      });
    },
    act: (scene) => scene.remove("web"),
  },
  {
    name: "service-delete-during-creation",
    summary: "A Service is deleted while its load balancer is being made.",
    async act(scene) {
      await scene.service("web");
      await scene.pause(1500);
      await scene.remove("web");
    },
  },
  {
    name: "service-recreate",
    summary: "A Service is deleted, and another one of the same name is created at once.",
    setup: (scene) => readyService(scene, "web"),
    async act(scene) {
      await scene.remove("web");
      await scene.until("the first one is gone", async () => !(await scene.exists("web")));
      await scene.service("web");
    },
  },
  {
    name: "service-ports",
    summary: "A port of a Service is changed, one is added and one taken away.",
    setup: (scene) => readyService(scene, "web", { spec: { ports: [port("http", 80), port("old", 81)] } }),
    act: (scene) => scene.edit("web", { spec: { ports: [port("http", 8080), port("dns", 53, "UDP")] } }),
  },
  {
    name: "service-to-cluster-ip",
    summary: "A LoadBalancer Service becomes a ClusterIP Service.",
    setup: (scene) => readyService(scene, "web"),
    act: (scene) => scene.edit("web", { spec: { type: "ClusterIP" } }),
  },
  {
    name: "service-from-cluster-ip",
    summary: "A ClusterIP Service becomes a LoadBalancer Service.",
    setup: (scene) => scene.service("web", { spec: { type: "ClusterIP" } }),
    act: (scene) => scene.edit("web", { spec: { type: "LoadBalancer" } }),
  },
  {
    name: "service-to-internal",
    summary: "A public Service becomes internal.",
    setup: (scene) => readyService(scene, "web"),
    act: (scene) => scene.edit("web", { metadata: { annotations: { [`${CCE}load-balancer-internal-vpc`]: "true" } } }),
  },
  {
    name: "service-to-public",
    summary: "An internal Service becomes public.",
    setup: (scene) => readyService(scene, "web", { annotations: { [`${CCE}load-balancer-internal-vpc`]: "true" } }),
    act: (scene) => scene.edit("web", { metadata: { annotations: { [`${CCE}load-balancer-internal-vpc`]: null } } }),
  },
  {
    name: "service-bandwidth",
    summary: "The bandwidth of a Service's address is changed.",
    setup: (scene) => readyService(scene, "web"),
    act: (scene) => scene.edit("web", { metadata: { annotations: { [`${CCE}elastic-ip-bandwidth-in-mbps`]: "20" } } }),
  },
  {
    name: "service-source-ranges",
    summary: "Source ranges are set, changed, and taken away.",
    recoveryMs: TAKEN_BACK_MS,
    setup: (scene) => readyService(scene, "web"),
    async act(scene) {
      await scene.edit("web", { spec: { loadBalancerSourceRanges: ["10.0.0.0/8"] } });
      await scene.pause(6000);
      await scene.edit("web", { spec: { loadBalancerSourceRanges: ["10.0.0.0/8", "192.168.0.0/16"] } });
      await scene.pause(6000);
      await scene.edit("web", { spec: { loadBalancerSourceRanges: null } });
    },
  },
  {
    name: "service-listener-settings",
    summary: "Scheduler and health checks of a Service are changed.",
    setup: (scene) => readyService(scene, "web"),
    act: (scene) =>
      scene.edit("web", {
        metadata: {
          annotations: {
            [`${CCE}load-balancer-scheduler`]: "LeastConnection",
            [`${CCE}load-balancer-health-check-interval`]: "10",
          },
        },
      }),
  },
  {
    name: "service-name-and-tags",
    summary: "Name and tags of a Service's load balancer are changed.",
    setup: (scene) => readyService(scene, "web"),
    act: (scene) =>
      scene.edit("web", {
        metadata: { annotations: { [`${CCE}load-balancer-lb-name`]: "shop", [`${OWN}tags`]: "team=shop" } },
      }),
  },
  {
    name: "services-five",
    summary: "Five Services are created at once.",
    async act(scene) {
      await Promise.all(["a", "b", "c", "d", "e"].map((name) => scene.service(name)));
    },
  },
  {
    name: "service-quota",
    settleMs: 330_000,
    summary: "The second of two Services finds the quota of load balancers exhausted, until the first one goes.",
    // One of them is somebody else's.
    world: { quotas: { blbs: 2 } },
    setup: (scene) => readyService(scene, "first"),
    async act(scene) {
      await scene.service("second");
      await scene.pause(5000);
      await scene.remove("first");
    },
    recoveryMs: 700_000,
  },
  {
    name: "service-eip-quota",
    settleMs: 330_000,
    summary: "The second of two Services finds the quota of addresses exhausted, until the first one goes.",
    // One of them is somebody else's.
    world: { quotas: { eips: 2 } },
    setup: (scene) => readyService(scene, "first"),
    async act(scene) {
      await scene.service("second");
      await scene.pause(5000);
      await scene.remove("first");
    },
    recoveryMs: 700_000,
  },
  {
    name: "service-lagging-lists",
    summary: "A Service is created in a cloud whose lists lag by twenty seconds.",
    world: { timings: { blbListLag: 20_000 } },
    act: (scene) => scene.service("web"),
  },
];
