/** Nodes and Leases: what the cloud controllers live by. */
import { get, LEASES, lease, NODES, node, patch, post, put, type Scenario, scenario } from "./scenario.ts";

const A = `${NODES}/{ns}-a`;
const L = `${LEASES}/l`;
const TAINT = { key: "node.cloudprovider.kubernetes.io/uninitialized", value: "true", effect: "NoSchedule" };
const taints = (...list: unknown[]) => ({ spec: { taints: list } });
const condition = (type: string, status: string) => ({
  type,
  status,
  reason: "R",
  message: "m",
  lastHeartbeatTime: "2024-01-01T00:00:00Z",
  lastTransitionTime: "2024-01-01T00:00:00Z",
});

export const NODE_SCENARIOS: readonly Scenario[] = [
  scenario("Node: a bare one", post(NODES, node("a")), get(A)),
  scenario(
    "Node: registered with taints, a provider ID and a status",
    post(
      NODES,
      node("a", {
        spec: { providerID: "cloud://i-1", podCIDR: "10.1.0.0/24", taints: [TAINT], unschedulable: true },
        status: {
          addresses: [{ type: "InternalIP", address: "192.0.2.1" }],
          capacity: { cpu: "2", memory: "4Gi" },
          nodeInfo: { kubeletVersion: "v1.36.0" },
        },
      }),
    ),
  ),
  scenario(
    "Node: the provider ID is set once",
    post(NODES, node("a")),
    patch("merge", A, { spec: { providerID: "cloud://i-1" } }),
    patch("merge", A, { spec: { providerID: "cloud://i-2" } }),
    patch("merge", A, { spec: { providerID: null } }),
  ),
  scenario(
    "Node: the pod CIDR is set once",
    post(NODES, node("a")),
    patch("merge", A, { spec: { podCIDR: "10.1.0.0/24" } }),
    patch("merge", A, { spec: { podCIDR: "10.2.0.0/24", podCIDRs: ["10.2.0.0/24"] } }),
  ),
  scenario(
    "Node: two pod CIDRs",
    post(NODES, node("a", { spec: { podCIDR: "10.1.0.0/24", podCIDRs: ["10.1.0.0/24", "fd00::/64"] } })),
  ),
  scenario(
    "Node: pod CIDRs that do not match",
    post(NODES, node("a", { spec: { podCIDR: "10.1.0.0/24", podCIDRs: ["10.2.0.0/24"] } })),
  ),
  scenario(
    "Node: pod CIDRs of one family",
    post(NODES, node("a", { spec: { podCIDRs: ["10.1.0.0/24", "10.2.0.0/24"] } })),
  ),
  scenario("Node: a pod CIDR that is none", post(NODES, node("a", { spec: { podCIDR: "here" } }))),
  scenario("Node: a taint without effect", post(NODES, node("a", taints({ key: "a" })))),
  scenario(
    "Node: a taint of an effect that does not exist",
    post(NODES, node("a", taints({ key: "a", effect: "Maybe" }))),
  ),
  scenario(
    "Node: a taint of a bad key and value",
    post(NODES, node("a", taints({ key: "a b", value: "c d", effect: "NoSchedule" }))),
  ),
  scenario(
    "Node: the same taint twice",
    post(NODES, node("a", taints({ key: "a", effect: "NoSchedule" }, { key: "a", value: "x", effect: "NoSchedule" }))),
  ),
  scenario(
    "Node: the same key with two effects",
    post(NODES, node("a", taints({ key: "a", effect: "NoSchedule" }, { key: "a", effect: "NoExecute" }))),
  ),
  scenario("Node: a bad name", post(NODES, { metadata: { name: "Node_A" } }), post(NODES, { metadata: {} })),
  scenario(
    "Node: labels are validated",
    post(NODES, node("a", {}, { labels: { "a/b/c": "d" } })),
    post(NODES, node("a", {}, { labels: { x: "y z" } })),
  ),
  scenario(
    "Node: the status is written apart from the spec",
    post(NODES, node("a")),
    patch("strategic", `${A}/status`, {
      spec: { unschedulable: true },
      status: { addresses: [{ type: "Hostname", address: "a" }] },
    }),
    patch("strategic", A, {
      spec: { unschedulable: true },
      status: { addresses: [{ type: "Hostname", address: "b" }] },
    }),
    get(`${A}/status`),
  ),
  scenario(
    "Node: addresses of one type are merged by type, as kubectl's users fear",
    post(
      NODES,
      node("a", {
        status: {
          addresses: [
            { type: "InternalIP", address: "192.0.2.1" },
            { type: "Hostname", address: "a" },
          ],
        },
      }),
    ),
    patch("strategic", `${A}/status`, { status: { addresses: [{ type: "InternalIP", address: "192.0.2.2" }] } }),
    patch("strategic", `${A}/status`, {
      status: {
        addresses: [
          { type: "ExternalIP", address: "192.0.2.9" },
          { type: "InternalIP", address: "192.0.2.3" },
        ],
      },
    }),
    patch("merge", `${A}/status`, {
      status: {
        addresses: [
          { type: "InternalIP", address: "192.0.2.4" },
          { type: "InternalIP", address: "192.0.2.5" },
        ],
      },
    }),
  ),
  scenario(
    "Node: the same address twice, and two of one type",
    post(NODES, node("a")),
    patch("merge", `${A}/status`, {
      status: {
        addresses: [
          { type: "InternalIP", address: "192.0.2.1" },
          { type: "InternalIP", address: "192.0.2.1" },
        ],
      },
    }),
    patch("merge", `${A}/status`, {
      status: {
        addresses: [
          { type: "InternalIP", address: "192.0.2.1" },
          { type: "InternalIP", address: "2001:db8::1" },
        ],
      },
    }),
  ),
  scenario(
    "Node: conditions are merged by type",
    post(NODES, node("a")),
    patch("strategic", `${A}/status`, {
      status: { conditions: [condition("Ready", "True"), condition("NetworkUnavailable", "True")] },
    }),
    patch("strategic", `${A}/status`, { status: { conditions: [condition("NetworkUnavailable", "False")] } }),
    patch("strategic", `${A}/status`, {
      status: {
        "$setElementOrder/conditions": [{ type: "NetworkUnavailable" }, { type: "Ready" }],
        conditions: [condition("Ready", "Unknown")],
      },
    }),
    patch("strategic", `${A}/status`, { status: { conditions: [{ type: "Ready", $patch: "delete" }] } }),
  ),
  scenario(
    "Node: taints are replaced by a strategic patch, and removed",
    post(NODES, node("a", taints(TAINT, { key: "a", effect: "NoSchedule" }))),
    patch("strategic", A, { spec: { taints: [{ key: "b", effect: "NoExecute", timeAdded: "2024-01-01T00:00:00Z" }] } }),
    patch("strategic", A, { spec: { taints: null } }),
    get(A),
  ),
  scenario(
    "Node: PUT with a stale version is a conflict",
    post(NODES, node("a"), { as: "made" }),
    patch("merge", A, { metadata: { labels: { x: "1" } } }),
    put(A, node("a", {}, { resourceVersion: "{made:metadata.resourceVersion}" })),
    put(A, node("a", { spec: { providerID: "cloud://x" } })),
  ),
  scenario("Node: PUT to a name that is not there", put(A, node("a"))),
  scenario(
    "Node: a podCIDR is not lost by a PUT",
    post(NODES, node("a", { spec: { podCIDR: "10.1.0.0/24" } })),
    put(A, node("a")),
  ),
  scenario(
    "Node: a status that is not one",
    post(NODES, node("a")),
    patch("merge", `${A}/status`, { status: { addresses: "x" } }),
    patch("merge", `${A}/status`, { status: { conditions: [{ reason: 1 }] } }),
  ),
];

export const LEASE_SCENARIOS: readonly Scenario[] = [
  scenario(
    "Lease: made, taken and renewed",
    post(
      LEASES,
      lease("l", {
        holderIdentity: "a",
        leaseDurationSeconds: 15,
        acquireTime: "2024-01-01T00:00:00.000000Z",
        renewTime: "2024-01-01T00:00:00.123456Z",
        leaseTransitions: 0,
      }),
      { as: "made" },
    ),
    put(
      L,
      lease(
        "l",
        { holderIdentity: "b", leaseDurationSeconds: 15, leaseTransitions: 1 },
        { resourceVersion: "{made:metadata.resourceVersion}" },
      ),
    ),
    get(L),
  ),
  scenario(
    "Lease: two holders race, one loses",
    post(LEASES, lease("l", { holderIdentity: "a" }), { as: "made" }),
    put(L, lease("l", { holderIdentity: "b" }, { resourceVersion: "{made:metadata.resourceVersion}" })),
    put(L, lease("l", { holderIdentity: "c" }, { resourceVersion: "{made:metadata.resourceVersion}" })),
  ),
  scenario(
    "Lease: an update must name the version",
    post(LEASES, lease("l", { holderIdentity: "a" })),
    put(L, lease("l", { holderIdentity: "b" })),
  ),
  scenario("Lease: made twice", post(LEASES, lease("l")), post(LEASES, lease("l"))),
  scenario("Lease: a duration of 0", post(LEASES, lease("l", { leaseDurationSeconds: 0 }))),
  scenario(
    "Lease: negative transitions and duration",
    post(LEASES, lease("l", { leaseDurationSeconds: -1, leaseTransitions: -1 })),
  ),
  scenario("Lease: a time that is none", post(LEASES, lease("l", { renewTime: "yesterday" }))),
  scenario(
    "Lease: times are kept to the microsecond",
    post(LEASES, lease("l", { renewTime: "2024-01-01T01:02:03.5Z", acquireTime: "2024-01-01T01:02:03Z" })),
  ),
  scenario("Lease: PUT to a name that is not there", put(L, lease("l", { holderIdentity: "a" })), get(L)),
  scenario("Lease: an empty spec", post(LEASES, { metadata: { name: "l" } })),
  scenario(
    "Lease: released",
    post(LEASES, lease("l", { holderIdentity: "a" })),
    patch("merge", L, { spec: { holderIdentity: "" } }),
    patch("merge", L, { spec: { holderIdentity: null } }),
  ),
  scenario(
    "Lease: a strategy that needs a holder",
    post(LEASES, lease("l", { strategy: "OldestEmulationVersion" })),
    post(LEASES, lease("m", { preferredHolder: "x" })),
  ),
];
