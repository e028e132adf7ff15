/** The machine's files and locks. Only composition roots (apps/, bench/) and tests import this. */
export * from "./files.ts";
export { withFileLock } from "./lock.ts";
