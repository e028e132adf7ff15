import { ENDPOINT_SLICES, type EndpointSlice, type KubeClient, SERVICES } from "@ccm/kube";
import type { Scenario, Scene } from "../enumeration/scenario.ts";
import { blbRow, CCE, eipRow, OWN, port, ready, readyService, userBlb } from "./common.ts";

const LOCAL = { spec: { externalTrafficPolicy: "Local" as const } };
const OTHERS_CLASS = "example.com/others";
const SLICE = { namespace: "default", name: "web-1" };

/** The one Pod of a Service, on this node. */
function sliceOn(nodeName: string): EndpointSlice {
  const { name, namespace } = SLICE;
  return {
    metadata: { name, namespace, labels: { "kubernetes.io/service-name": "web" } },
    addressType: "IPv4",
    endpoints: [{ addresses: ["10.244.1.5"], nodeName, conditions: { ready: true } }],
    ports: [{ name: "http", port: 80, protocol: "TCP" }],
  } as EndpointSlice;
}
const createSlice = (client: KubeClient, node: string) => client.create(ENDPOINT_SLICES, sliceOn(node));

/** The user's load balancer, which a scenario has to find again. */
const shared = new WeakMap<Scene, string>();

/** What else a Service may ask for. */
export const VARIANT_SCENARIOS: readonly Scenario[] = [
  {
    name: "service-local",
    summary: "A Service that keeps the clients' addresses is created, and its only Pod is on one node.",
    setup: async ({ world }) => void (await createSlice(world.client, "node-1")),
    act: (scene) => scene.service("web", LOCAL),
  },
  {
    name: "service-local-pod-moves",
    summary: "The only Pod of a Service that keeps the clients' addresses moves to another node.",
    async setup(scene) {
      await createSlice(scene.world.client, "node-1");
      await readyService(scene, "web", LOCAL);
    },
    act: async ({ world }) =>
      void (await world.client.patch(ENDPOINT_SLICES, SLICE, {
        type: "merge",
        body: { endpoints: sliceOn("node-2").endpoints },
      })),
  },
  {
    name: "service-to-other-class",
    summary: "A Service becomes internal to the cluster, and then another controller's by its class.",
    setup: (scene) => readyService(scene, "web"),
    async act(scene) {
      await scene.edit("web", { spec: { type: "ClusterIP" } });
      // Given away before that, what it had would wait for its deletion, as upstream has it.
      await scene.until("nothing of it is left", async () => {
        const { metadata } = await scene.world.client.get(SERVICES, { namespace: "default", name: "web" });
        return (metadata.finalizers ?? []).length === 0;
      });
      await scene.edit("web", { spec: { type: "LoadBalancer", loadBalancerClass: OTHERS_CLASS } });
    },
  },
  {
    name: "service-from-other-class",
    summary: "A Service of another controller's class becomes one of no class.",
    setup: (scene) => scene.service("web", { spec: { loadBalancerClass: OTHERS_CLASS } }),
    async act(scene) {
      await scene.edit("web", { spec: { type: "ClusterIP", loadBalancerClass: null } });
      await scene.edit("web", { spec: { type: "LoadBalancer" } });
    },
  },
  {
    name: "service-keep-eip",
    summary: "A Service is deleted whose address is to stay in the account.",
    async setup(scene) {
      await readyService(scene, "web", { annotations: { [`${OWN}keep-eip`]: "true" } });
      scene.keeps(eipRow((await scene.addressOf("web")) ?? ""));
    },
    act: (scene) => scene.remove("web"),
  },
  {
    name: "service-reserve-blb",
    summary: "A Service is deleted whose load balancer is to stay in the account.",
    async setup(scene) {
      await readyService(scene, "web", { annotations: { [`${CCE}load-balancer-reserve-lb`]: "true" } });
      for (const { blbId, desc } of await scene.cloud.blb.list()) {
        if (desc?.includes("cce-world")) scene.keeps(blbRow(blbId));
      }
    },
    act: (scene) => scene.remove("web"),
  },
  {
    name: "services-share-blb-at-once",
    summary: "Three internal Services are created at once on one load balancer of the user's.",
    async setup(scene) {
      const id = await userBlb(scene, "shared");
      scene.keeps(blbRow(id));
      shared.set(scene, id);
    },
    async act(scene) {
      // Internal: which of them would have the address made is a matter of who is first.
      const annotations = {
        [`${CCE}load-balancer-exist-id`]: shared.get(scene) ?? "",
        [`${CCE}load-balancer-internal-vpc`]: "true",
      };
      for (const [name, number] of [
        ["web", 80],
        ["api", 81],
        ["db", 82],
      ] as const) {
        await scene.service(name, { annotations, spec: { ports: [port("http", number)] } });
      }
      await ready(scene, "db");
    },
  },
];
