import { type Clock, errorText, type Logger, type Random, sleep, unlessAborted } from "@ccm/base";
import { FINALIZER_LOAD_BALANCER, wantsLoadBalancer } from "@ccm/cloud-provider";
import {
  createInformer,
  hasCode,
  type Informer,
  type KubeClient,
  NAMESPACES,
  type Namespace,
  type Service,
} from "@ccm/kube";
import { TENANTS, type Tenant, tenantOf } from "@ccm/tenancy";
import { namedBy } from "../load-balancers/sharing.ts";
import { serviceTagValue } from "../marks.ts";
import type { TenantMembers } from "./gate.ts";

/** Whose a namespace is, and what each tenant may have. */
export interface TenantDirectory extends TenantMembers {
  /**
   * The tenant of the Service's namespace; undefined: it is nobody's, or tenants are not known in this cluster. Waits until that
   * is known, and asks the API server for what the copies at hand do not show yet.
   */
  find(service: Service, signal: AbortSignal): Promise<Tenant | undefined>;
  get(name: string): Tenant | undefined;
  list(): readonly Tenant[];
  /** Its Services that have, or want, something in the cloud. */
  inNamespace(name: string): readonly Service[];
}

/** What happened to tenants, once they are known. */
export interface TenantChanges {
  /** `before` undefined: it is new. `after` undefined: it is gone. */
  tenant(before: Tenant | undefined, after: Tenant | undefined): void;
  /** A namespace went from one tenant to another, or from or to nobody. */
  namespace(name: string, before: string | undefined, after: string | undefined): void;
  /** A Service is gone for good. */
  service(service: Service): void;
}

export interface TenantDirectoryOptions {
  readonly clusterId: string;
  readonly client: KubeClient;
  readonly services: Pick<Informer<Service>, "subscribe">;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly changes: TenantChanges;
}

/** Without the resource there are no tenants; so often it is looked whether it has come. */
const LOOK_FOR_RESOURCE_MS = 600_000;
const TRY_AGAIN_MS = 5000;

/** Watches nothing but Services, which are watched anyway, until there is a Tenant. */
export function createTenantDirectory(options: TenantDirectoryOptions): TenantDirectory {
  const { clusterId, client, services, clock, random, logger, signal, changes } = options;
  const parts = { client, clock, random, logger };
  let tenants: Informer<Tenant> | undefined;
  let namespaces: Informer<Namespace> | undefined;
  /** Whether what comes is a change, and not the first state. */
  let live = false;
  /** Of Services that have, or want, something in the cloud: by namespace. */
  const byNamespace = new Map<string, Map<string, Service>>();
  const marks = new Set<string>();

  const forget = ({ metadata: { uid = "", namespace = "" } }: Service): void => {
    marks.delete(serviceTagValue(clusterId, uid));
    byNamespace.get(namespace)?.delete(uid);
    if (byNamespace.get(namespace)?.size === 0) byNamespace.delete(namespace);
  };
  const note = (service: Service): void => {
    const { uid = "", namespace = "", finalizers = [] } = service.metadata;
    if (!wantsLoadBalancer(service) && !finalizers.includes(FINALIZER_LOAD_BALANCER)) {
      forget(service);
      return;
    }
    marks.add(serviceTagValue(clusterId, uid));
    byNamespace.set(namespace, (byNamespace.get(namespace) ?? new Map()).set(uid, service));
  };
  services.subscribe({
    add: note,
    update: (before, after) => {
      if (before.metadata.uid !== after.metadata.uid) {
        forget(before);
        changes.service(before);
      }
      note(after);
    },
    delete: (service) => {
      forget(service);
      changes.service(service);
    },
  });

  const watchNamespaces = (): Informer<Namespace> => {
    const informer = createInformer<Namespace>({ ...parts, type: NAMESPACES, transform: slim });
    informer.subscribe({
      add: (namespace) => moved(namespace, undefined, tenantOf(namespace)),
      update: (before, after) => moved(after, tenantOf(before), tenantOf(after)),
    });
    void informer.run(signal);
    return informer;
  };
  const moved = ({ metadata }: Namespace, before: string | undefined, after: string | undefined): void => {
    if (live && before !== after) changes.namespace(metadata.name ?? "", before, after);
  };
  const told = (before: Tenant | undefined, after: Tenant | undefined): void => {
    // The first one makes namespaces interesting.
    if (after) namespaces ??= watchNamespaces();
    if (live) changes.tenant(before, after);
  };

  const isServed = async (): Promise<boolean> => {
    try {
      await client.list(TENANTS, { limit: 1, signal });
      return true;
    } catch (error) {
      if (!hasCode(error, "not_found") && !hasCode(error, "forbidden")) throw error;
      if (!tenants) logMissing(hasCode(error, "forbidden"));
      return false;
    }
  };
  let logged: boolean | undefined;
  const logMissing = (forbidden: boolean): void => {
    if (logged === forbidden) return;
    logged = forbidden;
    if (forbidden) logger.warn("Tenants may not be listed: there are no limits for tenants in the cloud");
    else logger.info("the cluster has no Tenants: there are no limits for tenants in the cloud");
  };
  const watch = async (): Promise<void> => {
    const informer = createInformer<Tenant>({ ...parts, type: TENANTS });
    informer.subscribe({
      add: (tenant) => told(undefined, tenant),
      update: (before, after) => {
        if (before !== after) told(before, after);
      },
      delete: (tenant) => told(tenant, undefined),
    });
    void informer.run(signal);
    await informer.waitForSync(signal);
    await namespaces?.waitForSync(signal);
    tenants = informer;
    live = true;
  };
  const decided = Promise.withResolvers<void>();
  const start = async (): Promise<void> => {
    for (let first = true; ; ) {
      try {
        if (await isServed()) break;
        first = false;
        decided.resolve();
      } catch (error) {
        signal.throwIfAborted();
        logger.warn("Tenants could not be listed", { error: errorText(error) });
      }
      // At the same moment in each cluster would be a storm.
      await sleep(clock, first ? TRY_AGAIN_MS : LOOK_FOR_RESOURCE_MS * (0.9 + 0.2 * random.next()), signal);
    }
    const late = logged !== undefined;
    await watch();
    if (late) {
      logger.info("the cluster has Tenants now: what they have in the cloud is limited from here on");
      for (const tenant of tenants?.list() ?? []) changes.tenant(undefined, tenant);
    }
    decided.resolve();
  };
  start().catch((error: unknown) => {
    if (!signal.aborted) logger.error("Tenants are not followed", { error: errorText(error) });
    decided.reject(error);
  });
  decided.promise.catch(() => {});

  const namespaceOf = async (name: string, aborted: AbortSignal): Promise<Namespace | undefined> =>
    namespaces?.get(name) ?? unlessAbsent(client.get(NAMESPACES, { name }, { signal: aborted }));

  return {
    async find({ metadata: { namespace = "" } }, aborted) {
      await unlessAborted(decided.promise, aborted);
      if (!tenants || !namespaces) return undefined;
      const name = tenantOf(await namespaceOf(namespace, aborted));
      if (name === undefined) return undefined;
      return tenants.get(name) ?? unlessAbsent(client.get(TENANTS, { name }, { signal: aborted }));
    },
    get: (name) => tenants?.get(name),
    list: () => tenants?.list() ?? [],
    membersOf: (tenant) =>
      [...byNamespace].flatMap(([name, services]) =>
        tenantOf(namespaces?.get(name)) === tenant ? [...services.values()] : [],
      ),
    tenantNameOf: ({ metadata: { namespace = "" } }) => tenantOf(namespaces?.get(namespace)),
    inNamespace: (name) => [...(byNamespace.get(name)?.values() ?? [])],
    naming: (blbId) =>
      [...byNamespace.values()].flatMap((some) => [...some.values()].filter((one) => namedBy(one) === blbId)),
    marks,
  };
}

/** Labels are all that is looked at; a large cluster has thousands. */
function slim({ metadata: { name = "", uid = "", resourceVersion = "", labels = {} } }: Namespace): Namespace {
  return { metadata: { name, uid, resourceVersion, labels } };
}

async function unlessAbsent<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if (hasCode(error, "not_found")) return undefined;
    throw error;
  }
}
