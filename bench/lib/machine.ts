import { cpus } from "node:os";

/** What a number means little without: it goes into the result of every benchmark. */
export function machine() {
  const cores = cpus();
  return { cpu: cores[0]?.model.trim() ?? "unknown", cores: cores.length, node: process.version, arch: process.arch };
}
