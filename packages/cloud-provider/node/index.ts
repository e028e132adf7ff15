/** What a program is made of that runs the manager as a process: only apps, examples and benchmarks import this. */
export * from "./logger.ts";
export * from "./metrics.ts";
export * from "./program.ts";
