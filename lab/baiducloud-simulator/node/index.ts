export * from "./console-page.ts";
export * from "./socket-data-plane.ts";
export * from "./sqlite-backend.ts";
