import { type Clock, type HttpHandler, type Logger, type Metrics, noMetrics, type Random } from "@ccm/base";
import type { EventRecorder, KubeClient } from "@ccm/kube";
import { createAdmission } from "./admission.ts";
import type { RegistryRobots, TenantCloud } from "./cloud.ts";
import { createTenantController } from "./controller.ts";
import { allInformers, createTenancyInformers } from "./informers.ts";
import { metricsHandler } from "./metrics.ts";
import { createQuotaBook } from "./strict/book.ts";
import { runQuotaCounter } from "./strict/counter.ts";

export interface TenantOperatorParts {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics?: Metrics;
  readonly events?: EventRecorder;
  /** Where the operator runs, and keeps the tenants' own Secrets and what strict quotas count. */
  readonly operatorNamespace: string;
  readonly cloud?: TenantCloud;
  readonly robots?: RegistryRobots;
}

export interface TenantOperator {
  /** The webhooks, of every replica. */
  readonly handler: HttpHandler;
  /** GET /metrics: the process's and the tenants'. */
  readonly metrics: HttpHandler;
  /** Keeps what the webhooks look at, in every replica, until the signal aborts. */
  serve(signal: AbortSignal): Promise<void>;
  /** Changes the cluster, in one replica, until the signal aborts. Once in a process; `serve` must run. */
  lead(signal: AbortSignal): Promise<void>;
}

export function createTenantOperator(parts: TenantOperatorParts): TenantOperator {
  const { client, operatorNamespace } = parts;
  const informers = createTenancyInformers(parts);
  const { tenants, namespaces } = informers;
  const book = createQuotaBook(client, operatorNamespace);
  return {
    handler: createAdmission({ ...parts, tenants, namespaces, book }),
    metrics: metricsHandler(parts.metrics ?? noMetrics, () => tenants.list()),
    async serve(signal) {
      await Promise.all([tenants.run(signal), namespaces.run(signal)]);
    },
    async lead(signal) {
      const controller = createTenantController({ ...parts, informers });
      const { tenants: _, namespaces: __, ...rest } = informers;
      await Promise.all([
        ...allInformers(rest).map((informer) => informer.run(signal)),
        controller.run(signal),
        runQuotaCounter({ ...parts, tenants, namespaces, book }, signal),
      ]);
    },
  };
}
