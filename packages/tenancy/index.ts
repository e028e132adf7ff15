export * from "./cloud-quota/index.ts";
export * from "./names.ts";
export * from "./tenant.ts";
export * from "./tenant-of.ts";
