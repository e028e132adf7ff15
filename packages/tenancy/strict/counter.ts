import { type Clock, errorText, type Logger, type Random } from "@ccm/base";
import {
  CONFIG_MAPS,
  type ConfigMap,
  createInformer,
  createWorkQueue,
  hasCode,
  type Informer,
  itemExponentialLimiter,
  type KubeClient,
  type KubeObject,
  type Namespace,
  type ResourceType,
  SERVICES,
} from "@ccm/kube";
import { groupBy } from "../grouped.ts";
import { TENANT_LABEL } from "../names.ts";
import { type Amounts, addAmounts } from "../quantity.ts";
import { CLAIMS, PODS } from "../resources.ts";
import type { Tenant } from "../tenant.ts";
import { amountsOf, type CountedKind } from "./amounts.ts";
import type { Page, Pending, QuotaBook } from "./book.ts";
import { createDeparted } from "./departed.ts";

const KINDS: Readonly<Record<CountedKind, ResourceType<KubeObject>>> = {
  Pod: PODS,
  Service: SERVICES,
  PersistentVolumeClaim: CLAIMS,
};
/** Many Pods come at once. */
const SOON_MS = 200;
/** The API server gives up a request after a minute: what is not there by then does not come. */
const GRACE_MS = 75_000;

/** Of an object, what counts: thousands of Pods are kept. */
interface Counted extends KubeObject {
  readonly amounts: Amounts;
}

export interface CounterParts {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly tenants: Informer<Tenant>;
  readonly namespaces: Informer<Namespace>;
  readonly book: QuotaBook;
  /** Where the book is. */
  readonly operatorNamespace: string;
}

/**
 * Counts what tenants with a strict quota use. Only the leader runs it, and its informers begin when it does: a count never
 * forgets what an earlier leader has seen. Nothing is listed or watched until there is such a tenant.
 */
export async function runQuotaCounter(parts: CounterParts, signal: AbortSignal): Promise<void> {
  const { client, clock, random, logger, tenants, namespaces, book, operatorNamespace } = parts;
  const queue = createWorkQueue({
    name: "tenant-quotas",
    clock,
    limiter: itemExponentialLimiter(SOON_MS, 60_000),
    onError: (tenant, error) =>
      logger.warn("a tenant's use could not be counted, trying again", { tenant, error: errorText(error) }),
  });
  const isStrict = (tenant: Tenant | undefined) => tenant?.spec.quota?.mode === "Strict";
  const first = Promise.withResolvers<void>();
  const notice = (tenant: Tenant): void => {
    if (isStrict(tenant)) first.resolve();
    queue.add(tenant.metadata.name ?? "");
  };
  const gone = (tenant: Tenant) => queue.add(tenant.metadata.name ?? "");
  const leave = tenants.subscribe({
    add: notice,
    // A change of the status changes no quota.
    update: (before, after) => (before.metadata.generation === after.metadata.generation ? undefined : notice(after)),
    delete: gone,
  });
  const onAbort = () => first.resolve();
  signal.addEventListener("abort", onAbort, { once: true });
  await first.promise;
  if (signal.aborted) return leave();

  const ofNamespace = ({ metadata }: KubeObject) => [metadata.namespace ?? ""];
  const changed = (names: readonly string[]): void => {
    for (const name of names) {
      const tenant = namespaces.get(name)?.metadata.labels?.[TENANT_LABEL];
      if (tenant && isStrict(tenants.get(tenant))) queue.addAfter(tenant, SOON_MS);
    }
  };
  // Longer than what is pending is looked for.
  const departed = createDeparted(clock, 2 * GRACE_MS);
  const counted = (Object.keys(KINDS) as CountedKind[]).map((kind) => {
    const transform = (object: KubeObject): Counted => slim(kind, object);
    const informer = createInformer<Counted>({
      client,
      clock,
      random,
      logger,
      type: KINDS[kind] as ResourceType<Counted>,
      transform: transform as (object: Counted) => Counted,
    });
    informer.subscribe({ delete: ({ metadata, amounts }) => departed.note(metadata.uid ?? "", amounts) });
    return { informer, grouped: groupBy(informer, ofNamespace, changed, (a, b) => !sameAmounts(a.amounts, b.amounts)) };
  });
  // What is let in and never comes tells nobody of itself, but for the book's page.
  const pages = createInformer<ConfigMap>({
    client,
    clock,
    random,
    logger,
    type: CONFIG_MAPS,
    namespace: operatorNamespace,
    labelSelector: TENANT_LABEL,
  });
  groupBy(
    pages,
    ({ metadata }) => [metadata.labels?.[TENANT_LABEL] ?? ""],
    (names) => {
      for (const name of names) queue.addAfter(name, GRACE_MS + SOON_MS);
    },
  );
  const members = groupBy(
    namespaces,
    ({ metadata }) => (metadata.labels?.[TENANT_LABEL] ? [metadata.labels[TENANT_LABEL]] : []),
    (names) => names.forEach((name) => void queue.addAfter(name, SOON_MS)),
    (a, b) => a.metadata.labels?.[TENANT_LABEL] !== b.metadata.labels?.[TENANT_LABEL],
  );
  const count =
    (tenant: string, lost: ReadonlySet<string>) =>
    (page: Page | undefined): Page => {
      const objects = members
        .in(tenant)
        .flatMap(({ metadata }) => counted.flatMap(({ grouped }) => grouped.in(metadata.name ?? "")));
      const seen = new Map(objects.map(({ metadata, amounts }) => [metadata.uid, amounts]));
      const isPending = ({ uid, total, at }: Pending) =>
        !reaches(seen.get(uid) ?? departed.get(uid), total) && !lost.has(`${uid} ${at}`);
      return {
        used: objects.map(({ amounts }) => amounts).reduce(addAmounts, {}),
        pending: (page?.pending ?? []).filter(isPending),
      };
    };
  const reconcile = async (tenant: string): Promise<void> => {
    if (!isStrict(tenants.get(tenant))) {
      if (!tenants.get(tenant)) await book.remove(tenant, signal);
      return;
    }
    let waiting: readonly Pending[] = [];
    await book.settle(
      tenant,
      (page) => {
        const next = count(tenant, new Set())(page);
        waiting = next.pending;
        return next;
      },
      signal,
    );
    if (waiting.length === 0) return;
    const late = waiting.filter(({ at }) => clock.now() - at > GRACE_MS);
    const lost = new Set<string>();
    for (const pending of late) if (!(await exists(client, pending, signal))) lost.add(`${pending.uid} ${pending.at}`);
    if (lost.size > 0) await book.settle(tenant, count(tenant, lost), signal);
    else queue.addAfter(tenant, GRACE_MS);
  };
  const running = [pages.run(signal), ...counted.map(({ informer }) => informer.run(signal))];
  await Promise.all(counted.map(({ informer }) => informer.waitForSync(signal)));
  await queue.run(2, reconcile, signal);
  leave();
  await Promise.all(running);
}

function slim(kind: CountedKind, object: KubeObject): Counted {
  const { name, namespace, uid, resourceVersion } = object.metadata;
  return {
    metadata: {
      ...(name ? { name } : {}),
      ...(namespace ? { namespace } : {}),
      ...(uid ? { uid } : {}),
      ...(resourceVersion ? { resourceVersion } : {}),
    },
    amounts: amountsOf(kind, object),
  };
}

/** A Pod that has ended uses nothing any more: it was there. */
function reaches(amounts: Amounts | undefined, total: Amounts): boolean {
  if (!amounts) return false;
  if (Object.keys(amounts).length === 0) return true;
  return Object.entries(total).every(([item, value]) => (amounts[item] ?? 0n) >= value);
}

function sameAmounts(a: Amounts, b: Amounts): boolean {
  const items = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...items].every((item) => a[item] === b[item]);
}

async function exists(
  client: KubeClient,
  { kind, namespace, name, uid, total }: Pending,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const object = await client.get(KINDS[kind], { namespace, name }, { signal });
    return object.metadata.uid === uid && reaches(amountsOf(kind, object), total);
  } catch (error) {
    if (hasCode(error, "not_found")) return false;
    throw error;
  }
}
