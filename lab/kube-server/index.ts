export type { AccessQuestion, Authenticate, User } from "./auth.ts";
export type { CustomKind } from "./resource.ts";
export { createKubeServer, type KubeServer, type KubeServerOptions } from "./server.ts";
export { VERSION } from "./version.ts";
