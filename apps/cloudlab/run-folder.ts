import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A temporary folder that goes away with the process, however it ends short of SIGKILL. Readable by its owner only. */
export interface RunFolder {
  readonly path: string;
  /** Writes a file for the owner's eyes and returns its path. */
  write(name: string, text: string): string;
  remove(): void;
}

export function createRunFolder(): RunFolder {
  const path = mkdtempSync(join(tmpdir(), "cloudlab-"));
  const remove = () => {
    process.off("exit", remove);
    rmSync(path, { recursive: true, force: true });
  };
  process.on("exit", remove);
  return {
    path,
    write(name, text) {
      const file = join(path, name);
      writeFileSync(file, text, { mode: 0o600 });
      return file;
    },
    remove,
  };
}
