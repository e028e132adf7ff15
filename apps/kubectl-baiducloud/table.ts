/** A table with what stands above and below it. */
export interface Section {
  readonly title?: string;
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
  /** Below the table. */
  readonly lines?: readonly string[];
}

export interface Row {
  readonly cells: readonly string[];
  /** alarm: something is lost. warn: look here. good: all is well. */
  readonly tone?: Tone;
}

export type Tone = "alarm" | "warn" | "good" | "plain";

const CODES: Readonly<Record<Tone, string>> = { alarm: "\x1b[1;31m", warn: "\x1b[33m", good: "\x1b[32m", plain: "" };
const RESET = "\x1b[0m";
const GAP = "   ";

/** Columns as wide as their widest cell; the last one is not filled up, so that no line ends in blanks. */
export function sectionText({ title, columns, rows, lines = [] }: Section, colors: boolean): string {
  const cells = rows.map((row) => row.cells.map(oneLine));
  const table = cells.length > 0 && columns.length > 0 ? [columns, ...cells] : cells;
  const widths = columns.map((_, index) => Math.max(...table.map((row) => widthOf(row[index] ?? ""))));
  const line = (row: readonly string[]) =>
    row
      .map((cell, index) => cell + " ".repeat(Math.max(0, (widths[index] ?? 0) - widthOf(cell))))
      .join(GAP)
      .trimEnd();
  const paint = (text: string, tone: Tone = "plain") =>
    colors && CODES[tone] !== "" ? `${CODES[tone]}${text}${RESET}` : text;
  const header = table.length > cells.length ? [line(columns)] : [];
  const body = cells.map((row, index) => paint(line(row), rows[index]?.tone));
  return `${[...(title === undefined ? [] : [title]), ...header, ...body, ...lines.map(oneLine)].join("\n")}\n`;
}

/** What the cloud or a user wrote must not move the cursor of who reads it. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\s]+/gu, (run) => (/^ +$/.test(run) ? run : " "));
}

/** Chinese characters take two columns. */
function widthOf(text: string): number {
  let width = 0;
  for (const char of text)
    width += /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]/.test(char) ? 2 : 1;
  return width;
}
