/** For tests of what is built on this package. */
export * from "../registries/testing/lab.ts";
export * from "../rotation/testing/scene.ts";
