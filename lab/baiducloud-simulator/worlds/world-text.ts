import { type Document, LineCounter, parseDocument } from "yaml";
import { type Broken, check, type Path, pathText, type Report } from "./check.ts";
import { WORLD, type WorldFile } from "./schema.ts";

/** A file of a world, read. It is not applied unless it has no mistakes; applying it finds those that only the cloud can tell. */
export interface GivenWorld {
  /** As the user calls the file. */
  readonly name: string;
  /** Undefined when it is no YAML. */
  readonly file: WorldFile | undefined;
  readonly broken: Broken;
  /** Adds a mistake. */
  readonly report: Report;
  /** One line each, in the order of the file. */
  mistakes(): readonly string[];
}

/** Every mistake of a world's file is a line of the message: the file, the line in it, where, what was found, what was expected. */
export class WorldFileError extends Error {
  override readonly name = "WorldFileError";
  readonly mistakes: readonly string[];

  constructor(mistakes: readonly string[]) {
    super(mistakes.join("\n"));
    this.mistakes = mistakes;
  }
}

/** Reads YAML (or JSON). Never throws: what is wrong is among the mistakes. */
export function readWorld(text: string, name = "world"): GivenWorld {
  const found: { readonly line: number | undefined; readonly text: string }[] = [];
  const add = (line: number | undefined, message: string): void => {
    found.push({ line, text: `${name}:${line === undefined ? "" : `${line}:`} ${message}` });
  };
  const counter = new LineCounter();
  const document = documentOf(text, counter);
  const report: Report = (path, message) => {
    const where = path.length === 0 ? "" : `${pathText(path)}: `;
    add(document && lineOf(document, counter, path), `${where}${message}`);
  };
  const broken: Broken = new WeakSet();
  const file = document ? fileOf(document, counter, broken, add, report) : undefined;
  if (!document) add(undefined, "is no YAML: it is nested too deeply");
  return {
    name,
    file,
    broken,
    report,
    mistakes: () =>
      found
        .toSorted((one, other) => (one.line ?? 0) - (other.line ?? 0))
        .map((mistake) => mistake.text)
        .filter((line, index, all) => all.indexOf(line) === index),
  };
}

function fileOf(
  document: Document,
  counter: LineCounter,
  broken: Broken,
  add: (line: number | undefined, message: string) => void,
  report: Report,
): WorldFile | undefined {
  for (const { pos, message } of document.errors) {
    // Behind the colon is the text of the file: it may hold a key.
    const reason = /call stack/.test(message) ? "it is nested too deeply" : message.replace(/[:;\n].*$/s, "");
    add(counter.linePos(pos[0]).line, `is no YAML: ${reason}`);
  }
  if (document.errors.length > 0) return undefined;
  let value: unknown;
  try {
    value = document.toJS() as unknown;
  } catch (error) {
    add(
      undefined,
      `is no YAML: ${error instanceof ReferenceError ? "an alias leads nowhere, or to too much" : "it cannot be read"}`,
    );
    return undefined;
  }
  const file = check(WORLD, value ?? {}, [], report, broken) as WorldFile | undefined;
  if (file?.accounts?.length === 0) report(["accounts"], "is empty, expected one account or more");
  return file;
}

/** Undefined for what is nested so deeply that reading it fails. */
function documentOf(text: string, counter: LineCounter): Document | undefined {
  try {
    return parseDocument(text, { lineCounter: counter, prettyErrors: false, logLevel: "error", stringKeys: true });
  } catch {
    return undefined;
  }
}

/** Of the value at the path, or of what holds it where it is missing. */
function lineOf(document: Document, counter: LineCounter, path: Path): number | undefined {
  for (let length = path.length; length >= 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    const start = startOf(node);
    if (start !== undefined) return counter.linePos(start).line;
  }
  return undefined;
}

function startOf(node: unknown): number | undefined {
  if (typeof node !== "object" || node === null || !("range" in node)) return undefined;
  const range = (node as { readonly range?: readonly [number, number, number] | null }).range;
  return range?.[0];
}
