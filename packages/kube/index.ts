export * from "./client.ts";
export * from "./error.ts";
export * from "./event-recorder.ts";
export * from "./informer.ts";
export * from "./types/core.ts";
export * from "./types/meta.ts";
