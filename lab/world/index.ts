export * from "./process.ts";
export * from "./trace.ts";
export * from "./world.ts";
