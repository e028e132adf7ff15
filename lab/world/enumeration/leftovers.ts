/** Whether all that was made is gone when everything is deleted, and nothing else. */
import { hasCode, listAll, NODES, SERVICES } from "@ccm/kube";
import type { World } from "../world.ts";
import type { ForeignRow } from "./oracles.ts";

/** Of tables in which a CCM makes things: the ids that are there. */
export function rowsNow(world: World): ReadonlyMap<string, string> {
  const rows = new Map<string, string>();
  for (const table of ["blbs", "eips", "routeRules", "securityGroups"]) {
    // What is paid for until a day cannot be released before.
    for (const [id, record] of world.rows.table<{ readonly name?: string; readonly paymentTiming?: string }>(table))
      if (record.paymentTiming !== "Prepaid") rows.set(`${table} ${id}`, record.name ?? "");
  }
  return rows;
}

export function leftovers(
  before: ReadonlyMap<string, string>,
  now: ReadonlyMap<string, string>,
  kept: readonly ForeignRow[],
): readonly string[] {
  const others = new Set(kept.map(({ table, id }) => `${table.split("/").at(-1)} ${id}`));
  return [...now]
    .filter(([key]) => !before.has(key) && !others.has(key))
    .map(([key, name]) => `${key} ${name}`.trimEnd());
}

/** What is the user's, and is not there any more. */
export function lost(kept: readonly ForeignRow[], world: World): readonly string[] {
  const gone = kept.filter(({ table, id }) => world.rows.row(table, id) === undefined);
  return gone.map(({ table, id }) => `${table} ${id} is the user's, and is gone`);
}

/** As a user does who has had enough: every Service, every Node. */
export async function deleteAll(world: World): Promise<void> {
  const { client } = world;
  const ignore = (error: unknown) => {
    if (!hasCode(error, "not_found")) throw error;
  };
  for (const { metadata } of (await listAll(client, SERVICES)).items) {
    if (metadata.name === "kubernetes") continue;
    await client.delete(SERVICES, { namespace: metadata.namespace ?? "", name: metadata.name ?? "" }).catch(ignore);
  }
  for (const { metadata } of (await listAll(client, NODES)).items) {
    await client.delete(NODES, { name: metadata.name ?? "" }).catch(ignore);
  }
}

export async function servicesLeft(world: World): Promise<readonly string[]> {
  return (await listAll(world.client, SERVICES)).items.flatMap(({ metadata: { name = "" } }) =>
    name === "kubernetes" ? [] : [name],
  );
}
