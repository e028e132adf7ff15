/**
 * What RBAC cannot say, said by ValidatingAdmissionPolicies. Their number does not grow with that of tenants: what a policy
 * must know of a tenant stands on its namespaces, which tenants cannot change.
 */
import type { KubeObject } from "@ccm/kube";
import {
  CLOUD_OBJECTS_ANNOTATION,
  GROUP,
  MANAGED_LABEL,
  MANAGER,
  PINNED_LABEL,
  REGISTRIES_ANNOTATION,
  SUSPENDED_LABEL,
  TENANT_LABEL,
  VERSION,
} from "./names.ts";

interface Validation {
  readonly expression: string;
  readonly message?: string;
  readonly messageExpression?: string;
  readonly reason?: string;
}

interface ResourceRule {
  readonly apiGroups: readonly string[];
  readonly apiVersions: readonly string[];
  readonly operations: readonly string[];
  readonly resources: readonly string[];
  readonly scope?: "Namespaced";
}

interface PolicyParts {
  readonly name: string;
  readonly rules: readonly ResourceRule[];
  readonly except?: readonly ResourceRule[];
  /** Which namespaces; absent: all, and what is in none. */
  readonly namespaces?: Readonly<Record<string, unknown>>;
  readonly conditions?: readonly { readonly name: string; readonly expression: string }[];
  /** Asked for each Tenant there is, which is `params`. */
  readonly eachTenant?: true;
  readonly variables?: readonly { readonly name: string; readonly expression: string }[];
  readonly validations: readonly Validation[];
}

/** Who may change tenants runs the platform: no policy holds them up. */
const NOT_PLATFORM = {
  name: "not-the-platform",
  expression: `!authorizer.group('${GROUP}').resource('tenants').check('update').allowed()`,
};
/** The cluster's own controllers and nodes, which act on what tenants have written. */
const NOT_SYSTEM = {
  name: "not-the-system",
  expression:
    "!has(request.userInfo.groups) || !request.userInfo.groups.exists(g, g in ['system:masters', 'system:nodes', 'system:serviceaccounts:kube-system'])",
};
const NOT_COMPONENT = {
  name: "not-a-component",
  expression:
    "!(request.userInfo.username in ['system:kube-controller-manager', 'system:kube-scheduler', 'system:cloud-controller-manager', 'system:apiserver'])",
};
const TENANTS_ONLY = [NOT_SYSTEM, NOT_COMPONENT, NOT_PLATFORM];

const OF_TENANTS = { matchExpressions: [{ key: TENANT_LABEL, operator: "Exists" }] };
const CHANGES = ["CREATE", "UPDATE"] as const;

const rule = (
  apiGroups: readonly string[],
  resources: readonly string[],
  operations: readonly string[],
): ResourceRule => ({ apiGroups, apiVersions: ["*"], operations, resources });

/** Names of annotations of Services that name something in the cloud, or are the controller's own notes of it. */
const LB = "service.beta.kubernetes.io/cce-load-balancer-";
const OURS = "cloud-provider-baiducloud/";
export const CLOUD_NAMING_ANNOTATIONS: readonly string[] = [
  `${LB}exist-id`,
  `${LB}id`,
  `${LB}cce-add-id`,
  `${OURS}bound-eip`,
  `${OURS}listeners`,
  `${OURS}eip-bandwidth-group-id`,
  `${OURS}layer4-cluster-id`,
  `${OURS}layer7-cluster-id`,
  `${OURS}resource-group-id`,
];

const NAMESPACES_OF = (field: string) => `has(params.spec.namespaces) && has(params.spec.namespaces.${field})`;
const quoted = (texts: readonly string[]) => `[${texts.map((text) => `'${text}'`).join(", ")}]`;
const MANAGED = (object: string) =>
  `has(${object}.metadata.labels) && '${MANAGED_LABEL}' in ${object}.metadata.labels && ${object}.metadata.labels['${MANAGED_LABEL}'] == '${MANAGER}'`;
const annotationOf = (key: string) =>
  `has(namespaceObject.metadata.annotations) && '${key}' in namespaceObject.metadata.annotations ? namespaceObject.metadata.annotations['${key}'] : ''`;
/** Labels and annotations that mean something to the operator, to Capsule or to the cluster's own security. */
const reserved = (kind: "labels" | "annotations", object: string) =>
  `has(${object}.metadata.${kind}) ? ${object}.metadata.${kind}.filter(k, k.startsWith('${GROUP}/') || k.startsWith('capsule.clastix.io/') || k.startsWith('pod-security.kubernetes.io/') || k.startsWith('scheduler.alpha.kubernetes.io/') || k == 'kubernetes.io/metadata.name').map(k, k + '=' + ${object}.metadata.${kind}[k]) : []`;

const POLICIES: readonly PolicyParts[] = [
  {
    name: "tenant-namespaces",
    rules: [rule([""], ["namespaces", "namespaces/finalize", "namespaces/status"], ["CREATE", "UPDATE", "DELETE"])],
    conditions: TENANTS_ONLY,
    variables: [
      {
        name: "after",
        expression: `object == null ? [] : (${reserved("labels", "object")}) + (${reserved("annotations", "object")})`,
      },
      {
        name: "before",
        expression: `oldObject == null ? [] : (${reserved("labels", "oldObject")}) + (${reserved("annotations", "oldObject")})`,
      },
    ],
    validations: [
      {
        expression:
          "request.operation == 'DELETE' || (variables.after.filter(l, !l.startsWith('kubernetes.io/metadata.name=')).all(l, l in variables.before) && variables.before.all(l, l in variables.after))",
        message:
          "only the platform may set, change or remove the labels and annotations of a namespace that say whose it is and what it may do",
        reason: "Forbidden",
      },
      {
        expression: `request.operation != 'DELETE' || !variables.before.exists(l, l.startsWith('${TENANT_LABEL}='))`,
        message: "a namespace of a tenant goes when its TenantNamespace is deleted",
        reason: "Forbidden",
      },
    ],
  },
  {
    name: "tenant-requests",
    rules: [rule([GROUP], ["tenantnamespaces"], ["CREATE", "UPDATE", "DELETE"])],
    conditions: TENANTS_ONLY,
    validations: [
      {
        expression: `authorizer.group('${GROUP}').resource('tenants').name(request.operation == 'DELETE' ? oldObject.spec.tenant : object.spec.tenant).check('use').allowed()`,
        messageExpression:
          "'you are no owner of tenant ' + (request.operation == 'DELETE' ? oldObject.spec.tenant : object.spec.tenant) + ' with the role admin'",
        reason: "Forbidden",
      },
    ],
  },
  {
    // A request that is let in holds its name also when the operator refuses it: nobody holds one that is not for them.
    name: "tenant-request-names",
    rules: [rule([GROUP], ["tenantnamespaces"], ["CREATE"])],
    conditions: TENANTS_ONLY,
    eachTenant: true,
    variables: [
      { name: "own", expression: "params.metadata.name == object.spec.tenant" },
      { name: "prefix", expression: `${NAMESPACES_OF("prefix")} ? params.spec.namespaces.prefix : ''` },
    ],
    validations: [
      {
        expression: "!variables.own || object.metadata.name.startsWith(variables.prefix)",
        messageExpression: "'the name must begin with ' + variables.prefix",
        reason: "Forbidden",
      },
      {
        expression: "!variables.own || !has(params.spec.suspended) || !params.spec.suspended",
        message: "the tenant is suspended",
        reason: "Forbidden",
      },
      {
        expression: `!variables.own || !(${NAMESPACES_OF("max")}) || !has(params.status) || !has(params.status.namespaceCount) || params.status.namespaceCount < params.spec.namespaces.max`,
        messageExpression:
          "'the tenant has ' + string(params.status.namespaceCount) + ' namespaces, and may have ' + string(params.spec.namespaces.max)",
        reason: "Forbidden",
      },
    ],
  },
  {
    name: "tenant-managed-objects",
    rules: [
      rule([""], ["resourcequotas", "resourcequotas/status", "limitranges", "secrets"], ["CREATE", "UPDATE", "DELETE"]),
      rule(["networking.k8s.io"], ["networkpolicies"], ["CREATE", "UPDATE", "DELETE"]),
      rule(["rbac.authorization.k8s.io"], ["rolebindings"], ["CREATE", "UPDATE", "DELETE"]),
    ],
    namespaces: OF_TENANTS,
    conditions: TENANTS_ONLY,
    validations: [
      {
        expression: `(oldObject == null || !(${MANAGED("oldObject")})) && (object == null || !(${MANAGED("object")}))`,
        message: "this object is the platform's: what it says follows from the tenant",
        reason: "Forbidden",
      },
      {
        expression: "!(request.resource.resource in ['resourcequotas', 'limitranges'])",
        message: "quotas and limit ranges are the platform's",
        reason: "Forbidden",
      },
    ],
  },
  {
    name: "tenant-services",
    rules: [rule([""], ["services", "services/status"], CHANGES)],
    namespaces: OF_TENANTS,
    conditions: TENANTS_ONLY,
    variables: [
      { name: "allowed", expression: `(${annotationOf(CLOUD_OBJECTS_ANNOTATION)}).split(',')` },
      {
        name: "named",
        expression: `has(object.metadata.annotations) ? object.metadata.annotations.filter(k, k in ${quoted(CLOUD_NAMING_ANNOTATIONS)} && !(oldObject != null && has(oldObject.metadata.annotations) && k in oldObject.metadata.annotations && oldObject.metadata.annotations[k] == object.metadata.annotations[k])) : []`,
      },
      {
        name: "addresses",
        expression:
          "(has(object.spec.externalIPs) ? object.spec.externalIPs : []) + (has(object.spec.loadBalancerIP) && object.spec.loadBalancerIP != '' ? [object.spec.loadBalancerIP] : [])",
      },
      {
        name: "former",
        expression:
          "oldObject == null ? [] : (has(oldObject.spec.externalIPs) ? oldObject.spec.externalIPs : []) + (has(oldObject.spec.loadBalancerIP) ? [oldObject.spec.loadBalancerIP] : [])",
      },
    ],
    validations: [
      {
        expression: "variables.named.all(k, object.metadata.annotations[k] in variables.allowed)",
        messageExpression: `'annotation ' + variables.named[0] + ' names something in the cloud that tenant ' + namespaceObject.metadata.labels['${TENANT_LABEL}'] + ' was not given: the platform allows it by annotation ${CLOUD_OBJECTS_ANNOTATION} of the Tenant'`,
        reason: "Forbidden",
      },
      {
        expression: "variables.addresses.all(a, a in variables.allowed || a in variables.former)",
        messageExpression: `'address ' + variables.addresses.filter(a, !(a in variables.allowed || a in variables.former))[0] + ' was not given to tenant ' + namespaceObject.metadata.labels['${TENANT_LABEL}']`,
        reason: "Forbidden",
      },
      {
        expression: "!has(request.subResource) || request.subResource != 'status' || object.status == oldObject.status",
        message: "the status of a Service is the cloud controller manager's",
        reason: "Forbidden",
      },
    ],
  },
  {
    name: "tenant-pods",
    rules: [rule([""], ["pods"], ["CREATE"])],
    namespaces: OF_TENANTS,
    variables: [
      { name: "tenant", expression: `namespaceObject.metadata.labels['${TENANT_LABEL}']` },
      { name: "tolerations", expression: "has(object.spec.tolerations) ? object.spec.tolerations : []" },
      {
        name: "selected",
        expression: `has(object.spec.nodeSelector) && '${TENANT_LABEL}' in object.spec.nodeSelector ? object.spec.nodeSelector['${TENANT_LABEL}'] : ''`,
      },
      {
        name: "pinned",
        expression: `'${PINNED_LABEL}' in namespaceObject.metadata.labels`,
      },
    ],
    validations: [
      {
        expression: "!has(object.spec.nodeName) || object.spec.nodeName == ''",
        message: "spec.nodeName passes the scheduler by, and with it whose nodes are whose",
        reason: "Forbidden",
      },
      {
        expression: `variables.tolerations.all(t, has(t.key) && t.key != '' && (t.key != '${TENANT_LABEL}' || (has(t.value) && t.value == variables.tenant)))`,
        messageExpression: `'a Pod of tenant ' + variables.tenant + ' may not tolerate every taint, nor that of another tenant\\'s nodes'`,
        reason: "Forbidden",
      },
      {
        expression: "variables.selected == '' ? !variables.pinned : variables.selected == variables.tenant",
        messageExpression: `'a Pod of tenant ' + variables.tenant + ' may not select the nodes of another: its node selector must ' + (variables.pinned ? 'have' : 'not have') + ' ${TENANT_LABEL}' + (variables.pinned ? '=' + variables.tenant : '')`,
        reason: "Forbidden",
      },
    ],
  },
  {
    name: "tenant-images",
    rules: [rule([""], ["pods", "pods/ephemeralcontainers"], CHANGES)],
    namespaces: OF_TENANTS,
    variables: [
      { name: "registries", expression: annotationOf(REGISTRIES_ANNOTATION) },
      {
        name: "images",
        expression:
          "object.spec.containers.map(c, c.image) + (has(object.spec.initContainers) ? object.spec.initContainers.map(c, c.image) : []) + (has(object.spec.ephemeralContainers) ? object.spec.ephemeralContainers.map(c, c.image) : []) + (has(object.spec.volumes) ? object.spec.volumes.filter(v, has(v.image) && has(v.image.reference)).map(v, v.image.reference) : [])",
      },
      {
        name: "strangers",
        expression:
          "variables.registries == '' ? [] : variables.images.filter(i, !variables.registries.split(',').exists(r, i.startsWith(r)))",
      },
    ],
    validations: [
      {
        expression: "variables.strangers.size() == 0",
        messageExpression: `'image ' + variables.strangers[0] + ' is not from a registry of tenant ' + namespaceObject.metadata.labels['${TENANT_LABEL}'] + ': expected ' + variables.registries`,
        reason: "Forbidden",
      },
    ],
  },
  {
    name: "tenant-suspension",
    // Of what is in no namespace, a namespace selector lets everything through.
    rules: [{ ...rule(["*"], ["*/*"], ["CREATE", "UPDATE", "DELETE", "CONNECT"]), scope: "Namespaced" }],
    // What runs goes on: it holds its leases and tells what happens.
    except: [rule(["coordination.k8s.io"], ["leases"], ["*"]), rule(["", "events.k8s.io"], ["events"], ["*"])],
    namespaces: { matchExpressions: [{ key: SUSPENDED_LABEL, operator: "Exists" }] },
    conditions: TENANTS_ONLY,
    validations: [
      {
        expression: "false",
        messageExpression: `'tenant ' + namespaceObject.metadata.labels['${TENANT_LABEL}'] + ' is suspended'`,
        message: "the tenant is suspended",
        reason: "Forbidden",
      },
    ],
  },
];

/** Each policy with its binding. */
export function admissionPolicies(): readonly (KubeObject & Readonly<Record<string, unknown>>)[] {
  return POLICIES.flatMap(({ name, rules, except, namespaces, conditions, eachTenant, variables, validations }) => {
    const full = `${name}.${GROUP}`;
    const metadata = { name: full, labels: { [MANAGED_LABEL]: MANAGER } };
    return [
      {
        apiVersion: "admissionregistration.k8s.io/v1",
        kind: "ValidatingAdmissionPolicy",
        metadata,
        spec: {
          failurePolicy: "Fail",
          ...(eachTenant ? { paramKind: { apiVersion: `${GROUP}/${VERSION}`, kind: "Tenant" } } : {}),
          matchConstraints: {
            resourceRules: rules,
            ...(except ? { excludeResourceRules: except } : {}),
            ...(namespaces ? { namespaceSelector: namespaces } : {}),
          },
          ...(conditions ? { matchConditions: conditions } : {}),
          ...(variables ? { variables } : {}),
          validations,
        },
      },
      {
        apiVersion: "admissionregistration.k8s.io/v1",
        kind: "ValidatingAdmissionPolicyBinding",
        metadata,
        spec: {
          policyName: full,
          validationActions: ["Deny"],
          // Without any tenant there is nobody who may ask: that is for another policy to say.
          ...(eachTenant ? { paramRef: { selector: {}, parameterNotFoundAction: "Allow" } } : {}),
        },
      },
    ];
  });
}
