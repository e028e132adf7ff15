import { chmod, constants, copyFile, mkdir, open, readdir, readFile, realpath, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Clock, Random } from "@ccm/base";
import type { PrivateFiles } from "../files.ts";
import { withFileLock } from "./lock.ts";

const OWNER_ONLY = 0o600;

/** The machine's files. `clock` and `random` pace the wait for locks. */
export function privateFiles(machine: { readonly clock: Clock; readonly random: Random }): PrivateFiles {
  const copyOnce = async (path: string, to: string): Promise<boolean> => {
    try {
      await copyFile(path, to, constants.COPYFILE_EXCL);
      await chmod(to, OWNER_ONLY);
      return true;
    } catch (error) {
      if (codeOf(error) === "EEXIST") return false;
      throw error;
    }
  };
  return {
    copyOnce,
    async read(path) {
      try {
        return await readFile(path, "utf8");
      } catch (error) {
        if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return undefined;
        throw error;
      }
    },
    async replace(path, text) {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      // Who keeps the file elsewhere has a link here, which has to stay one.
      const target = await realpath(path).catch(() => path);
      const draft = join(dirname(target), `.${basename(target)}.${process.pid}.${machine.random.uuid()}`);
      try {
        const file = await open(draft, "wx", OWNER_ONLY);
        try {
          await file.writeFile(text);
          // Else a crash of the machine could leave an empty file under the name.
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(draft, target);
      } catch (error) {
        await rm(draft, { force: true });
        throw error;
      }
    },
    async list(folder) {
      try {
        return await readdir(folder);
      } catch (error) {
        if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return [];
        throw error;
      }
    },
    remove: (path) => rm(path, { force: true }),
    async withLock(path, run, signal) {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      const target = await realpath(path).catch(() => path);
      return withFileLock(`${target}.lock`, machine, run, signal);
    },
  };
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
