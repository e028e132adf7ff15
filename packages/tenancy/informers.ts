import type { Clock, Logger, Random } from "@ccm/base";
import {
  createInformer,
  dropManagedFields,
  type Informer,
  type KubeClient,
  type KubeObject,
  NAMESPACES,
  type Namespace,
  NODES,
  type Node,
  type ResourceType,
  SERVICE_ACCOUNTS,
  type ServiceAccount,
} from "@ccm/kube";
import { MANAGED_KINDS, type ManagedKind, type ManagedObject, TYPES } from "./kinds.ts";
import { MANAGED_LABEL, MANAGER, TENANT_LABEL } from "./names.ts";
import { TENANT_NAMESPACES, TENANTS, type Tenant, type TenantNamespace } from "./tenant.ts";

/** One informer per kind, however many tenants there are. */
export interface TenancyInformers {
  readonly tenants: Informer<Tenant>;
  readonly requests: Informer<TenantNamespace>;
  readonly namespaces: Informer<Namespace>;
  readonly nodes: Informer<Node>;
  readonly serviceAccounts: Informer<ServiceAccount>;
  readonly managed: Readonly<Record<ManagedKind, Informer<ManagedObject>>>;
}

export function createTenancyInformers(parts: {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}): TenancyInformers {
  const of = <T extends KubeObject>(type: ResourceType<T>, more: object = {}): Informer<T> =>
    createInformer<T>({ ...parts, type, ...more });
  const managed = MANAGED_KINDS.map((kind) => {
    // The tenants' own Secrets, which the platform may make, are not managed.
    const labelSelector = kind === "Secret" ? TENANT_LABEL : `${MANAGED_LABEL}=${MANAGER}`;
    return [kind, of(TYPES[kind], { labelSelector })] as const;
  });
  return {
    tenants: of(TENANTS),
    requests: of(TENANT_NAMESPACES),
    namespaces: of(NAMESPACES),
    nodes: of(NODES, { transform: bareNode }),
    serviceAccounts: of(SERVICE_ACCOUNTS, { fieldSelector: "metadata.name=default" }),
    managed: Object.fromEntries(managed) as unknown as TenancyInformers["managed"],
  };
}

export function allInformers({ managed, ...informers }: Partial<TenancyInformers>): readonly Informer<never>[] {
  return [...Object.values(informers), ...Object.values(managed ?? {})] as unknown as readonly Informer<never>[];
}

/** Of thousands of nodes, whose status changes every few minutes, what tenancy looks at. */
function bareNode(node: Node): Node {
  const { metadata } = dropManagedFields(node);
  const { annotations: _, ...rest } = metadata;
  return { metadata: rest, spec: { taints: node.spec?.taints ?? [] } };
}
