/** For the tests of this folder: the service controller between an API server and a fake cloud, and what a user does to Services. */
import { NODES, type Node, SERVICES, type Service } from "@ccm/kube";
import type { LoadBalancers } from "../contract.ts";
import { createHarness, type HarnessOptions, newNode } from "../testing/harness.ts";
import { createServiceController, type ServiceControllerOptions } from "./service-controller.ts";

export const FINALIZER = "service.kubernetes.io/load-balancer-cleanup";
/** The Service that most tests are about. */
export const KEY = "default/web";
export const WEB = { namespace: "default", name: "web" };

export interface StartOptions extends HarnessOptions, Partial<Omit<ServiceControllerOptions, "loadBalancers">> {
  /** Names of the nodes that are there, each with its provider ID. Default n1 and n2. */
  readonly nodes?: readonly string[];
  /** What is there before the controller starts, with its status. */
  readonly services?: readonly Service[];
  /** Instead of what the fake cloud does. */
  readonly cloud?: (fake: LoadBalancers) => Partial<LoadBalancers>;
}

export interface Bench extends Awaited<ReturnType<typeof start>> {}

export const readyNode = (name: string, more: Parameters<typeof newNode>[1] = {}): Node =>
  newNode(name, { ...more, spec: { providerID: `fake://${name}`, ...more.spec } });

export async function start(options: StartOptions = {}) {
  const { nodes = ["n1", "n2"], services = [], cloud, clusterName = "kubernetes", workers = 10 } = options;
  const harness = await createHarness(options);
  const { user, during, clock } = harness;
  const bench = {
    ...harness,
    addNode: (node: string | Node) => during(user.create(NODES, typeof node === "string" ? readyNode(node) : node)),
    patchNode: (name: string, body: unknown) => during(user.patch(NODES, { name }, { type: "strategic", body })),
    removeNode: (name: string) => during(user.delete(NODES, { name })),
    create: (service: Service) => during(user.create(SERVICES, service)),
    get: (name = WEB.name): Promise<Service> => during(user.get(SERVICES, { ...WEB, name })),
    patch: (body: unknown, name = WEB.name) => during(user.patch(SERVICES, { ...WEB, name }, { type: "merge", body })),
    setStatus: (status: Service["status"], name = WEB.name) =>
      during(user.patch(SERVICES, { ...WEB, name }, { type: "merge", body: { status } }, { subresource: "status" })),
    remove: (name = WEB.name) => during(user.delete(SERVICES, { ...WEB, name })),
    /** Whether the Service is there. */
    exists: (name = WEB.name): Promise<boolean> =>
      during(
        user.get(SERVICES, { ...WEB, name }).then(
          () => true,
          () => false,
        ),
      ),
    seconds: (count: number) => clock.advance(count * 1000),
    methods: () => harness.cloud.calls.map(({ method }) => method),
    /** "<method> <Service's name>: <nodes>" of each call to the cloud. */
    calls: () =>
      harness.cloud.calls.map(
        ({ method, about: [key = "", ...names] }) =>
          `${method} ${key.replace("default/", "")}${names.length > 0 ? `: ${names.join(" ")}` : ""}`,
      ),
    /** The requests that changed the Service. */
    writes: (name = WEB.name) => harness.requests.filter(({ path }) => path.includes(`/services/${name}`)),
    condition: async (name = WEB.name) => {
      const service: Service = await during(user.get(SERVICES, { ...WEB, name }));
      return service.status?.conditions?.find(({ type }) => type === "LoadBalancerReady");
    },
    /** Starts the controller, once more after a restart. */
    run: () =>
      harness.run("service-controller", (context) =>
        createServiceController(context, {
          loadBalancers: { ...harness.cloud.loadBalancers, ...cloud?.(harness.cloud.loadBalancers) },
          clusterName,
          workers,
          driftPeriodMs: options.driftPeriodMs ?? 0,
          ...(options.ignoredAnnotations ? { ignoredAnnotations: options.ignoredAnnotations } : {}),
        }),
      ),
  };
  for (const name of nodes) await bench.addNode(name);
  for (const service of services) {
    await bench.create(service);
    if (service.status) await bench.setStatus(service.status, service.metadata.name);
  }
  await bench.run();
  return bench;
}
