import { type Clock, errorText, type Logger, type Metrics, type Random } from "@ccm/base";
import { createWorkQueue, type EventRecorder, itemExponentialLimiter, type KubeClient, kubeTime } from "@ccm/kube";
import { apply } from "./apply.ts";
import type { RegistryRobots, TenantCloud } from "./cloud.ts";
import { allInformers, type TenancyInformers } from "./informers.ts";
import { createObserver } from "./observe.ts";
import type { Observed } from "./observed.ts";
import { type Plan, plan } from "./plan.ts";
import { same } from "./same.ts";
import { type Failure, statusOf, statusPatch } from "./status.ts";
import { TENANT_NAMESPACES, TENANTS, type Tenant } from "./tenant.ts";

export interface TenantControllerParts {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics?: Metrics;
  readonly events?: EventRecorder;
  readonly informers: TenancyInformers;
  /** Where the operator runs, and keeps the tenants' own Secrets. */
  readonly operatorNamespace: string;
  readonly cloud?: TenantCloud;
  readonly robots?: RegistryRobots;
}

export interface TenantController {
  /** Until the signal aborts. The informers must run. */
  run(signal: AbortSignal): Promise<void>;
  /** Tenants that wait to be looked at. */
  readonly length: number;
}

const WORKERS = 4;
const RETRY_MS = { first: 200, most: 300_000 };
/** What follows a change is often more of them: quotas of all namespaces, the informers' news of what was just done. */
const SOON_MS = 200;
/** Whether a tenant that is to go has become empty is looked at this often: nobody tells of it. */
const HOLDINGS_PERIOD_MS = 30_000;
/** Grants in the cloud are compared this often. */
const GRANTS_PERIOD_MS = 600_000;

/** Observe, plan, apply: one tenant at a time, when something of it has changed. */
export function createTenantController(parts: TenantControllerParts): TenantController {
  const { client, clock, logger, informers, events } = parts;
  const queue = createWorkQueue({
    name: "tenants",
    clock,
    limiter: itemExponentialLimiter(RETRY_MS.first, RETRY_MS.most),
    ...(parts.metrics ? { metrics: parts.metrics } : {}),
    onError: (tenant, error) =>
      logger.warn("a tenant could not be reconciled, trying again", { tenant, error: errorText(error) }),
  });
  /** Looked at without an answer of the cloud. */
  const cloudless = new Set<string>();
  const observer = createObserver({
    client,
    informers,
    operatorNamespace: parts.operatorNamespace,
    ...(parts.cloud ? { cloud: parts.cloud } : {}),
    cloudFailed(tenant, error) {
      logger.warn("the cloud did not say what users may do", { tenant, error: errorText(error) });
      cloudless.add(tenant);
    },
    changed: (tenant, soon) => (soon ? queue.addAfter(tenant, SOON_MS) : queue.add(tenant)),
  });
  const meant = ({ metadata, spec, status }: Tenant) => [
    spec,
    metadata.uid,
    metadata.annotations,
    metadata.finalizers,
    metadata.deletionTimestamp,
    status?.cloud,
  ];
  informers.tenants.subscribe({
    add: ({ metadata }) => queue.add(metadata.name ?? ""),
    update(before, after) {
      if (!same(meant(before), meant(after))) queue.add(after.metadata.name ?? "");
    },
    delete: ({ metadata }) => queue.add(metadata.name ?? ""),
  });

  const patchStatus = async (tenant: Tenant, body: unknown, signal: AbortSignal): Promise<void> => {
    const ref = { name: tenant.metadata.name ?? "" };
    await client.patch(TENANTS, ref, { type: "merge", body }, { subresource: "status", signal });
  };
  const refuseRequests = async (name: string, signal: AbortSignal): Promise<void> => {
    const status = { phase: "Refused" as const, message: `there is no tenant ${name}` };
    for (const { metadata, status: is } of observer.requestsFor(name)) {
      if (same(is, status)) continue;
      const patch = { type: "merge", body: { status } } as const;
      await client.patch(TENANT_NAMESPACES, { name: metadata.name ?? "" }, patch, { subresource: "status", signal });
    }
  };
  const conclude = async (
    observed: Observed,
    made: Plan,
    failures: readonly Failure[],
    signal: AbortSignal,
  ): Promise<void> => {
    const { tenant } = observed;
    const status = statusOf(observed, made, failures, kubeTime(clock.now()));
    const patch = statusPatch(tenant, status);
    if (!patch) return;
    await patchStatus(tenant, patch, signal);
    const ready = status.conditions?.[0];
    const before = tenant.status?.conditions?.[0];
    if (ready?.status === "False" && ready.message !== before?.message) {
      events?.event(TENANTS, tenant, "Warning", ready.reason, ready.message);
    }
  };
  const reconcile = async (name: string, signal: AbortSignal): Promise<void> => {
    const tenant = informers.tenants.get(name);
    if (!tenant) return refuseRequests(name, signal);
    const observed = await observer.observe(tenant, signal);
    const made = plan(observed);
    const cloudly = made.steps.some(({ verb }) => verb === "grant" || verb === "revoke");
    // Before the calls: after a crash it is known what may have been granted.
    if (cloudly && !same(tenant.status?.iamGrants ?? [], made.iamGrants)) {
      await patchStatus(tenant, { status: { iamGrants: made.iamGrants } }, signal);
    }
    const { failures, again } = await apply(made.steps, parts, signal);
    const ended = made.steps.some(
      (step) => step.verb === "patch" && step.kind === "Tenant" && tenant.metadata.deletionTimestamp,
    );
    if (failures.length > 0) {
      await conclude(observed, made, failures, signal);
      logger.warn("some of a tenant could not be done, trying again", {
        tenant: name,
        failures: failures.length,
        first: failures[0]?.message,
      });
      cloudless.delete(name);
      queue.addRateLimited(name);
      return;
    }
    if (ended) return;
    if (cloudless.delete(name)) queue.addRateLimited(name);
    else queue.forget(name);
    // Once the informers have seen what was done, nothing is left to do, and the status says how it is.
    if (again || made.steps.length > 0) queue.addAfter(name, SOON_MS);
    else await conclude(observed, made, failures, signal);
    if (tenant.metadata.deletionTimestamp) queue.addAfter(name, HOLDINGS_PERIOD_MS);
    else if (made.iamGrants.length > 0) queue.addAfter(name, GRANTS_PERIOD_MS);
  };

  return {
    async run(signal) {
      await Promise.all(allInformers(informers).map((informer) => informer.waitForSync(signal)));
      await queue.run(WORKERS, reconcile, signal);
    },
    get length() {
      return queue.length;
    },
  };
}
