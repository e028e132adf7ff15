export * from "./audit.ts";
export * from "./envtest-index.ts";
export * from "./flags.ts";
export * from "./kubeconfig.ts";
export * from "./versions.ts";
