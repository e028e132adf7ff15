/** For tests of what is built on this package. */
export { createMemoryKube, type MemoryKube } from "./memory-kube.ts";
export { createScene, OPERATOR_NAMESPACE } from "./scene.ts";
