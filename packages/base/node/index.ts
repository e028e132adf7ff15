/** The real ones: the machine's clock, chance, sockets. Only composition roots (apps/, bench/) and tests import this. */
export * from "./certificates.ts";
export * from "./listen.ts";
export * from "./system.ts";
export * from "./transport.ts";
