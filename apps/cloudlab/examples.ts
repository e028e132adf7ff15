/** The end of a command's help: `examples("up", "up --nodes 5")`. */
export function examples(...commandLines: readonly string[]): string {
  return `\nExamples:\n${commandLines.map((line) => `  cloudlab ${line}\n`).join("")}`;
}
