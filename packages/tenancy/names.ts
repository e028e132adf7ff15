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
export const FINALIZER = `${GROUP}/tenant-operator`;
/** On a namespace of a suspended tenant. */
export const SUSPENDED_LABEL = `${GROUP}/suspended`;
/** On a namespace whose Pods run on the tenant's nodes only. */
export const PINNED_LABEL = `${GROUP}/pinned`;
/** On a namespace: what images must begin with, separated by commas. */
export const REGISTRIES_ANNOTATION = `${GROUP}/registries`;
/**
 * On a Tenant, and copied to its namespaces: IDs of load balancers, addresses and other things in the cloud that its Services
 * may name, separated by commas.
 */
export const CLOUD_OBJECTS_ANNOTATION = `${GROUP}/allowed-cloud-objects`;
/** On a namespace: the keys that the tenant's labels and annotations have set there, so that they can be taken back. */
export const APPLIED_ANNOTATION = `${GROUP}/applied`;
/** On a tenant's own Secret: the registry and the robot whose password it holds, `instance/name`. */
export const ROBOT_ANNOTATION = `${GROUP}/robot`;
/** And the project that the robot is known to pull from; absent until the robot is there. */
export const ROBOT_PROJECT_ANNOTATION = `${GROUP}/robot-project`;
/** Read by the admission plugins PodNodeSelector and PodTolerationRestriction, where the API server has them. */
export const NODE_SELECTOR_ANNOTATION = "scheduler.alpha.kubernetes.io/node-selector";
export const TOLERATIONS_ANNOTATION = "scheduler.alpha.kubernetes.io/defaultTolerations";
/** On a namespace of a tenant whose quota is strict: its creates are counted before they are let in. */
export const STRICT_LABEL = `${GROUP}/strict-quota`;

/** The Secret in the operator's namespace that the tenant's pull secrets are copies of. */
export function pullSourceName(tenant: string): string {
  return `tenant-pull-${tenant}`;
}
