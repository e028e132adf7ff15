import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { Command, Option } from "commander";
import { referencePages } from "./command-docs.ts";
import { commandPage } from "./command-pages.ts";

describe("the reference of commands", () => {
  for (const [file, page] of referencePages()) {
    it(`docs/reference/${file} is what the help says: else run scripts/command-docs.ts`, () => {
      assert.equal(readFileSync(new URL(`../docs/reference/${file}`, import.meta.url), "utf8"), page);
    });
    it(`${file}: every command has examples`, () => {
      const [, ...sections] = page.split(/^## /m);
      const without = sections.filter((section) => !section.includes("\nExamples:\n"));
      assert.deepEqual(
        without.map((section) => section.split("\n")[0]),
        [],
      );
    });
  }

  it("shows commands, arguments, options, choices, defaults, what is required, paragraphs and examples", () => {
    const program = new Command("tool").description("Does things").addHelpText("after", "\nExit codes:\n  0  well");
    program
      .command("cut")
      .description("Cuts <wood>")
      .argument("<what>", "a | or *")
      .requiredOption("--with <saw>", "a saw")
      .option("--fast", "in haste", false)
      .option("--times <n>", "how often", "1")
      .addOption(new Option("--kind <kind>", "of cut").choices(["cross", "rip"]).default([], "none"))
      .addHelpText(
        "after",
        "\nMind your fingers:\nthey are yours.\n\nExamples:\n  tool cut oak\n\nExit codes:\n  0  well",
      )
      .action(() => {});
    program.command("secret", { hidden: true });
    assert.equal(
      commandPage(program),
      `# tool

Made of the program's own help by \`scripts/command-docs.ts\`.

Does things.

\`\`\`sh
tool [options] [command]
\`\`\`

| command          |              |
| ---------------- | ------------ |
| [cut](#tool-cut) | Cuts \\<wood> |

Exit codes:

\`\`\`text
0  well
\`\`\`

## tool cut

Cuts \\<wood>.

\`\`\`sh
tool cut [options] <what>
\`\`\`

| argument | meaning    |
| -------- | ---------- |
| \`what\`   | a \\| or \\* |

| option          | default  | meaning                 |
| --------------- | -------- | ----------------------- |
| \`--with <saw>\`  | required | a saw                   |
| \`--fast\`        |          | in haste                |
| \`--times <n>\`   | \`1\`      | how often               |
| \`--kind <kind>\` | \`none\`   | of cut (\`cross\`, \`rip\`) |

Mind your fingers:
they are yours.

Examples:

\`\`\`sh
tool cut oak
\`\`\`
`,
    );
  });
});
