export * from "./docker-config.ts";
export { kubeletConfig } from "./kubelet/config.ts";
export { ANNOTATION_LOGIN_SECRET } from "./kubelet/login-secret.ts";
export { API_VERSION, formatAnswer, parseRequest, RequestFault } from "./kubelet/protocol.ts";
export { createCredentialProvider } from "./kubelet/provider.ts";
export { createPullSecretController, type PullSecretControllerOptions } from "./pull-secrets/controller.ts";
export type { LoginApi, LoginApiOf } from "./registries/login.ts";
export { type TemporaryLogin, temporaryLogin } from "./registries/login.ts";
export { type NamedRegistry, parseNamedRegistry, type RegistryPlace, registryAt } from "./registries/place.ts";
export { createRobotKeeper, type KeptRobot } from "./robots.ts";
export { planRollback, planRotation } from "./rotation/plan.ts";
export { imagesPulled, listPods } from "./rotation/pulls.ts";
export {
  type Look,
  observeRotation,
  type RotationEnd,
  type RotationEnv,
  type RunOptions,
  runRotation,
} from "./rotation/rotation.ts";
export {
  loginOf,
  type Observed,
  type RotationRequest,
  type RotationTarget,
  type SecretView,
  type Step,
} from "./rotation/types.ts";
export { type SecretUsers, secretUsers } from "./rotation/workloads.ts";
export * from "./token-flow.ts";
