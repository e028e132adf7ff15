import { type Clock, errorText, type Logger, type Random } from "@ccm/base";
import {
  backendsOf,
  isOnlyLocal,
  type LoadBalancers,
  type ProviderContext,
  wantsLoadBalancer,
} from "@ccm/cloud-provider";
import { createWorkQueue, type Informer, itemExponentialLimiter, type Node, SERVICES, type Service } from "@ccm/kube";
import { createEndpointSource, type EndpointSource } from "./endpoints.ts";
import { createInheritance, type Inheritance, NOTHING_INHERITED } from "./inheritance.ts";
import { type AnnotationRecorder, createAnnotationRecorder } from "./recorder.ts";

/** What load balancers know of the cluster besides the Service at hand. */
export interface Surroundings {
  readonly services: Pick<Informer<Service>, "list" | "get">;
  readonly nodes: Pick<Informer<Node>, "list">;
  readonly endpoints: EndpointSource;
  readonly inheritance: Inheritance;
  readonly record: AnnotationRecorder;
  tell(service: Service, reason: string, message: string): void;
}

/** Pods that move within this time make one update. */
const WINDOW_MS = 500;
const WORKERS = 10;
const RETRY_MIN_MS = 5000;
const RETRY_MAX_MS = 300_000;

/** Also brings the backends of Services with policy Local after their Pods, which the framework does not watch. */
export function createSurroundings(
  context: ProviderContext,
  parts: { readonly clock: Clock; readonly random: Random; readonly logger: Logger },
  loadBalancers: () => LoadBalancers,
): Surroundings {
  const { client, services, nodes, events, signal, clusterName, isFirstLeader } = context;
  const { clock, logger } = parts;
  const limiter = itemExponentialLimiter(RETRY_MIN_MS, RETRY_MAX_MS);
  const queue = createWorkQueue({
    name: "endpoints",
    clock,
    limiter,
    onError: (service, error) =>
      logger.warn("backends could not follow the Pods", { service, error: errorText(error) }),
  });
  const follow = async (key: string, aborted: AbortSignal): Promise<void> => {
    const service = services.get(key);
    if (!service || service.metadata.deletionTimestamp || !wantsLoadBalancer(service) || !isOnlyLocal(service)) return;
    const request = {
      clusterName,
      service,
      nodes: backendsOf(nodes.list()),
      lane: "backend",
      signal: aborted,
    } as const;
    const { problems, againAfterMs } = await loadBalancers().updateBackends(request);
    if (againAfterMs !== undefined) queue.addAfter(key, againAfterMs);
    else if (problems.some(({ retryable }) => retryable)) queue.addRateLimited(key);
    else {
      queue.forget(key);
      // What was refused for good, in case somebody has seen to it.
      if (problems.length > 0) queue.addAfter(key, RETRY_MAX_MS);
    }
  };
  void queue.run(WORKERS, follow, signal);
  return {
    services,
    nodes,
    inheritance: isFirstLeader ? NOTHING_INHERITED : createInheritance(services, clock, signal),
    endpoints: createEndpointSource({ ...parts, client, signal, onChange: (key) => queue.addAfter(key, WINDOW_MS) }),
    record: createAnnotationRecorder({ client, logger }),
    tell: (service, reason, message) => events.event(SERVICES, service, "Normal", reason, message),
  };
}
