import type { PrivateFiles } from "@ccm/cluster-access";

/** Private files in memory: what a command reads and writes, for tests to look at. */
export function memoryFiles(files: Map<string, string>): PrivateFiles {
  const turns = new Map<string, Promise<unknown>>();
  return {
    read: async (path) => files.get(path),
    async replace(path, text) {
      files.set(path, text);
    },
    async copyOnce(path, to) {
      if (files.has(to)) return false;
      files.set(to, files.get(path) ?? "");
      return true;
    },
    async list(folder) {
      return [...files.keys()].flatMap((path) =>
        path.startsWith(`${folder}/`) ? [path.slice(folder.length + 1)] : [],
      );
    },
    async remove(path) {
      files.delete(path);
    },
    withLock(path, run) {
      const turn = (turns.get(path) ?? Promise.resolve()).then(run, run);
      turns.set(
        path,
        turn.catch(() => {}),
      );
      return turn;
    },
  };
}
