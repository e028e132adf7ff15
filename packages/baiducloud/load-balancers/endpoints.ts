import type { Clock, Logger, Random } from "@ccm/base";
import { createInformer, ENDPOINT_SLICES, type EndpointSlice, type KubeClient, keyOf, type Service } from "@ccm/kube";
import { nodesWithEndpoints } from "./backends.ts";

const LABEL_SERVICE = "kubernetes.io/service-name";

/** Where the Pods of Services are. */
export interface EndpointSource {
  /** Names of the nodes that have a Pod of the Service; waits for the first list. From then on its changes are told. */
  nodesOf(service: Service, signal: AbortSignal): Promise<ReadonlySet<string>>;
}

/**
 * Watches the EndpointSlices from the first question on: most clusters have no Service with policy Local, and they are
 * many. `onChange` is told the key of a Service that was asked for when its Pods are on other nodes than before.
 */
export function createEndpointSource(options: {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly onChange: (key: string) => void;
}): EndpointSource {
  const { signal, onChange } = options;
  const informer = createInformer<EndpointSlice>({ ...options, type: ENDPOINT_SLICES });
  const slices = new Map<string, Map<string, EndpointSlice>>();
  const watched = new Map<string, string>();
  let started = false;

  const serviceOf = ({ metadata }: EndpointSlice): string =>
    `${metadata.namespace ?? ""}/${metadata.labels?.[LABEL_SERVICE] ?? ""}`;
  const nodes = (key: string): ReadonlySet<string> => nodesWithEndpoints([...(slices.get(key)?.values() ?? [])]);
  const textOf = (names: ReadonlySet<string>): string => [...names].sort().join(" ");
  const changed = (key: string): void => {
    const before = watched.get(key);
    if (before === undefined || !informer.synced) return;
    const now = textOf(nodes(key));
    if (now === before) return;
    watched.set(key, now);
    onChange(key);
  };
  const put = (slice: EndpointSlice): void => {
    const key = serviceOf(slice);
    const known = slices.get(key) ?? new Map<string, EndpointSlice>();
    slices.set(key, known.set(slice.metadata.name ?? "", slice));
    changed(key);
  };
  const remove = (slice: EndpointSlice): void => {
    const key = serviceOf(slice);
    slices.get(key)?.delete(slice.metadata.name ?? "");
    if (slices.get(key)?.size === 0) slices.delete(key);
    changed(key);
  };
  const start = (): void => {
    if (started) return;
    started = true;
    informer.subscribe({
      add: put,
      update(before, after) {
        if (serviceOf(before) !== serviceOf(after)) remove(before);
        put(after);
      },
      delete: remove,
    });
    void informer.run(signal);
  };
  return {
    async nodesOf(service, asked) {
      start();
      await informer.waitForSync(asked);
      const key = keyOf(service);
      const found = nodes(key);
      watched.set(key, textOf(found));
      return found;
    },
  };
}
