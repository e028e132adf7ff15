export * from "./cloud-quota/index.ts";
export * from "./crd.ts";
export * from "./generated.ts";
export * from "./names.ts";
export * from "./reference.ts";
export * from "./tenant.ts";
export * from "./tenant-of.ts";
