export * from "./console-page.ts";
export * from "./socket-data-plane.ts";
