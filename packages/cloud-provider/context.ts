import type { Clock, Logger, Metrics, Random } from "@ccm/base";
import type { EventRecorder, Informer, KubeClient, Node, Service } from "@ccm/kube";
import type { NextAttempts } from "./next-attempts.ts";

/** What every controller is given. */
export interface ControllerContext {
  readonly client: KubeClient;
  readonly nodes: Informer<Node>;
  readonly services: Informer<Service>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly events: EventRecorder;
  /** Absent: nobody is shown when what failed is tried again. */
  readonly nextAttempts?: Pick<NextAttempts, "publish">;
}

/** Runs until the signal aborts. The caches are synced before it is called. */
export interface Controller {
  run(signal: AbortSignal): Promise<void>;
}
