import { KeyedMutex, type Logger } from "@ccm/base";
import {
  CloudError,
  type FacetProblem,
  type LoadBalancerRequest,
  type LoadBalancerResult,
  type LoadBalancers,
} from "@ccm/cloud-provider";
import { keyOf, type LoadBalancerStatus, type Service } from "@ccm/kube";
import { asCloudErrors } from "../errors.ts";
import { readAnnotations } from "./annotations.ts";
import type { Apply } from "./apply.ts";
import { type Desired, desiredOf } from "./desired.ts";
import type { Observer } from "./observe.ts";
import type { Observed } from "./observed.ts";
import { type Plan, planDeletion, planService, type Step } from "./plan.ts";

/** Rounds of observe, plan, apply in one call: what is not settled then is looked at again later. */
const ROUNDS = 4;
const LOOK_AGAIN_MS = 3000;

export interface LoadBalancersOptions {
  readonly clusterId: string;
  readonly observer: Observer;
  readonly apply: Apply;
  readonly logger: Logger;
}

/** The contract's load balancers, by observe → plan → apply until a plan is empty. */
export function createLoadBalancers({ clusterId, observer, apply, logger }: LoadBalancersOptions): LoadBalancers {
  /** Two Services on one load balancer of the user's must not change it at the same time. */
  const mutex = new KeyedMutex();
  const lockOf = (service: Service): string => {
    const { settings } = readAnnotations(service.metadata.annotations ?? {});
    return settings.existingId || (service.metadata.uid ?? keyOf(service));
  };

  /** Plans and applies until nothing is left to do, or until it makes no sense to go on now. */
  const settle = async (
    service: Service,
    signal: AbortSignal,
    plan: (observed: Observed) => Plan,
  ): Promise<{
    readonly observed: Observed;
    readonly problems: readonly FacetProblem[];
    readonly steps: number;
    readonly done: boolean;
  }> => {
    let steps = 0;
    for (let round = 1; ; round++) {
      const observed = await observer.observe(service, signal);
      const next = plan(observed);
      if (next.steps.length === 0) return { observed, problems: next.problems, steps, done: true };
      steps += next.steps.length;
      const applied = await apply(service.metadata.uid ?? "", next.steps, signal);
      const stuck = applied.problems.length > 0 && !applied.conflict;
      if (!stuck && round < ROUNDS) continue;
      logger.debug("load balancer not settled yet", {
        service: keyOf(service),
        round,
        problems: applied.problems.length,
      });
      const seen = await observer.observe(service, signal);
      return { observed: seen, problems: [...next.problems, ...applied.problems], steps, done: false };
    }
  };

  const converge = (
    { service, nodes, signal }: LoadBalancerRequest,
    only?: Step["facet"],
  ): Promise<LoadBalancerResult> =>
    mutex.run(lockOf(service), () =>
      asCloudErrors(async () => {
        const { desired, problems } = desiredOf(service, nodes, clusterId);
        const plan = (observed: Observed): Plan => {
          const whole = planService(desired, observed);
          return only ? { ...whole, steps: whole.steps.filter(({ facet }) => facet === only) } : whole;
        };
        const result = await settle(service, signal, plan);
        return {
          status: statusOf(desired, result.observed),
          problems: [...problems, ...result.problems],
          ...(result.done || result.problems.length > 0 ? {} : { againAfterMs: LOOK_AGAIN_MS }),
        };
      }),
    );

  return {
    ensure: (request) => converge(request),
    updateBackends: (request) => converge(request, "backends"),
    ensureDeleted: ({ service, signal }) =>
      mutex.run(lockOf(service), () =>
        asCloudErrors(async () => {
          const { reserve } = readAnnotations(service.metadata.annotations ?? {}).settings;
          const result = await settle(service, signal, (observed) => planDeletion(observed, reserve));
          if (result.done) return result.steps > 0;
          const why = result.problems.map(({ message }) => message).join("; ") || "not finished yet";
          throw new CloudError("retryable", why);
        }),
      ),
  };
}

/** Undefined until there is an address: an address that users know is not taken away by a passing failure. */
function statusOf(desired: Desired, { blb, ownEips, givenEip }: Observed): LoadBalancerStatus | undefined {
  if (!blb) return undefined;
  const bound = [...ownEips, ...(givenEip ? [givenEip] : [])].find(
    (eip) => eip.instanceId === blb.id && eip.status === "binded",
  );
  const ip = desired.address.kind === "internal" ? blb.address : (bound?.eip ?? blb.publicIp);
  if (ip === "") return undefined;
  if (blb.ours) return { ingress: [{ ip }] };
  // On a load balancer that others use too, the status keeps the record of which listeners are ours.
  const ports = desired.listeners.map(({ listenerPort, listenerType }) => ({
    port: listenerPort,
    protocol: listenerType,
  }));
  return { ingress: [{ ip, ports }] };
}
