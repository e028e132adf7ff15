/** docs/reference: a page for each program, with all that its --help says. */
import type { EventEmitter } from "node:events";
import type { Command, Option } from "commander";

/** A part of the text that follows the options in the help; without a title: paragraphs. */
interface Block {
  readonly title: string;
  readonly lines: readonly string[];
}

const EXIT_CODES = "Exit codes";
const TITLE = /^(Examples|Exit codes):$/;

/** A program and every command in it, as Markdown. */
export function commandPage(program: Command): string {
  const commands = commandsBelow(program);
  return `${[
    `# ${program.name()}`,
    "Made of the program's own help by `scripts/command-docs.ts`.",
    ...partsOf(program),
    ...commands.flatMap((command) => [`## ${pathOf(command)}`, ...partsOf(command)]),
  ].join("\n\n")}\n`;
}

function partsOf(command: Command): readonly string[] {
  const isProgram = command.parent === null;
  const below = visibleCommands(command);
  const help = command.createHelp();
  const options = help.visibleOptions(command).filter(({ long }) => long !== "--help" && long !== "--version");
  const args = help.visibleArguments(command);
  // The same for all commands of a program: said once.
  const blocks = blocksOf(command).filter(({ title }) => isProgram || title !== EXIT_CODES);
  return [
    sentence(command.description()),
    fence("sh", [`${pathOf(command)} ${command.usage()}`]),
    ...(below.length > 0
      ? [
          table(
            ["command", ""],
            below.map((one) => [link(one), escaped(one.summary() || one.description())]),
          ),
        ]
      : []),
    ...(args.length > 0
      ? [
          table(
            ["argument", "meaning"],
            args.map((one) => [`\`${one.name()}\``, escaped(help.argumentDescription(one))]),
          ),
        ]
      : []),
    ...(options.length > 0 ? [table(["option", "default", "meaning"], options.map(optionRow))] : []),
    ...blocks.map(({ title, lines }) => {
      if (title === "") return lines.map(escaped).join("\n");
      return `${title}:\n\n${fence(title === "Examples" ? "sh" : "text", lines)}`;
    }),
  ];
}

function optionRow({ flags, defaultValue, defaultValueDescription, description, argChoices, mandatory }: Option) {
  const shown =
    defaultValueDescription ?? (defaultValue === undefined || defaultValue === false ? "" : `${defaultValue}`);
  const choices = argChoices ? ` (${argChoices.map((one) => `\`${one}\``).join(", ")})` : "";
  return [
    `\`${flags}\``,
    mandatory ? "required" : shown === "" ? "" : `\`${shown}\``,
    `${escaped(description)}${choices}`,
  ];
}

/** What was given to `addHelpText`, by its titles. */
function blocksOf(command: Command): readonly Block[] {
  let text = "";
  const write = (more: string) => {
    text += more;
  };
  // An emitter, which its types do not say.
  (command as unknown as EventEmitter).emit("afterHelp", { error: false, command, write });
  const blocks: { title: string; lines: string[] }[] = [];
  for (const line of text.split("\n")) {
    const title = TITLE.exec(line)?.[1];
    const last = blocks.at(-1);
    if (title !== undefined) blocks.push({ title, lines: [] });
    else if (line === "" ? last?.title === "" : !last || (last.title !== "" && !line.startsWith(" ")))
      blocks.push({ title: "", lines: line === "" ? [] : [line] });
    else last?.lines.push(line.replace(/^ {2}/, ""));
  }
  return blocks.map(({ title, lines }) => ({ title, lines: trimmed(lines) })).filter(({ lines }) => lines.length > 0);
}

function trimmed(lines: readonly string[]): readonly string[] {
  const first = lines.findIndex((line) => line !== "");
  return first < 0 ? [] : lines.slice(first, lines.findLastIndex((line) => line !== "") + 1);
}

function commandsBelow(command: Command): readonly Command[] {
  return visibleCommands(command).flatMap((one) => [one, ...commandsBelow(one)]);
}

function visibleCommands(command: Command): readonly Command[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .filter((one) => one.name() !== "help");
}

function pathOf(command: Command): string {
  return command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();
}

function link(command: Command): string {
  const path = pathOf(command);
  return `[${command.name()}](#${path.replaceAll(" ", "-")})`;
}

function sentence(text: string): string {
  return escaped(/[.:]$/.test(text) ? text : `${text}.`);
}

function escaped(text: string): string {
  return text.replace(/[<*|]/g, "\\$&");
}

function fence(language: string, lines: readonly string[]): string {
  return `\`\`\`${language}\n${lines.join("\n")}\n\`\`\``;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) => Math.max(3, ...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}
