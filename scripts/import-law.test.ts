import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { findViolations, type Room } from "./import-law.ts";

const room = (folder: string, dependencies: readonly string[] = [], exports = ["."]): Room => ({
  name: `@ccm/${folder.split("/")[1]}`,
  folder,
  dependencies,
  exports,
});

const ROOMS: readonly Room[] = [
  room("packages/base", ["undici"], [".", "./node"]),
  room("packages/kube", ["@ccm/base"]),
  room("packages/bce", ["@ccm/base"]),
  room("packages/cloud-provider", ["@ccm/base"]),
  room("lab/kube-server", ["@ccm/base"]),
  room("lab/baiducloud-simulator", ["@ccm/base"], [".", "./node"]),
  room("apps/cloudlab", ["@ccm/base", "@ccm/baiducloud-simulator"], []),
  room("examples/shelf-cloud", ["@ccm/base", "@ccm/cloud-provider", "@ccm/bce", "@ccm/kube-server"], []),
];

const messages = (path: string, text: string) => findViolations([{ path, text }], ROOMS).map(({ message }) => message);

describe("the import law", () => {
  const refused: readonly (readonly [why: string, path: string, text: string, expected: RegExp])[] = [
    [
      "a package that imports the lab",
      "packages/kube/x.ts",
      'import { a } from "@ccm/kube-server";',
      /may not import @ccm\/kube-server/,
    ],
    [
      "base importing anything of ours",
      "packages/base/x.ts",
      'import { a } from "@ccm/kube";',
      /may not import @ccm\/kube/,
    ],
    ["bce importing kube", "packages/bce/x.ts", 'import type { a } from "@ccm/kube";', /may not import/],
    [
      "the simulator leaning on bce",
      "lab/baiducloud-simulator/x.ts",
      'import { a } from "@ccm/bce";',
      /may not import @ccm\/bce/,
    ],
    [
      "bce leaning on the simulator in a test",
      "packages/bce/x.test.ts",
      'import { a } from "@ccm/baiducloud-simulator";',
      /not even in a test/,
    ],
    [
      "a look past a package's face",
      "packages/kube/x.ts",
      'import { a } from "@ccm/base/clock.ts";',
      /past the face of @ccm\/base/,
    ],
    [
      "a path out of the package",
      "packages/kube/x.ts",
      'import { a } from "../base/clock.ts";',
      /leaves packages\/kube/,
    ],
    ["an example of one cloud leaning on another", "examples/shelf-cloud/x.ts", 'import "@ccm/bce";', /may not import/],
    ["the lab in an example's program", "examples/shelf-cloud/x.ts", 'import "@ccm/kube-server";', /may not import/],
    ["the machine's face in a library", "packages/kube/x.ts", 'import { a } from "@ccm/base/node";', /only apps\//],
    [
      "an undeclared package of ours",
      "packages/cloud-provider/x.ts",
      'export * from "@ccm/kube";',
      /not among the dependencies/,
    ],
    ["an undeclared package from npm", "packages/kube/x.ts", 'import yaml from "yaml";', /"yaml" is not among/],
    ["a dynamic import of the same", "packages/kube/x.ts", 'const y = await import("yaml");', /"yaml" is not among/],
    [
      "the file system in a library",
      "packages/kube/x.ts",
      'import { readFile } from "node:fs/promises";',
      /law 3: "node:fs\/promises"/,
    ],
    ["the machine's time", "lab/kube-server/x.ts", "const now = Date.now();", /law 3: Date.now/],
    ["a timer", "packages/kube/x.ts", "setTimeout(() => {}, 1);", /law 3: a timer/],
    ["chance", "packages/kube/x.ts", "const r = Math.random();", /law 3: Math.random/],
    ["the environment", "packages/kube/x.ts", "const e = process.env.HOME;", /law 3: process/],
  ];
  for (const [why, path, text, expected] of refused) {
    it(`refuses ${why}`, () => {
      const found = messages(path, text);
      assert.equal(found.length, 1, `expected one violation, got ${JSON.stringify(found)}`);
      assert.match(found[0] ?? "", expected);
    });
  }

  const accepted: readonly (readonly [why: string, path: string, text: string])[] = [
    ["a declared and lawful import", "packages/kube/x.ts", 'import { a } from "@ccm/base";'],
    ["a neighbour in the same package", "packages/kube/config/x.ts", 'import { a } from "../error.ts";'],
    ["the lab in a test", "packages/kube/x.test.ts", 'import { a } from "@ccm/kube-server";'],
    ["the machine in a node folder", "packages/base/node/x.ts", 'import { a } from "node:net";\nsetTimeout(a, 1);'],
    ["the machine's face in a node folder", "packages/kube/node/x.ts", 'import { a } from "@ccm/base/node";'],
    [
      "the machine in an application",
      "apps/cloudlab/x.ts",
      'import { a } from "@ccm/baiducloud-simulator/node";\nDate.now();',
    ],
    ["framework and machine in an example", "examples/shelf-cloud/x.ts", 'import "@ccm/cloud-provider";\nDate.now();'],
    ["a word in a comment", "packages/kube/x.ts", "// never Date.now() here\n/* setTimeout( */"],
    ["a word in a string", "packages/kube/x.ts", 'const text = "Math.random() is not used";'],
  ];
  for (const [why, path, text] of accepted) {
    it(`accepts ${why}`, () => assert.deepEqual(messages(path, text), []));
  }

  it("says where: file and line", () => {
    const [violation] = findViolations([{ path: "packages/kube/x.ts", text: "\n\nconst now = Date.now();\n" }], ROOMS);
    assert.deepEqual([violation?.path, violation?.line], ["packages/kube/x.ts", 3]);
  });
});
