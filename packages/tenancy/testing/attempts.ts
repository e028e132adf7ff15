/** What an owner of tenant a may try to get at tenant b, or at more than its own share. Each must be refused. */

export interface Attempt {
  readonly name: string;
  /** alice has the role admin; carol a ClusterRole with everything, in the namespaces of tenant a. */
  readonly as: "alice" | "carol";
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** In the answer, where it is a policy that refuses. */
  readonly because?: RegExp;
}

const CORE = "/api/v1";
const A = `${CORE}/namespaces/a-web`;
const B = `${CORE}/namespaces/b-web`;
const APPS_B = "/apis/apps/v1/namespaces/b-web";
const RBAC = "/apis/rbac.authorization.k8s.io/v1";
const TENANCY = "/apis/tenancy.baidubce.com/v1alpha1";
const LB = "service.beta.kubernetes.io/cce-load-balancer-";
const MERGE = "application/merge-patch+json";

export const container = { name: "main", image: "registry.test/a/app:1", resources: { requests: { cpu: "100m" } } };
const pod = (spec: object = {}, name = "mine") => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name },
  spec: { containers: [container], ...spec },
});
const service = (annotations: object = {}, spec: object = {}) => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "mine", annotations },
  spec: { type: "LoadBalancer", ports: [{ port: 80 }], ...spec },
});
const binding = (name: string, role: string, user: string) => ({
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "RoleBinding",
  metadata: { name },
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role },
  subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: user }],
});
const config = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "mine" }, data: { a: "b" } };
const labels = (map: Readonly<Record<string, string | null>>) => ({ metadata: { labels: map } });

const attempt = (
  name: string,
  method: string,
  path: string,
  body?: unknown,
  more: Partial<Pick<Attempt, "as" | "because" | "headers" | "contentType">> = {},
): Attempt => ({
  as: "alice",
  name,
  method,
  path,
  ...(body === undefined ? {} : { body }),
  ...(method === "PATCH" ? { contentType: MERGE } : {}),
  ...more,
});

export const ATTEMPTS: readonly Attempt[] = [
  // Read.
  attempt("list the other's Pods", "GET", `${B}/pods`),
  attempt("read the other's Secret", "GET", `${B}/secrets/password`),
  attempt("list the Secrets of all namespaces", "GET", `${CORE}/secrets`),
  attempt("watch the other's ConfigMaps", "GET", `${B}/configmaps?watch=true`),
  attempt("read the log of the other's Pod", "GET", `${B}/pods/app/log`),
  attempt("read the other's namespace", "GET", B),
  attempt("list all namespaces", "GET", `${CORE}/namespaces`),
  attempt("read the other tenant", "GET", `${TENANCY}/tenants/b`),
  attempt("list all tenants and their namespaces' requests", "GET", `${TENANCY}/tenantnamespaces`),
  // Write.
  attempt("run a Pod in the other's namespace", "POST", `${B}/pods`, pod()),
  attempt("run a command in the other's Pod", "POST", `${B}/pods/app/exec?command=sh&stdin=true`),
  attempt("scale the other's Deployment", "PATCH", `${APPS_B}/deployments/app/scale`, { spec: { replicas: 0 } }),
  attempt("delete all of the other's Pods", "DELETE", `${B}/pods`),
  attempt("apply a ConfigMap to the other's namespace", "PATCH", `${B}/configmaps/mine?fieldManager=x`, config, {
    contentType: "application/apply-patch+yaml",
  }),
  // Escalate.
  attempt("become cluster-admin", "POST", `${RBAC}/clusterrolebindings`, {
    ...binding("mine", "cluster-admin", "alice"),
    kind: "ClusterRoleBinding",
  }),
  attempt(
    "become owner of the other's namespace",
    "POST",
    `${RBAC}/namespaces/b-web/rolebindings`,
    binding("mine", "admin", "alice"),
  ),
  attempt(
    "bind cluster-admin in the own namespace",
    "POST",
    `${RBAC}/namespaces/a-web/rolebindings`,
    binding("mine", "cluster-admin", "alice"),
  ),
  attempt(
    "change who owns the own namespace",
    "PATCH",
    `${RBAC}/namespaces/a-web/rolebindings/tenancy:admin`,
    { subjects: [] },
    { because: /the platform's/ },
  ),
  attempt("act as the other's owner", "GET", `${B}/pods`, undefined, { headers: { "impersonate-user": "bob" } }),
  attempt("act as a member of system:masters", "GET", `${B}/pods`, undefined, {
    headers: { "impersonate-user": "alice", "impersonate-group": "system:masters" },
  }),
  attempt("get a token of the other's ServiceAccount", "POST", `${B}/serviceaccounts/default/token`, {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    spec: {},
  }),
  attempt("raise the own tenant's limits", "PATCH", `${TENANCY}/tenants/a`, { spec: { quota: null } }),
  attempt(
    "ask for a namespace of the other tenant",
    "POST",
    `${TENANCY}/tenantnamespaces`,
    {
      apiVersion: "tenancy.baidubce.com/v1alpha1",
      kind: "TenantNamespace",
      metadata: { name: "b-more" },
      spec: { tenant: "b" },
    },
    { because: /no owner of tenant b/ },
  ),
  attempt("give the other's namespace back", "DELETE", `${TENANCY}/tenantnamespaces/b-web`),
  attempt(
    "leave the Pod by a path of the host",
    "POST",
    `${A}/pods`,
    pod({ volumes: [{ name: "h", hostPath: { path: "/" } }] }),
    { because: /violates PodSecurity .*baseline/ },
  ),
  // Steal.
  attempt("use the other's load balancer", "POST", `${A}/services`, service({ [`${LB}exist-id`]: "lb-b" }), {
    because: /exist-id names something in the cloud/,
  }),
  attempt(
    "take the other's load balancer over by a later edit",
    "PATCH",
    `${A}/services/app`,
    { metadata: { annotations: { [`${LB}id`]: "lb-b" } } },
    { because: /load-balancer-id names something in the cloud/ },
  ),
  attempt(
    "unbind the other's address by the controller's own note",
    "POST",
    `${A}/services`,
    service({ "cloud-provider-baiducloud/bound-eip": "192.0.2.7" }),
    { because: /bound-eip names something in the cloud/ },
  ),
  attempt("take the other's public address", "POST", `${A}/services`, service({}, { loadBalancerIP: "192.0.2.7" }), {
    because: /address 192.0.2.7 was not given/,
  }),
  attempt(
    "catch the other's traffic in the cluster",
    "POST",
    `${A}/services`,
    service({}, { externalIPs: ["192.0.2.7"] }),
    { because: /address 192.0.2.7 was not given/ },
  ),
  attempt(
    "give the own Service the other's address as status",
    "PATCH",
    `${A}/services/app/status`,
    { status: { loadBalancer: { ingress: [{ ip: "192.0.2.7" }] } } },
    { as: "carol", because: /status of a Service/ },
  ),
  // Nodes and images.
  attempt("run on the other's node past the scheduler", "POST", `${A}/pods`, pod({ nodeName: "node-b" }), {
    because: /passes the scheduler by/,
  }),
  attempt(
    "tolerate the taint of the other's nodes",
    "POST",
    `${A}/pods`,
    pod({ tolerations: [{ operator: "Exists" }] }),
    { because: /may not tolerate every taint/ },
  ),
  attempt(
    "run an image from elsewhere",
    "POST",
    `${A}/pods`,
    pod({ containers: [{ ...container, image: "registry.test/b/app:1" }] }),
    { because: /not from a registry of tenant a/ },
  ),
  // Quota.
  attempt("delete the own quota", "DELETE", `${A}/resourcequotas/tenancy`, undefined, {
    as: "carol",
    because: /the platform's/,
  }),
  attempt(
    "enlarge the own quota",
    "PATCH",
    `${A}/resourcequotas/tenancy`,
    { spec: { hard: { pods: "99" } } },
    { as: "carol", because: /the platform's/ },
  ),
  // Relabel.
  attempt("move the own namespace to the other tenant", "PATCH", A, labels({ "tenancy.baidubce.com/tenant": "b" }), {
    as: "carol",
    because: /only the platform may/,
  }),
  attempt("take the own namespace out of its tenant", "PATCH", A, labels({ "tenancy.baidubce.com/tenant": null }), {
    as: "carol",
    because: /only the platform may/,
  }),
  attempt("take the other's namespace", "PATCH", B, labels({ "tenancy.baidubce.com/tenant": "a" })),
];
