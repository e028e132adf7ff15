export * from "./socket-data-plane.ts";
