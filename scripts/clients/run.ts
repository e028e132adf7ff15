import { spawn } from "node:child_process";

const TAIL_LINES = 15;

export interface RunOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Lines of stderr as they come. Default: kept for the error. */
  readonly onError?: (line: string) => void;
}

/** Runs a program to its end and resolves to its stdout. Rejects with the end of its stderr when it fails. */
export function runQuietly(command: string, args: readonly string[], { env, onError }: RunOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, stdio: ["ignore", "pipe", "pipe"] });
    const killNow = () => void child.kill();
    process.on("exit", killNow);
    let out = "";
    let errors = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      out += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      if (onError) onError(text);
      else errors += text;
    });
    child.once("error", reject);
    child.once("close", (code) => {
      process.off("exit", killNow);
      const tail = errors.trimEnd().split("\n").slice(-TAIL_LINES).join("\n");
      if (code === 0) resolve(out);
      else reject(new Failed(`${command} ended with code ${code}${tail ? `:\n${tail}` : ""}`, out));
    });
  });
}

export class Failed extends Error {
  readonly out: string;
  constructor(message: string, out: string) {
    super(message);
    this.out = out;
  }
}
