export * from "./kubelets.ts";
export * from "./lab-node.ts";
export * from "./lab-nodes.ts";
export * from "./network.ts";
export * from "./node-ports.ts";
export * from "./timer-wheel.ts";
