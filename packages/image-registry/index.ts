export * from "./docker-config.ts";
export * from "./token-flow.ts";
