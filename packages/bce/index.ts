export * from "./call.ts";
export * from "./client.ts";
export * from "./error.ts";
export * from "./products/bcc.ts";
export * from "./products/blb.ts";
export * from "./products/cce.ts";
export * from "./products/eip.ts";
export * from "./products/vpc.ts";
