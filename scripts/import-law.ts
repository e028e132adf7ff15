/**
 * The import law: who may import whom, what may touch the machine, what a room must declare. `npm run check` runs it; a
 * violation is one line, and fails the check.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

export interface SourceFile {
  /** From the root: "packages/kube/list.ts". */
  readonly path: string;
  readonly text: string;
}

export interface Room {
  /** "@ccm/kube". */
  readonly name: string;
  /** "packages/kube". */
  readonly folder: string;
  readonly dependencies: readonly string[];
  /** The faces: ".", "./node". */
  readonly exports: readonly string[];
}

export interface Violation {
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

const PACKAGES = [
  "@ccm/base",
  "@ccm/kube",
  "@ccm/cloud-provider",
  "@ccm/bce",
  "@ccm/tenancy",
  "@ccm/cluster-access",
  "@ccm/image-registry",
  "@ccm/baiducloud",
];
const LAB = ["@ccm/control-plane", "@ccm/kube-server", "@ccm/baiducloud-simulator", "@ccm/nodes"];

/** Who may import whom; apps/cloudlab may also import the lab. */
const LAW: Readonly<Record<string, readonly string[]>> = {
  "@ccm/base": [],
  "@ccm/kube": ["@ccm/base"],
  "@ccm/cloud-provider": ["@ccm/base", "@ccm/kube"],
  "@ccm/bce": ["@ccm/base"],
  "@ccm/tenancy": ["@ccm/base", "@ccm/kube"],
  "@ccm/cluster-access": ["@ccm/base", "@ccm/kube", "@ccm/bce"],
  "@ccm/image-registry": ["@ccm/base", "@ccm/kube", "@ccm/bce"],
  "@ccm/baiducloud": ["@ccm/base", "@ccm/kube", "@ccm/cloud-provider", "@ccm/bce", "@ccm/tenancy"],
  "@ccm/control-plane": ["@ccm/base", "@ccm/kube"],
  "@ccm/kube-server": ["@ccm/base", "@ccm/kube", "@ccm/control-plane"],
  "@ccm/baiducloud-simulator": ["@ccm/base", "@ccm/kube"],
  "@ccm/nodes": ["@ccm/base", "@ccm/kube"],
  "@ccm/world": [...PACKAGES, ...LAB],
  "@ccm/cloudlab": [...PACKAGES, ...LAB, "@ccm/world"],
  "@ccm/cloud-controller-manager": PACKAGES,
  "@ccm/kubectl-baiducloud": PACKAGES,
  "@ccm/credential-provider": PACKAGES,
  "@ccm/tenant-operator": PACKAGES,
  "@ccm/shelf-cloud": ["@ccm/base", "@ccm/kube", "@ccm/cloud-provider"],
};

/** The two readings of Baidu's API, which must not lean on each other. */
const STRANGERS: readonly (readonly [string, string])[] = [["@ccm/bce", "@ccm/baiducloud-simulator"]];

/** Time, chance, I/O and environment come in from outside. */
const MACHINE: readonly (readonly [RegExp, string])[] = [
  [/\bDate\.now\(/, "Date.now: take a Clock"],
  [/\bnew Date\(\s*\)/, "new Date(): take a Clock"],
  [/\bperformance\.now\(/, "performance.now: take a Clock"],
  [/\b(setTimeout|setInterval|setImmediate)\(/, "a timer: take a Clock"],
  [/\bMath\.random\(/, "Math.random: take a Random"],
  [/\brandomUUID\(/, "randomUUID: take a Random"],
  [/(?<![.\w])fetch\(/, "fetch: take a Transport"],
  [/\bprocess\.(env|argv|stdout|stderr|exit|on)\b/, "process: take a value"],
];
const MACHINE_MODULES = new Set([
  "fs",
  "fs/promises",
  "http",
  "https",
  "http2",
  "net",
  "dgram",
  "tls",
  "dns",
  "child_process",
  "os",
  "timers",
  "timers/promises",
]);
/** Where a rule does not hold, with the reason. */
const EXCEPTIONS: Readonly<Record<string, RegExp>> = {
  // A macrotask turn is how the virtual clock knows that every promise has settled; no time passes.
  "packages/base/virtual-clock.ts": /timer/,
  // The composition root of a page: the browser's own timer is handed in here.
  "lab/baiducloud-simulator/console/browser/main.tsx": /timer/,
};

export function findViolations(files: readonly SourceFile[], rooms: readonly Room[]): readonly Violation[] {
  return files.flatMap((file) => {
    const room = rooms.find(({ folder }) => file.path.startsWith(`${folder}/`));
    return room ? checkFile(file, room, rooms) : [];
  });
}

function checkFile(file: SourceFile, room: Room, rooms: readonly Room[]): readonly Violation[] {
  const violations: Violation[] = [];
  const text = withoutComments(file.text);
  // What only tests use counts as a test.
  const isTest = /\.test\.ts$|\/testing\//.test(file.path);
  const report = (index: number, message: string) => {
    violations.push({ path: file.path, line: text.slice(0, index).split("\n").length, message });
  };
  for (const { specifier, index } of importsOf(text)) {
    for (const message of checkImport(specifier, file.path, room, rooms, isTest)) report(index, message);
  }
  if (isTest || !mustNotTouchMachine(file.path)) return violations;
  for (const [pattern, message] of MACHINE) {
    const match = pattern.exec(withoutStrings(text));
    if (match && !EXCEPTIONS[file.path]?.test(message)) report(match.index, `law 3: ${message}`);
  }
  return violations;
}

function checkImport(
  specifier: string,
  path: string,
  room: Room,
  rooms: readonly Room[],
  isTest: boolean,
): readonly string[] {
  if (specifier.startsWith(".")) {
    const target = normalize(join(dirname(path), specifier));
    const inside = target.startsWith(`${room.folder}/`) || path.endsWith("/bin.mjs");
    return inside ? [] : [`"${specifier}" leaves ${room.folder}: import the other package by its name`];
  }
  const name = /^(@[^/]+\/[^/]+|[^/]+)/.exec(specifier)?.[1] ?? specifier;
  const builtin = specifier.replace(/^node:/, "");
  if (specifier.startsWith("node:") || builtinModules.includes(builtin)) {
    const forbidden = !isTest && mustNotTouchMachine(path) && MACHINE_MODULES.has(builtin);
    return forbidden
      ? [`law 3: "${specifier}" touches the machine: take what it does from outside, or move it to a node/ folder`]
      : [];
  }
  const messages: string[] = [];
  const other = rooms.find((candidate) => candidate.name === name);
  if (!other) {
    // Test tools are declared once, at the root.
    const declared = room.dependencies.includes(name) || isTest;
    return declared ? [] : [`"${name}" is not among the dependencies of ${room.folder}/package.json`];
  }
  const face = specifier === name ? "." : `.${specifier.slice(name.length)}`;
  if (!other.exports.includes(face))
    messages.push(`"${specifier}" goes past the face of ${name}: expected one of ${other.exports.join(", ")}`);
  if (face === "./node" && !isTest && mustNotTouchMachine(path)) {
    messages.push(`"${specifier}" touches the machine: only apps/, bench/, node/ folders and tests may import it`);
  }
  const strangers = STRANGERS.some((pair) => pair.includes(room.name) && pair.includes(name) && room.name !== name);
  const allowed =
    (LAW[room.name] ?? []).includes(name) || (isTest && (LAB.includes(name) || name === room.name) && !strangers);
  if (!allowed) messages.push(`${room.name} may not import ${name}${isTest ? ", not even in a test" : ""}`);
  else if (!isTest && !room.dependencies.includes(name))
    messages.push(`"${name}" is not among the dependencies of ${room.folder}/package.json`);
  return messages;
}

/** Libraries and the lab, but for their node/ folders, which hold the real implementations. */
function mustNotTouchMachine(path: string): boolean {
  return /^(packages|lab)\//.test(path) && !/^(packages|lab)\/[^/]+\/node\//.test(path);
}

function importsOf(text: string): readonly { readonly specifier: string; readonly index: number }[] {
  const pattern =
    /(?:^|\n)\s*(?:import|export)\b[^"';]*?\bfrom\s*"([^"]+)"|(?:^|\n)\s*import\s*"([^"]+)"|\bimport\(\s*"([^"]+)"/g;
  return [...text.matchAll(pattern)].map((match) => ({
    specifier: match[1] ?? match[2] ?? match[3] ?? "",
    index: match.index + match[0].lastIndexOf('"'),
  }));
}

/** Comments become blanks, so that lines keep their numbers. */
function withoutComments(text: string): string {
  const blank = (match: string) => match.replace(/[^\n]/g, " ");
  return text.replace(
    /("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`)|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g,
    (match, literal) => (literal ? match : blank(match)),
  );
}

function withoutStrings(text: string): string {
  return text.replace(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g, (match) => match.replace(/[^\n]/g, " "));
}

const TOPS = ["packages", "lab", "apps", "examples"];

/** examples/ holds files too, and folders of them, which are no rooms. */
function roomsIn(root: string, top: string): readonly string[] {
  const entries = readdirSync(join(root, top), { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  return top === "examples" ? folders.filter((name) => existsSync(join(root, top, name, "package.json"))) : folders;
}

function readRooms(root: string): readonly Room[] {
  return TOPS.flatMap((top) =>
    roomsIn(root, top).map((name): Room => {
      const folder = `${top}/${name}`;
      const manifest = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as {
        name: string;
        dependencies?: Record<string, string>;
        exports?: Record<string, string>;
      };
      return {
        name: manifest.name,
        folder,
        dependencies: Object.keys(manifest.dependencies ?? {}),
        exports: Object.keys(manifest.exports ?? {}),
      };
    }),
  );
}

function readSources(root: string): readonly SourceFile[] {
  return TOPS.flatMap((top) =>
    readdirSync(join(root, top), { recursive: true, encoding: "utf8" })
      .filter((path) => /\.(tsx?|mjs)$/.test(path) && !path.includes("node_modules"))
      .map((path) => ({ path: `${top}/${path}`, text: readFileSync(join(root, top, path), "utf8") })),
  );
}

function main(): number {
  const root = fileURLToPath(new URL("..", import.meta.url));
  const files = readSources(root);
  const violations = findViolations(files, readRooms(root));
  for (const { path, line, message } of violations) process.stdout.write(`${path}:${line}: ${message}\n`);
  for (const { path, text } of files) {
    const lines = text.split("\n").length - 1;
    if (lines > 400) process.stdout.write(`note: ${path} has ${lines} lines: is it two subjects?\n`);
  }
  process.stdout.write(`import law: ${files.length} files, ${violations.length} violations\n`);
  return violations.length === 0 ? 0 : 1;
}

if (import.meta.main) process.exitCode = main();
