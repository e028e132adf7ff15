/** The names that tenancy has in a cluster: what people write, and what selectors and policies compare. */

export const GROUP = "tenancy.baidubce.com";
export const VERSION = "v1alpha1";

/** On a namespace, and on everything the operator makes: the tenant that it is of. */
export const TENANT_LABEL = `${GROUP}/tenant`;
/** On a namespace of Capsule: it counts as that tenant's where there is no label of ours. */
export const CAPSULE_TENANT_LABEL = "capsule.clastix.io/tenant";
/** On a namespace that exists already: the tenant that it asks to be taken into. The tenant must name it, too. */
export const ADOPT_LABEL = `${GROUP}/adopt`;
/** On everything the operator makes, with the value below: what it may change and delete. */
export const MANAGED_LABEL = "app.kubernetes.io/managed-by";
export const MANAGER = "tenant-operator";
/** On a node, and its taint when nodes are dedicated. */
export const NODE_LABEL = TENANT_LABEL;
export const FINALIZER = `${GROUP}/tenant-operator`;
