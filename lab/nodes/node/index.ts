export * from "./socket-network.ts";
