import { defaultConfig } from "./config.ts";
import { flagTable } from "./flag-table.ts";

/** docs/flags.md: every flag with its default and its meaning. */
export function flagsPage(): string {
  const specs = flagTable(defaultConfig("<cloud>"));
  const rows = [
    ["flag", "default", "meaning"],
    ...specs.map(({ name, shown, help }) => [
      `\`--${name}\``,
      shown === "" ? "" : `\`${shown}\``,
      help.replaceAll("|", "\\|"),
    ]),
  ];
  return `# Flags of the cloud controller manager

Names and defaults are those of Kubernetes' own cloud controller manager; what differs is in
[deviations.md](deviations.md). \`_\` in a name is read as \`-\`; a flag that is true or false may stand alone for true;
lists have commas and grow when the flag is repeated; durations are written \`300ms\`, \`1m30s\`, \`12h\`. Besides:
\`-v\` (4 and more is \`--log-level=debug\`), \`-h\`, \`--help\`, \`--version\`. All that is wrong is said in one line, and the
exit code is 2.

${table(rows)}
`;
}

/** Cells as wide as the widest of their column: as the formatter has tables. The first row is the head. */
function table([head = [], ...rows]: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) => Math.max(3, ...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}
