import { silentLogger, sleep } from "@ccm/base";
import { systemClock, systemRandom } from "@ccm/base/node";
import { createInformer, type KubeClient, type KubeObject, type ResourceType } from "@ccm/kube";

/** How long a scenario waits for what a side never does. */
const LIMIT_MS = 400_000;

/**
 * Watches until `wanted` objects have been `done`, each counted at the first time that it is. Resolves to the milliseconds
 * from `since` at which each was, in order; what is not done by the limit is not in it.
 */
export function watchUntil<T extends KubeObject>(options: {
  readonly client: KubeClient;
  readonly type: ResourceType<T>;
  readonly since: number;
  readonly wanted: number;
  readonly done: (object: T) => boolean;
  readonly limitMs?: number;
}): { readonly ready: Promise<void>; readonly times: Promise<readonly number[]> } {
  const { client, type, since, wanted, done, limitMs = LIMIT_MS } = options;
  const informer = createInformer<T>({
    client,
    type,
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    transform: (object) => object,
  });
  const stop = new AbortController();
  const times: number[] = [];
  const seen = new Set<string>();
  const look = (object: T): void => {
    const uid = object.metadata.uid ?? "";
    if (seen.has(uid) || !done(object)) return;
    seen.add(uid);
    times.push(Math.round(systemClock.monotonic() - since));
    if (times.length >= wanted) stop.abort(new Error("all are done"));
  };
  informer.subscribe({ add: look, update: (_, after) => look(after) });
  const running = informer.run(stop.signal);
  const late = sleep(systemClock, limitMs, stop.signal).then(
    () => stop.abort(new Error("the limit has passed")),
    () => {},
  );
  return {
    ready: informer.waitForSync(stop.signal).catch(() => {}),
    times: Promise.all([running, late]).then(() => times),
  };
}
