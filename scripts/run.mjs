// The npm scripts: installs what is missing, then runs a verb. Runs on the system's Node.js (20 or newer): plain JavaScript.
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { install } from "./install.mjs";
import { node24, run } from "./node24.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const CLOUDLAB = `${ROOT}apps/cloudlab/main.ts`;
const CCM = `${ROOT}apps/cloud-controller-manager/main.ts`;

const FOLDERS = ["packages", "lab", "apps", "scripts", "bench", "examples"];

const VERBS = { start, test, "test:real": testReal, "test:clients": testClients, check, bench, build };

const [verb = "", ...args] = process.argv.slice(2);
const action = VERBS[verb];
if (!action) {
  process.stderr.write(`scripts/run.mjs: unknown verb "${verb}": expected one of ${Object.keys(VERBS).join(", ")}\n`);
  process.exit(2);
}
install();
process.exitCode = await action(args);

/** The lab; or, when told of a real cluster or cloud, the cloud controller manager itself. */
function start(args) {
  const real = args.some((arg) => /^--(kubeconfig|cloud-config|cloud_config)(=|$)/.test(arg));
  return run(node24(), real ? [CCM, ...args] : [CLOUDLAB, "up", ...args]);
}

/** All tests, or the files and options given. */
async function test(args) {
  const options = args.filter((arg) => arg.startsWith("-"));
  const files = args.filter((arg) => !arg.startsWith("-"));
  if (files.length === 0 || files.some((file) => file.includes(".real."))) {
    const code = await run(node24(), [`${ROOT}scripts/control-plane.ts`], { cwd: ROOT });
    if (code !== 0) return code;
  }
  const all = FOLDERS.map((folder) => `${folder}/**/*.test.ts`);
  const fixed = ["--test", "--test-isolation=none", "--test-timeout=300000"];
  return run(node24(), [...fixed, ...options, ...(files.length > 0 ? files : all)], { cwd: ROOT });
}

/** The tests on a real control plane alone: here it is no use to skip them. */
function testReal(args) {
  process.env.REQUIRE_CONTROL_PLANE = "1";
  const some = args.some((arg) => !arg.startsWith("-"));
  return test(some ? args : [...args, ...FOLDERS.map((folder) => `${folder}/**/*.real.test.ts`)]);
}

/** The official SDKs of the cloud, against the simulator. */
function testClients(args) {
  return run(node24(), [`${ROOT}scripts/clients.ts`, ...args], { cwd: ROOT });
}

/** Types, lint and format, import law: all three run, so that one look shows all that is wrong. */
async function check() {
  const bin = (name) => `${ROOT}node_modules/.bin/${name}`;
  const steps = [
    ["types", bin("tsc"), ["-p", "."]],
    ["types of the simulator's page", bin("tsc"), ["-p", "lab/baiducloud-simulator/console/browser"]],
    ["lint and format", bin("biome"), ["ci", "."]],
    ["import law", node24(), ["scripts/import-law.ts"]],
  ];
  const failed = [];
  for (const [name, command, args] of steps) {
    if ((await run(command, args, { cwd: ROOT })) !== 0) failed.push(name);
  }
  process.stdout.write(failed.length === 0 ? "check: all is well\n" : `check failed: ${failed.join(", ")}\n`);
  return failed.length === 0 ? 0 : 1;
}

function bench([name, ...args]) {
  const names = readdirSync(`${ROOT}bench`).flatMap((file) => /^([^.]+)\.ts$/.exec(file)?.[1] ?? []);
  if (names.includes(name)) return run(node24(), [`${ROOT}bench/${name}.ts`, ...args], { cwd: ROOT });
  process.stderr.write(`npm run bench -- NAME: expected one of ${names.join(", ")}\n`);
  return 2;
}

function build() {
  return run(node24(), [`${ROOT}scripts/build.ts`], { cwd: ROOT });
}
