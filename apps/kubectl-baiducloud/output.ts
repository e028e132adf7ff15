import { stringify } from "yaml";
import type { Io } from "./io.ts";
import { type Section, sectionText } from "./table.ts";

export const FORMATS = ["table", "json", "yaml"] as const;
export type Format = (typeof FORMATS)[number];

/** What a command has found: for programs, and for people. */
export interface Report {
  readonly data: Readonly<Record<string, unknown>>;
  readonly sections: readonly Section[];
  /** The last lines, which say what it comes to. */
  readonly summary: readonly string[];
}

export function writeReport(io: Io, format: Format, { data, sections, summary }: Report): void {
  io.out(textOf(format, { data, sections, summary }, io.colors));
}

function textOf(format: Format, { data, sections, summary }: Report, colors: boolean): string {
  if (format === "json") return `${JSON.stringify(data, null, 2)}\n`;
  // Without aliases: what is the same twice is written twice, as programs expect it.
  if (format === "yaml") return stringify(data, { aliasDuplicateObjects: false });
  const parts = sections.filter(({ rows, lines = [] }) => rows.length + lines.length > 0);
  const texts = [...parts.map((section) => sectionText(section, colors)), `${summary.join("\n")}\n`];
  return texts.filter((text) => text.trim() !== "").join("\n");
}

/** "1 Service", "2 Services". */
export function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}
