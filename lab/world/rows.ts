import type { Backend } from "@ccm/baiducloud-simulator";

/** All that the cloud keeps, by table and id. Records are never changed in place: the same one is an unchanged one. */
export interface Rows {
  readonly backend: Backend;
  /** Of a table of the first account in its region. */
  table<T>(name: string): ReadonlyMap<string, T>;
  /** Names of all tables, with their scope. */
  names(): readonly string[];
  row(table: string, id: string): unknown;
  /** How often something was written. */
  readonly commits: number;
}

const SCOPE = "lab/bj/";

export function createRows(): Rows {
  const tables = new Map<string, Map<string, unknown>>();
  let commits = 0;
  const rowsOf = (table: string): Map<string, unknown> => {
    const rows = tables.get(table) ?? new Map<string, unknown>();
    tables.set(table, rows);
    return rows;
  };
  return {
    backend: {
      load: () => [],
      commit(changes) {
        commits++;
        for (const { table, id, record } of changes) {
          if (record === undefined) rowsOf(table).delete(id);
          else rowsOf(table).set(id, record);
        }
      },
      close() {},
    },
    table: <T>(name: string) => rowsOf(SCOPE + name) as ReadonlyMap<string, T>,
    names: () => [...tables.keys()],
    row: (table, id) => tables.get(table)?.get(id),
    get commits() {
      return commits;
    },
  };
}
