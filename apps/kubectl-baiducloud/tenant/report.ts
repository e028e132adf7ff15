import { stringify } from "yaml";
import { EXIT, type Io } from "../io.ts";
import type { ClusterOptions } from "./cluster.ts";
import { type Row, readRows } from "./list.ts";
import type { Use } from "./usage.ts";

export const REPORT_FORMATS = ["csv", "json", "yaml"] as const;

export interface ReportOptions extends ClusterOptions {
  readonly output: (typeof REPORT_FORMATS)[number];
}

/** What each tenant uses: for a bill, or a spreadsheet. */
export async function report(io: Io, { output, ...options }: ReportOptions): Promise<number> {
  const rows = await readRows(io, options);
  const at = new Date(io.clock.now()).toISOString();
  if (output === "csv") io.out(csvOf(rows, at));
  else {
    const data = { at, tenants: rows.map(({ name, phase, uses }) => ({ name, phase, usage: usageOf(uses) })) };
    io.out(output === "json" ? `${JSON.stringify(data, null, 2)}\n` : stringify(data));
  }
  return EXIT.nothing;
}

function usageOf(uses: readonly Use[]): Readonly<Record<string, { readonly used: string; readonly limit?: string }>> {
  return Object.fromEntries(uses.map(({ what, used, limit }) => [what, { used, ...(limit === "" ? {} : { limit }) }]));
}

/** One line for each tenant; for each thing two columns, what is used and what is allowed. Of all tenants the same columns. */
function csvOf(rows: readonly Row[], at: string): string {
  const things = [...new Set(rows.flatMap(({ uses }) => uses.map(({ what }) => what)))];
  const head = ["time", "tenant", "phase", ...things.flatMap((what) => [what, `${what} limit`])];
  const lines = rows.map(({ name, phase, uses }) => {
    const cells = things.flatMap((what) => {
      const use = uses.find((one) => one.what === what);
      return [use?.used ?? "", use?.limit ?? ""];
    });
    return [at, name, phase, ...cells];
  });
  return [head, ...lines].map((cells) => `${cells.map(quoted).join(",")}\n`).join("");
}

function quoted(cell: string): string {
  return /[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
