import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { ManagerFiles } from "../manager/environment.ts";

export const machineFiles: ManagerFiles = {
  read: (path) => readFile(path, "utf8"),
  async write(path, text, secret) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text, { mode: secret ? 0o600 : 0o644 });
  },
};
