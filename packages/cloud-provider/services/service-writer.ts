import { type Clock, errorText, type Random } from "@ccm/base";
import {
  hasCode,
  type KubeClient,
  keyOf,
  kubeTime,
  type LoadBalancerStatus,
  refOf,
  retryOnConflict,
  SERVICES,
  type Service,
} from "@ccm/kube";
import { FINALIZER_LOAD_BALANCER } from "../well-known.ts";
import { CONDITION_READY, type ReadyCondition, sameCondition, shownCondition } from "./conditions.ts";
import { hasFinalizer, wantsLoadBalancer } from "./needs-update.ts";
import { sameStatus } from "./status.ts";

/** What we wrote to a Service last, which the copy at hand may not show yet. */
export interface Written {
  readonly status?: LoadBalancerStatus;
  readonly condition?: ReadyCondition;
}

/** All that the service controller writes to a Service. Everything goes through its status subresource, as upstream has it. */
export interface ServiceWriter {
  /** Must be done before anything is made in the cloud. */
  addFinalizer(service: Service, signal: AbortSignal): Promise<void>;
  /** Writes what differs, in one request, and nothing when nothing does. What is absent in `wanted` stays as it is. */
  setStatus(service: Service, wanted: Written, written: Written, signal: AbortSignal): Promise<Written>;
  /**
   * Says why the Service could not be synced. To one that is to be released only when it is as it is at hand: the release
   * may have been carried out although it failed, and the condition would stay for ever.
   */
  setFailure(service: Service, condition: ReadyCondition, written: Written, signal: AbortSignal): Promise<Written>;
  /**
   * Clears the status and takes the finalizer off, after the cloud has nothing left. Writes nothing when the Service
   * wants a load balancer again by now, which our copy of it will show soon.
   */
  release(service: Service, signal: AbortSignal): Promise<void>;
}

const CONFLICT = { attempts: 5, delayMs: 100, jitter: 1 };

export function createServiceWriter(parts: {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: Random;
}): ServiceWriter {
  const { client, clock } = parts;
  const patch = async (service: Service, body: unknown, what: string, signal: AbortSignal): Promise<void> => {
    const ref = refOf(keyOf(service));
    try {
      await client.patch(SERVICES, ref, { type: "strategic", body }, { subresource: "status", signal });
    } catch (cause) {
      if (signal.aborted || hasCode(cause, "conflict")) throw cause;
      throw new Error(`failed to ${what}: ${errorText(cause)}`, { cause });
    }
  };
  const conditionPatch = (service: Service, { status, reason, message }: ReadyCondition) => {
    const shown = shownCondition(service);
    const since = shown?.status === status ? shown.lastTransitionTime : "";
    const lastTransitionTime = since === "" ? kubeTime(clock.now()) : since;
    return [{ type: CONDITION_READY, status, reason, message, lastTransitionTime }];
  };
  const setStatus = async (
    service: Service,
    { status, condition }: Written,
    written: Written,
    signal: AbortSignal,
    metadata?: { readonly resourceVersion: string },
  ): Promise<Written> => {
    const shown = service.status?.loadBalancer;
    const keepStatus =
      status === undefined || (sameStatus(shown, status) && sameStatus(written.status ?? shown, status));
    const shownReady = shownCondition(service);
    const keepCondition =
      condition === undefined ||
      (sameCondition(shownReady, condition) && sameCondition(written.condition ?? shownReady, condition));
    const after: Written = {
      ...written,
      ...(status ? { status } : {}),
      ...(condition ? { condition } : {}),
    };
    if (keepStatus && keepCondition) return after;
    const body = {
      ...(metadata ? { metadata } : {}),
      status: {
        ...(keepStatus ? {} : { loadBalancer: { ingress: ingressOf(status) } }),
        ...(keepCondition ? {} : { conditions: conditionPatch(service, condition) }),
      },
    };
    await patch(service, body, "update load balancer status", signal).catch(ignoreGone);
    return after;
  };
  return {
    async addFinalizer(service, signal) {
      if (hasFinalizer(service)) return;
      const all = [...(service.metadata.finalizers ?? []), FINALIZER_LOAD_BALANCER];
      const metadata = { "$setElementOrder/finalizers": all, finalizers: [FINALIZER_LOAD_BALANCER] };
      await patch(service, { metadata }, "add load balancer cleanup finalizer", signal);
    },
    setStatus: (service, wanted, written, signal) => setStatus(service, wanted, written, signal),
    async setFailure(service, condition, written, signal) {
      const { resourceVersion = "", deletionTimestamp } = service.metadata;
      const stays = wantsLoadBalancer(service) && !deletionTimestamp;
      return setStatus(service, { condition }, written, signal, stays ? undefined : { resourceVersion });
    },
    release: (service, signal) =>
      retryOnConflict({ ...parts, ...CONFLICT, signal }, async (attempt) => {
        const current = attempt === 0 ? service : await read(client, service, signal);
        if (!current || (wantsLoadBalancer(current) && !current.metadata.deletionTimestamp)) return;
        const shown = shownCondition(current);
        if (!hasFinalizer(current) && sameStatus(current.status?.loadBalancer, {}) && !shown) return;
        const body = {
          metadata: {
            // Of this version only: whoever asks for a load balancer in this moment must not lose the finalizer.
            resourceVersion: current.metadata.resourceVersion,
            ...(hasFinalizer(current) ? { "$deleteFromPrimitiveList/finalizers": [FINALIZER_LOAD_BALANCER] } : {}),
          },
          status: {
            loadBalancer: { ingress: null },
            ...(shown ? { conditions: [{ type: CONDITION_READY, $patch: "delete" }] } : {}),
          },
        };
        await patch(current, body, "remove load balancer cleanup finalizer", signal).catch(ignoreGone);
      }),
  };
}

/** There is nobody left to write to. */
function ignoreGone(error: unknown): void {
  if (!(error instanceof Error && hasCode(error.cause, "not_found"))) throw error;
}

/** Undefined when it is gone, or is another one under the same name. */
async function read(client: KubeClient, service: Service, signal: AbortSignal): Promise<Service | undefined> {
  try {
    const current = await client.get(SERVICES, refOf(keyOf(service)), { signal });
    return current.metadata.uid === service.metadata.uid ? current : undefined;
  } catch (error) {
    if (hasCode(error, "not_found")) return undefined;
    throw error;
  }
}

function ingressOf(status: LoadBalancerStatus): LoadBalancerStatus["ingress"] | null {
  return status.ingress && status.ingress.length > 0 ? status.ingress : null;
}
