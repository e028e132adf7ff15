import type { Node, NodeCondition } from "@ccm/kube";

export interface LabNodeSpec {
  readonly name: string;
  /** Handed to the kubelet as --node-ip: the address the cloud knows the machine by. Absent: the kubelet has no --node-ip. */
  readonly internalIp?: string;
  /** Where the node's ports really are: a loopback address. */
  readonly host: string;
  readonly podCidr: string;
}

/** Written by the kubelet for --node-ip, and read by cloud-node-controller. */
const PROVIDED_NODE_IP = "alpha.kubernetes.io/provided-node-ip";

/**
 * The Node as a kubelet started with --cloud-provider=external registers it: tainted as uninitialized, without a
 * provider ID, with only its host name as address. The pod CIDR is what kube-controller-manager would have put there.
 */
export function registeredNode(spec: LabNodeSpec, nowText: string): Node {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name: spec.name,
      labels: {
        "kubernetes.io/hostname": spec.name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
      },
      ...(spec.internalIp === undefined ? {} : { annotations: { [PROVIDED_NODE_IP]: spec.internalIp } }),
    },
    spec: {
      podCIDR: spec.podCidr,
      podCIDRs: [spec.podCidr],
      taints: [{ key: "node.cloudprovider.kubernetes.io/uninitialized", value: "true", effect: "NoSchedule" }],
    },
    status: {
      addresses: [{ type: "Hostname", address: spec.name }],
      capacity: { ...CAPACITY },
      allocatable: { ...CAPACITY },
      conditions: nodeConditions(nowText),
      nodeInfo: {
        architecture: "amd64",
        bootID: "",
        containerRuntimeVersion: "lab://1",
        kernelVersion: "lab",
        kubeProxyVersion: "",
        kubeletVersion: "v1.37.0-lab",
        machineID: "",
        operatingSystem: "linux",
        osImage: "lab",
        systemUUID: "",
      },
    },
  };
}

const CAPACITY = { cpu: "2", memory: "8Gi", "ephemeral-storage": "40Gi", pods: "110" } as const;

const PRESSURES = [
  ["MemoryPressure", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"],
  ["DiskPressure", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"],
  ["PIDPressure", "KubeletHasSufficientPID", "kubelet has sufficient PID available"],
] as const;

/** All conditions of a node that is well. */
export function nodeConditions(nowText: string): NodeCondition[] {
  const pressures = PRESSURES.map(([type, reason, message]) => ({
    type,
    status: "False" as const,
    reason,
    message,
    lastHeartbeatTime: nowText,
    lastTransitionTime: nowText,
  }));
  return [...pressures, readyCondition("True", nowText)];
}

/**
 * True: the kubelet reports. Unknown: it went silent, as kube-controller-manager writes it then. (It waits 40 s in a
 * real cluster; the lab writes it at once.)
 */
export function readyCondition(status: "True" | "Unknown", nowText: string) {
  return {
    type: "Ready",
    status,
    reason: status === "True" ? "KubeletReady" : "NodeStatusUnknown",
    message: status === "True" ? "kubelet is posting ready status" : "Kubelet stopped posting node status.",
    lastHeartbeatTime: nowText,
    lastTransitionTime: nowText,
  } as const;
}
