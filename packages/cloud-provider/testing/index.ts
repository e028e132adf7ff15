/** For the tests of providers, and of programs made with the framework. Not for production: it brings an API server. */
export * from "./cluster.ts";
