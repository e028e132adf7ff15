/** A real control plane on this machine: processes, ports, files. */
export * from "./assets.ts";
export * from "./control-plane.ts";
export * from "./empty-cluster.ts";
export * from "./go-tool.ts";
export * from "./kubectl.ts";
export * from "./progress.ts";
export * from "./provide.ts";
export * from "./shared.ts";
export * from "./users.ts";
