export * from "./contract.ts";
export * from "./error.ts";
export * from "./manager/config.ts";
export * from "./manager/duration.ts";
export * from "./manager/flags.ts";
export * from "./manager/manager.ts";
export * from "./well-known.ts";
