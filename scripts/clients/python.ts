import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { errorText } from "@ccm/base";
import { systemClock } from "@ccm/base/node";
import { withFileLock } from "@ccm/control-plane/node";
import { runQuietly } from "./run.ts";
import { type Command, type Preparation, Unavailable } from "./tour.ts";

const CANDIDATES = ["python3", "python"];

/** The official Python SDK at the pinned versions, installed into the cache once. */
export async function preparePython({ folder, cache, env, say }: Preparation): Promise<Command> {
  const python = await findPython(env);
  const requirements = join(folder, "requirements.txt");
  const version = await runQuietly(python, ["-c", "import sys; print(sys.version_info[:2], sys.platform)"], { env });
  const hash = createHash("sha256").update(readFileSync(requirements)).update(version).digest("hex").slice(0, 12);
  const target = join(cache, `python-${hash}`);
  const wait = () => say("another process installs the Python SDK: waiting for it");
  await withFileLock(`${target}.lock`, systemClock, wait, async () => {
    if (existsSync(target)) return;
    say("installing the Python SDK, once");
    const partial = `${target}.partial`;
    rmSync(partial, { recursive: true, force: true });
    mkdirSync(partial, { recursive: true });
    const args = ["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", "--no-compile"];
    await runQuietly(python, [...args, "--target", partial, "-r", requirements], { env }).catch((error: unknown) => {
      throw new Unavailable(errorText(error));
    });
    renameSync(partial, target);
  });
  return {
    command: python,
    args: ["-B", join(folder, "main.py")],
    env: { ...env, PYTHONPATH: target, PYTHONWARNINGS: "ignore" },
  };
}

async function findPython(env: NodeJS.ProcessEnv): Promise<string> {
  for (const candidate of CANDIDATES) {
    const works = await runQuietly(candidate, ["-c", "import sys; assert sys.version_info >= (3, 9)"], { env }).then(
      () => true,
      () => false,
    );
    if (works) return candidate;
  }
  throw new Unavailable("Python 3.9 or newer is not installed (no python3 on PATH)");
}
