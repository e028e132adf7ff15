export * from "./docker-config.ts";
export { kubeletConfig } from "./kubelet/config.ts";
export { ANNOTATION_LOGIN_SECRET } from "./kubelet/login-secret.ts";
export { API_VERSION, formatAnswer, parseRequest, RequestFault } from "./kubelet/protocol.ts";
export { createCredentialProvider } from "./kubelet/provider.ts";
export { createPullSecretController, type PullSecretControllerOptions } from "./pull-secrets/controller.ts";
export type { LoginApi, LoginApiOf } from "./registries/login.ts";
export { type NamedRegistry, parseNamedRegistry } from "./registries/place.ts";
export * from "./token-flow.ts";
