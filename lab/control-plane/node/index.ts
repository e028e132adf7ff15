/** A real control plane on this machine: processes, ports, files. */
export * from "./assets.ts";
export * from "./control-plane.ts";
export * from "./empty-cluster.ts";
export { findGo, goRunner } from "./go-build.ts";
export * from "./go-tool.ts";
export * from "./kubectl.ts";
export { withFileLock } from "./lock.ts";
export * from "./progress.ts";
export * from "./provide.ts";
export * from "./shared.ts";
export { userStore } from "./store.ts";
export * from "./users.ts";
