import { type Clock, errorText, type Random } from "@ccm/base";
import {
  hasCode,
  type KubeClient,
  keyOf,
  type LoadBalancerStatus,
  refOf,
  retryOnConflict,
  SERVICES,
  type Service,
} from "@ccm/kube";
import { FINALIZER_LOAD_BALANCER } from "../well-known.ts";
import { hasFinalizer, wantsLoadBalancer } from "./needs-update.ts";
import { sameStatus } from "./status.ts";

/** All that the service controller writes to a Service. Everything goes through its status subresource, as upstream has it. */
export interface ServiceWriter {
  /** Must be done before anything is made in the cloud. */
  addFinalizer(service: Service, signal: AbortSignal): Promise<void>;
  /** `written`: the status we wrote last, which the Service at hand may not show yet. */
  setStatus(
    service: Service,
    wanted: LoadBalancerStatus,
    written: LoadBalancerStatus | undefined,
    signal: AbortSignal,
  ): Promise<void>;
  /**
   * Clears the status and takes the finalizer off, after the cloud has nothing left. Resolves to false, with nothing
   * written, when the Service wants a load balancer again by now.
   */
  release(service: Service, signal: AbortSignal): Promise<boolean>;
}

const CONFLICT = { attempts: 5, delayMs: 100, jitter: 1 };

export function createServiceWriter(parts: {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: Random;
}): ServiceWriter {
  const { client } = parts;
  const patch = async (service: Service, body: unknown, what: string, signal: AbortSignal): Promise<void> => {
    const ref = refOf(keyOf(service));
    try {
      await client.patch(SERVICES, ref, { type: "strategic", body }, { subresource: "status", signal });
    } catch (cause) {
      if (signal.aborted || hasCode(cause, "conflict")) throw cause;
      throw new Error(`failed to ${what}: ${errorText(cause)}`, { cause });
    }
  };
  return {
    async addFinalizer(service, signal) {
      if (hasFinalizer(service)) return;
      const body = { metadata: { finalizers: [FINALIZER_LOAD_BALANCER] } };
      await patch(service, body, "add load balancer cleanup finalizer", signal);
    },
    async setStatus(service, wanted, written, signal) {
      const shown = service.status?.loadBalancer;
      if (sameStatus(shown, wanted) && sameStatus(written ?? shown, wanted)) return;
      const body = { status: { loadBalancer: { ingress: ingressOf(wanted) } } };
      await patch(service, body, "update load balancer status", signal).catch((error: unknown) => {
        if (!(error instanceof Error && hasCode(error.cause, "not_found"))) throw error;
      });
    },
    release: (service, signal) =>
      retryOnConflict({ ...parts, ...CONFLICT, signal }, async (attempt) => {
        const current = attempt === 0 ? service : await read(client, service, signal);
        if (!current) return true;
        if (wantsLoadBalancer(current) && !current.metadata.deletionTimestamp) return false;
        if (!hasFinalizer(current) && sameStatus(current.status?.loadBalancer, {})) return true;
        const body = {
          metadata: {
            // Of this version only: whoever asks for a load balancer in this moment must not lose the finalizer.
            resourceVersion: current.metadata.resourceVersion,
            ...(hasFinalizer(current) ? { "$deleteFromPrimitiveList/finalizers": [FINALIZER_LOAD_BALANCER] } : {}),
          },
          status: { loadBalancer: { ingress: null } },
        };
        await patch(current, body, "remove load balancer cleanup finalizer", signal).catch((error: unknown) => {
          if (!(error instanceof Error && hasCode(error.cause, "not_found"))) throw error;
        });
        return true;
      }),
  };
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

function ingressOf({ ingress }: LoadBalancerStatus): LoadBalancerStatus["ingress"] | null {
  return ingress && ingress.length > 0 ? ingress : null;
}
