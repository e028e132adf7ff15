import type { Quotas } from "../account.ts";
import { Fault } from "../api/fault.ts";
import type { Product } from "../api/operation.ts";
import type { World } from "../world.ts";
import { applyRegion } from "./apply-region.ts";
import { createBuilder } from "./builder.ts";
import { quoted } from "./check.ts";
import { type GivenWorld, WorldFileError } from "./world-text.ts";

/**
 * Makes an empty world what the file says, by the calls that a client would make, but at once: nothing is on its way to
 * another state. Throws a WorldFileError with all mistakes; the store must not be written then.
 */
export function applyWorld(world: World, given: GivenWorld, products: readonly Product[]): void {
  const builder = createBuilder(world, products, given);
  const keys = new Set<string>();
  world.store.setGate(() => ({ now: true }));
  for (const [index, account] of (given.file?.accounts ?? []).entries()) {
    const path = ["accounts", index];
    const made = builder.attempt(path, account, () => {
      const { id, credentials, quotas } = account;
      if (world.accountIds.includes(id)) throw twice("id", id);
      if (credentials && keys.has(credentials.accessKeyId))
        throw new Fault(409, "Taken", "credentials: found an accessKeyId that another account has");
      if (credentials) keys.add(credentials.accessKeyId);
      world.addAccount({
        id,
        quotas: quotas ? onlyGiven<Quotas>(quotas) : {},
        ...(credentials ? { credentials } : {}),
      });
      return id;
    });
    if (made === undefined) continue;
    const names = new Set<string>();
    for (const [place, region] of (account.regions ?? []).entries()) {
      const at = [...path, "regions", place];
      builder.attempt(at, region, () => {
        if (names.has(region.name)) throw twice("name", region.name);
        names.add(region.name);
        applyRegion(builder, world.account(made, region.name, false), region, at);
      });
    }
  }
  world.store.setGate(undefined);
  const mistakes = given.mistakes();
  if (mistakes.length > 0) throw new WorldFileError(mistakes);
}

function twice(field: string, value: string): Fault {
  return new Fault(409, "Taken", `${field}: found ${quoted(value)}, which another one has`);
}

function onlyGiven<T extends object>(fields: { readonly [K in keyof T]: T[K] | undefined }): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;
}
