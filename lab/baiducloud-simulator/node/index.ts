export * from "./console-page.ts";
export * from "./guarded-listen.ts";
export * from "./socket-data-plane.ts";
export * from "./sqlite-backend.ts";
