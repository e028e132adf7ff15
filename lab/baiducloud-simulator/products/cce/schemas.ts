import { ANY_TEXT, TAGS } from "../../api/common.ts";
import { anything, boolean, integer, list, object, oneOf, openObject, optional, text } from "../../api/schema.ts";

const ANYTHING = optional(anything());
const FLAG = optional(boolean());

export const K8S_VERSIONS = [
  "1.14.9",
  "1.16.3",
  "1.16.8",
  "1.17.17",
  "1.18.9",
  "1.20.8",
  "1.20.8-arm64",
  "1.21.14",
  "1.22.5",
  "1.24.4",
  "1.26.9",
  "1.28.8",
  "1.30.1",
  "1.31.1",
  "1.32.7",
  "1.34.2",
] as const;
const NAME = text({ max: 65, pattern: /^[\p{L}\p{N}][\p{L}\p{N}_.-]*$/u, hint: "letters, digits and -_." });

const MASTER_CONFIG = openObject({
  masterType: optional(oneOf("managed", "managedPro", "custom", "serverless", "containerizedCustom"), "managed"),
  clusterHA: optional(integer(0, 5)),
  exposedPublic: optional(boolean(), false),
  clusterBLBVPCSubnetID: ANY_TEXT,
  clusterBLBID: ANY_TEXT,
  clusterBLBEIP: ANY_TEXT,
  managedClusterMasterOption: ANYTHING,
});

const NETWORK_CONFIG = openObject({
  mode: optional(
    oneOf(
      "kubenet",
      "vpc-cni",
      "vpc-route-veth",
      "vpc-route-ipvlan",
      "vpc-route-auto-detect",
      "vpc-secondary-ip-veth",
      "vpc-secondary-ip-ipvlan",
      "vpc-secondary-ip-auto-detect",
    ),
    "kubenet",
  ),
  eniVPCSubnetIDs: ANYTHING,
  eniSecurityGroupID: ANY_TEXT,
  ipVersion: optional(oneOf("ipv4", "ipv6", "dualStack"), "ipv4"),
  lbServiceVPCSubnetID: ANY_TEXT,
  nodePortRangeMin: optional(integer(0, 65_535)),
  nodePortRangeMax: optional(integer(0, 65_535)),
  clusterPodCIDR: ANY_TEXT,
  clusterIPServiceCIDR: ANY_TEXT,
  maxPodsPerNode: optional(integer(0, 1024)),
  kubeProxyMode: optional(oneOf("ipvs", "iptables", "cilium", "ebpf"), "ipvs"),
  networkPolicyType: optional(oneOf("none", "felix", "eBPF")),
});

/** The form in which a cluster is created. What it has besides these fields is kept. */
export const CLUSTER_SPEC = openObject({
  clusterID: ANY_TEXT,
  clusterName: NAME,
  clusterType: optional(
    oneOf("normal", "crossvpceni", "serverless", "gpuShare", "edge", "cloudEdge", "aihpc", "arm"),
    "normal",
  ),
  description: optional(text(), ""),
  k8sVersion: optional(oneOf(...K8S_VERSIONS), "1.34.2"),
  runtimeType: optional(oneOf("docker", "containerd"), "containerd"),
  runtimeVersion: optional(text(), "1.6.36"),
  vpcID: text(),
  plugins: optional(list(text()), []),
  pluginsConfig: ANYTHING,
  masterConfig: optional(MASTER_CONFIG),
  containerNetworkConfig: optional(NETWORK_CONFIG),
  forbidDelete: optional(boolean(), false),
  resourceChargingOption: ANYTHING,
  k8sCustomConfig: optional(openObject({ enableHostname: FLAG, apiServerCertSAN: optional(list(text())) })),
  authenticateMode: optional(oneOf("x509", "oidc")),
  tags: TAGS,
});

export const CLUSTER_STATUS = object({
  clusterBLB: object({ id: ANY_TEXT, vpcIP: ANY_TEXT, eip: ANY_TEXT }),
  infrastructureReady: boolean(),
  apiServerAccessSuccess: boolean(),
  k8sPluginDeploySuccess: boolean(),
  clusterPhase: text(),
  nodeNum: integer(),
  upgradeWorkflowID: ANY_TEXT,
  workflowMessage: ANY_TEXT,
  problemDetectorServiceSourceBCM: boolean(),
});

/** As a cluster is told of. */
export const CLUSTER = object({
  spec: openObject({
    clusterID: text(),
    clusterName: text(),
    clusterType: text(),
    description: ANY_TEXT,
    k8sVersion: text(),
    runtimeType: text(),
    runtimeVersion: ANY_TEXT,
    vpcID: text(),
    vpcCIDR: text(),
    vpcUUID: text(),
    vpcName: ANY_TEXT,
    plugins: list(text()),
    forbidDelete: boolean(),
    masterConfig: anything(),
    containerNetworkConfig: anything(),
    k8sCustomConfig: ANYTHING,
    tags: TAGS,
  }),
  status: CLUSTER_STATUS,
  createdAt: text(),
  updatedAt: text(),
  instances: ANYTHING,
});

const TAINT = object({
  key: text(),
  value: ANY_TEXT,
  effect: oneOf("NoSchedule", "PreferNoSchedule", "NoExecute"),
  timeAdded: ANYTHING,
});

export const DELETE_OPTION = object({
  moveOut: FLAG,
  deleteResource: FLAG,
  deleteCDSSnapshot: FLAG,
  drainNode: FLAG,
  rebuild: FLAG,
  batchRefundResource: FLAG,
});

/** What a machine is to be like. What it has besides these fields is kept. */
export const INSTANCE_SPEC = openObject({
  cceInstanceID: ANY_TEXT,
  instanceName: ANY_TEXT,
  clusterID: ANY_TEXT,
  clusterRole: optional(oneOf("master", "node")),
  instanceGroupID: ANY_TEXT,
  existed: FLAG,
  existedOption: optional(openObject({ existedInstanceID: ANY_TEXT, rebuild: FLAG })),
  machineType: optional(oneOf("BCC", "BBC", "EBC", "HPAS", "BEC")),
  instanceType: ANY_TEXT,
  vpcConfig: optional(
    openObject({
      vpcID: ANY_TEXT,
      vpcSubnetID: ANY_TEXT,
      availableZone: ANY_TEXT,
      optionalSubnetIDs: optional(list(text())),
    }),
  ),
  instanceResource: optional(
    openObject({
      machineSpec: ANY_TEXT,
      cpu: optional(integer()),
      mem: optional(integer()),
      gpuType: ANY_TEXT,
      gpuCount: optional(integer()),
    }),
  ),
  adminPassword: ANY_TEXT,
  instanceChargingType: optional(oneOf("Prepaid", "Postpaid", "bid")),
  deleteOption: optional(DELETE_OPTION),
  tags: TAGS,
  labels: ANYTHING,
  taints: optional(list(TAINT)),
  annotations: ANYTHING,
  cceInstancePriority: optional(integer(0, 100)),
  scaleDownDisabled: FLAG,
});

export const INSTANCE_SET = object({ instanceSpec: INSTANCE_SPEC, count: optional(integer(0, 1000), 1) });

/** As an instance is told of. */
export const INSTANCE = object({
  spec: openObject({ cceInstanceID: ANY_TEXT, instanceName: ANY_TEXT, clusterID: ANY_TEXT, clusterRole: text() }),
  status: object({
    machine: object({
      instanceID: ANY_TEXT,
      instanceUUID: ANY_TEXT,
      vpcIP: ANY_TEXT,
      vpcIPIPv6: ANY_TEXT,
      eip: ANY_TEXT,
      k8sNodeName: ANY_TEXT,
      hostname: ANY_TEXT,
    }),
    instancePhase: text(),
    machineStatus: text(),
  }),
  createdAt: optional(text()),
  updatedAt: optional(text()),
});

export const AUTOSCALER_SPEC = object({
  enabled: optional(boolean(), false),
  minReplicas: optional(integer(0), 0),
  maxReplicas: optional(integer(0), 0),
  scalingGroupPriority: optional(integer(0), 0),
});

/** A group of instances made from templates. What it has besides these fields is kept. */
export const GROUP_SPEC = openObject({
  cceInstanceGroupID: ANY_TEXT,
  instanceGroupName: NAME,
  clusterID: ANY_TEXT,
  clusterRole: ANY_TEXT,
  selector: ANYTHING,
  shrinkPolicy: optional(oneOf("Priority", "Random", "Uniform")),
  updatePolicy: optional(oneOf("Concurrency", "Rolling")),
  cleanPolicy: optional(oneOf("Remain", "Delete")),
  instanceTemplate: optional(INSTANCE_SPEC),
  instanceTemplates: optional(list(INSTANCE_SPEC)),
  replicas: optional(integer(0), 0),
  clusterAutoscalerSpec: optional(AUTOSCALER_SPEC),
});

export const GROUP = object({
  spec: openObject({ cceInstanceGroupID: text(), instanceGroupName: text(), clusterID: text(), replicas: integer() }),
  status: object({
    readyReplicas: integer(),
    undeliveredMachines: object({ failedMachines: list(text()), pendingMachines: list(text()) }),
    pause: optional(object({ paused: boolean(), reason: text() })),
  }),
  createdAt: text(),
});
