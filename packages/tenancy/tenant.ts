/**
 * The one source of the resources `Tenant` and `TenantNamespace`: TypeScript's types, the OpenAPI schema with its rules
 * (deploy/crds) and the reference (docs/reference) are made of it. Rules are CEL, and bounded: the API server refuses
 * schemas whose rules could cost too much.
 */
import type { KubeObject, ResourceType } from "@ccm/kube";
import { z } from "zod";
import { GROUP, VERSION } from "./names.ts";

interface Rule {
  readonly rule: string;
  readonly message: string;
}
const rules = (...list: readonly Rule[]) => ({ "x-kubernetes-validations": list });

const dnsLabel = z
  .string()
  .min(1)
  .max(63)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);
const labelMap = z.record(z.string(), z.string().max(253));

const quantity = z
  .union([z.string(), z.int()])
  .meta({ "x-kubernetes-int-or-string": true, pattern: "^[0-9]+(\\.[0-9]+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$" });
const quantities = z.record(z.string(), quantity);
const count = z.int32().min(0);

const owner = z
  .strictObject({
    kind: z.enum(["User", "Group", "ServiceAccount", "IAMUser", "IAMRole"]).describe("What the owner is."),
    name: z
      .string()
      .min(1)
      .max(253)
      .describe("The name as the API server knows it; of an IAMUser or IAMRole the ID of the sub-user or role in IAM."),
    namespace: dnsLabel.optional().describe("Of a ServiceAccount: the namespace it is in."),
    role: z
      .enum(["admin", "devops", "readonly"])
      .optional()
      .describe(
        "What the owner may do in every namespace of the tenant. admin and devops: Kubernetes' ClusterRoles admin and edit; readonly: view. An IAMUser or IAMRole is granted cce:admin, cce:devops or cce:readonly by the cloud. admin when neither this nor clusterRole is set.",
      ),
    clusterRole: z
      .string()
      .min(1)
      .max(253)
      .optional()
      .describe(
        "A ClusterRole of the cluster instead of a role; not for an IAMUser or IAMRole, for whom the cloud has its three.",
      ),
  })
  .meta(
    rules(
      { rule: "!(has(self.role) && has(self.clusterRole))", message: "role and clusterRole exclude each other" },
      {
        rule: "(self.kind == 'ServiceAccount') == has(self.namespace)",
        message: "namespace is for a ServiceAccount, which must have one",
      },
      {
        rule: "!(self.kind in ['IAMUser', 'IAMRole']) || !has(self.clusterRole)",
        message: "an IAMUser or IAMRole has a role, not a clusterRole",
      },
    ),
  );

const namespaces = z.strictObject({
  prefix: z
    .string()
    .min(1)
    .max(40)
    .regex(/^[a-z0-9]([-a-z0-9]*)$/)
    .optional()
    .describe("What the name of every namespace made through a TenantNamespace begins with."),
  max: count.optional().describe("How many namespaces the tenant may have. No limit when absent."),
  labels: labelMap.optional().describe("Labels that every namespace of the tenant has."),
  annotations: labelMap.optional().describe("Annotations that every namespace of the tenant has."),
  selfService: z
    .boolean()
    .optional()
    .describe("Whether owners with the role admin may make namespaces by a TenantNamespace. True when absent."),
  adopt: z
    .array(dnsLabel)
    .max(500)
    .optional()
    .describe(
      "Existing namespaces that may become the tenant's. Each must also ask for it itself, by the label tenancy.baidubce.com/adopt with the tenant's name.",
    ),
});

const quota = z.strictObject({
  hard: quantities.describe("The limits, named as in a ResourceQuota, over all namespaces of the tenant together."),
  mode: z
    .enum(["Aggregated", "Strict"])
    .optional()
    .describe(
      "Aggregated (default): each namespace's ResourceQuota follows what is left; creates in the same moment in several namespaces can pass together. Strict: an admission webhook counts each create before it is let in; never over.",
    ),
});

const limit = z.strictObject({
  type: z.enum(["Container", "Pod", "PersistentVolumeClaim"]),
  max: quantities.optional(),
  min: quantities.optional(),
  default: quantities.optional(),
  defaultRequest: quantities.optional(),
  maxLimitRequestRatio: quantities.optional(),
});

const peer = z
  .strictObject({
    cidr: z.string().min(1).max(64).optional().describe("Addresses outside of the cluster, such as a load balancer's."),
    tenant: dnsLabel.optional().describe("All Pods of another tenant."),
    namespaceLabels: labelMap.optional().describe("All Pods of the namespaces with these labels."),
  })
  .meta(
    rules({
      rule: "(has(self.cidr) ? 1 : 0) + (has(self.tenant) ? 1 : 0) + (has(self.namespaceLabels) ? 1 : 0) == 1",
      message: "expected one of cidr, tenant and namespaceLabels",
    }),
  );

const network = z.strictObject({
  isolation: z
    .enum(["none", "tenant", "namespace"])
    .describe(
      "Who may reach the tenant's Pods: anybody; only Pods of the tenant; only Pods of the same namespace. The cluster's network must enforce NetworkPolicies.",
    ),
  allowFrom: z.array(peer).max(50).optional().describe("Who may besides."),
});

const nodePools = z.strictObject({
  selector: labelMap
    .meta({ minProperties: 1 })
    .describe("Labels of the nodes that the tenant's Pods run on, such as those of an instance group of CCE."),
  dedicated: z
    .boolean()
    .optional()
    .describe("Whether nobody else's Pods may run there: the nodes are tainted, the tenant's Pods tolerate it."),
});

const registries = z.strictObject({
  allow: z
    .array(
      z
        .string()
        .max(253)
        .regex(/^[a-z0-9.-]+(:[0-9]+)?\/([a-z0-9._/-]+\/)?$/),
    )
    .max(50)
    .optional()
    .describe(
      'What the image of every container must begin with: a registry, or a path in one, with a slash at the end, such as "registry.example.com/team-a/". Any when absent.',
    ),
  pullSecret: z
    .strictObject({
      name: dnsLabel.describe("The Secret in every namespace of the tenant."),
      instanceID: z.string().max(63).optional().describe("The registry instance (CCR) that a robot is made in."),
      project: z.string().max(253).optional().describe("The project that the robot may pull from."),
    })
    .optional()
    .describe("A Secret for pulling images, with a robot of the tenant's own, in each of its namespaces."),
});

const cloud = z.strictObject({
  maxLoadBalancers: count.optional().describe("How many load balancers the tenant's Services may have made."),
  maxPublicIPs: count.optional().describe("How many public addresses."),
  maxBandwidthMbps: count.optional().describe("How much bandwidth of public addresses, together."),
  allowedSubnets: z
    .array(z.string().min(1).max(63))
    .max(50)
    .optional()
    .describe("The subnets that load balancers may be in. Any when absent."),
  tags: z
    .record(z.string(), z.string().max(65))
    .optional()
    .describe("Tags on everything that is made in the cloud for the tenant, besides the tenant's name."),
});

export const tenantSpec = z.strictObject({
  owners: z.array(owner).max(100).optional().describe("Who the tenant is."),
  namespaces: namespaces.optional().describe("The tenant's namespaces."),
  quota: quota.optional().describe("Limits over all namespaces of the tenant together."),
  limits: z.array(limit).max(10).optional().describe("The LimitRange of every namespace."),
  network: network.optional().describe("Who may reach the tenant's Pods."),
  nodePools: nodePools.optional().describe("Where the tenant's Pods run."),
  registries: registries.optional().describe("Where the tenant's images come from."),
  cloud: cloud
    .optional()
    .describe("Limits on what is paid for in the cloud. The cloud controller manager enforces them."),
  kubeconfig: z
    .strictObject({
      type: z.enum(["vpc", "public"]).optional().describe("Which address of the API server it names. vpc when absent."),
      expireHours: z.int32().min(1).max(8760).optional().describe("How long a kubeconfig of the tenant is good for."),
    })
    .optional()
    .describe("Kubeconfigs issued to owners."),
  suspended: z
    .boolean()
    .optional()
    .describe(
      "Whether the tenant is frozen: what runs goes on, and nobody of the tenant can change or create anything.",
    ),
  deletionPolicy: z
    .enum(["Refuse", "Orphan", "Delete"])
    .optional()
    .describe(
      "What deleting the tenant does to its namespaces. Refuse (default): it waits until they are empty. Orphan: they stay, without what the tenant gave them. Delete: they go, with all in them.",
    ),
});

const usage = z.strictObject({
  used: z.int32(),
  limit: z.int32().optional().describe("Absent: no limit."),
});
const condition = z.strictObject({
  type: z.string(),
  status: z.enum(["True", "False", "Unknown"]),
  reason: z.string(),
  message: z.string(),
  lastTransitionTime: z.string(),
  observedGeneration: z.int32().optional(),
});

export const tenantStatus = z.strictObject({
  phase: z.enum(["Active", "Suspended", "Terminating"]).optional(),
  observedGeneration: z.int32().optional().describe("The generation of the spec that all else here is of."),
  namespaceCount: z.int32().optional(),
  namespaces: z.array(z.string()).optional().describe("Names, sorted."),
  quota: z
    .strictObject({ hard: quantities.optional(), used: quantities.optional() })
    .optional()
    .describe("Over all namespaces."),
  nodes: z.int32().optional().describe("How many nodes are the tenant's by nodePools."),
  cloud: z
    .strictObject({
      loadBalancers: usage.optional(),
      publicIPs: usage.optional(),
      bandwidthMbps: usage.optional(),
    })
    .optional()
    .describe("What is used in the cloud. Written by the cloud controller manager, all else by the tenant operator."),
  iamGrants: z
    .array(z.strictObject({ user: z.string(), namespace: z.string(), role: z.string() }))
    .optional()
    .describe(
      "What IAM users and roles were granted in the cloud, written before each call: what is to be taken back.",
    ),
  conditions: z.array(condition).optional(),
});

export const tenantNamespaceSpec = z.strictObject({
  tenant: dnsLabel.describe("The tenant that the namespace is for."),
  labels: labelMap.optional().describe("Labels of the namespace besides the tenant's."),
});
export const tenantNamespaceStatus = z.strictObject({
  phase: z.enum(["Ready", "Refused"]).optional(),
  message: z.string().optional().describe("Why it was refused."),
});

/** Plain data: what is parsed is never changed. */
type Plain<T> = T extends readonly (infer E)[]
  ? readonly Plain<E>[]
  : T extends object
    ? { readonly [K in keyof T]: Plain<T[K]> }
    : T;

export type TenantSpec = Plain<z.infer<typeof tenantSpec>>;
export type TenantStatus = Plain<z.infer<typeof tenantStatus>>;
export type Owner = Plain<z.infer<typeof owner>>;
/** Whether the owner is known to the cloud alone, which signs its certificate and grants it roles. */
export function isIamOwner({ kind }: Owner): boolean {
  return kind === "IAMUser" || kind === "IAMRole";
}

export type TenantCloudLimits = Plain<z.infer<typeof cloud>>;
export type Condition = Plain<z.infer<typeof condition>>;
export type Quantities = Readonly<Record<string, string | number>>;

export interface Tenant extends KubeObject {
  readonly spec: TenantSpec;
  readonly status?: TenantStatus;
}

/** The name of the object is the name of the namespace that is asked for. */
export interface TenantNamespace extends KubeObject {
  readonly spec: Plain<z.infer<typeof tenantNamespaceSpec>>;
  readonly status?: Plain<z.infer<typeof tenantNamespaceStatus>>;
}

export const TENANTS: ResourceType<Tenant> = {
  group: GROUP,
  version: VERSION,
  plural: "tenants",
  kind: "Tenant",
  namespaced: false,
};
export const TENANT_NAMESPACES: ResourceType<TenantNamespace> = {
  group: GROUP,
  version: VERSION,
  plural: "tenantnamespaces",
  kind: "TenantNamespace",
  namespaced: false,
};

/** What the schema says is wrong with a Tenant, for servers that have no CustomResourceDefinitions. */
export function mistakesInTenant({
  spec,
}: {
  readonly spec?: unknown;
}): readonly { readonly field: string; readonly message: string }[] {
  const { error } = tenantSpec.safeParse(spec);
  return (error?.issues ?? []).map(({ path, message }) => ({
    field: path.reduce<string>(
      (name, part) => `${name}${typeof part === "number" ? `[${part}]` : `.${String(part)}`}`,
      "spec",
    ),
    message,
  }));
}
