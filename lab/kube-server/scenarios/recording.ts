/** What a real API server answered, one scenario a line, so that a change of one is a change of one line. */
import { at, textOf } from "../json.ts";

export type Recording = ReadonlyMap<string, unknown>;

export function readRecording(text: string): Recording {
  const lines = text.split("\n").filter((line) => line !== "");
  return new Map(
    lines.map((line) => {
      const entry: unknown = JSON.parse(line);
      return [textOf(at(entry, "name")), at(entry, "answers")];
    }),
  );
}

export function writeRecording(recording: Recording): string {
  return [...recording].map(([name, answers]) => `${JSON.stringify({ name, answers })}\n`).join("");
}
