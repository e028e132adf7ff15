import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../manager/testing/fake-manager.ts", import.meta.url));

/** Runs the command to its end. */
function run(...args: readonly string[]) {
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, [MAIN, ...args], { env: { PATH: "" } }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr });
    });
  });
}

describe("a manager's program", () => {
  const cases: readonly [what: string, args: readonly string[], code: number, stdout: RegExp, stderr: RegExp][] = [
    ["shows its version", ["--version"], 0, /^1\.2\.3\n$/, /^$/],
    ["shows its flags", ["--help"], 0, /--leader-elect-lease-duration/, /^$/],
    [
      "says all that is wrong with the command line in one line, and ends with 2",
      ["--secure-port=-1", "--concurrent-node-syncs=0"],
      2,
      /^$/,
      /^fake-cloud-controller-manager: concurrent-node-syncs must be a positive number; --secure-port -1 [^\n]*\n$/,
    ],
    [
      "says which file is missing, and ends with 1",
      ["--cloud-config=/no/such/file"],
      1,
      /^$/,
      /^fake-cloud-controller-manager: --cloud-config \/no\/such\/file: no such file\n$/,
    ],
    [
      "says that it is not in a Pod, and ends with 1",
      [],
      1,
      /^$/,
      /^fake-cloud-controller-manager: no --kubeconfig given, and not running in a Pod[^\n]*\n$/,
    ],
  ];
  for (const [what, args, code, stdout, stderr] of cases) {
    it(what, async () => {
      const result = await run(...args);
      assert.match(result.stdout, stdout);
      assert.match(result.stderr, stderr);
      assert.equal(result.code, code);
    });
  }
});
