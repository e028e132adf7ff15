/** A column of the table that kubectl prints. */
import type { Stored } from "../json.ts";

export interface Column {
  readonly name: string;
  readonly type: "string" | "date";
  readonly format?: "name";
  readonly description: string;
  /** Above 0: only with -o wide. */
  readonly priority: number;
  readonly cell: (object: Stored, now: number) => unknown;
}
