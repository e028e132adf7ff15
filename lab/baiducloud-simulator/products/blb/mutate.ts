import type { Account } from "../../account.ts";
import { denied, noSuchObject } from "../../api/fault.ts";
import type { Table } from "../../store/store.ts";
import { type Balancer, type Blb, blbsOf } from "./records.ts";

/** BLB and AppBLB: alike in the life of a load balancer, each blind to the other's. */
export interface Family<T extends Balancer> {
  readonly prefix: "/v1/blb" | "/v1/appblb";
  tableOf(account: Pick<Account, "store">): Table<T>;
  /** The transition to `available`. */
  readonly ready: string;
}

export const ORDINARY: Family<Blb> = { prefix: "/v1/blb", tableOf: blbsOf, ready: "blb.ready" };

/** What the calls that both families share need to know of the other one. */
const APPLICATION: Family<Balancer> = {
  prefix: "/v1/appblb",
  tableOf: ({ store }) => store.table<Balancer>("appBlbs"),
  ready: "appBlb.ready",
};

export function applicationFamily<T extends Balancer>(tableOf: Family<T>["tableOf"]): Family<T> {
  return { ...APPLICATION, tableOf };
}

export function getOf<T extends Balancer>(account: Account, family: Family<T>, id: string): T {
  const found = family.tableOf(account).get(id);
  if (!found) throw noSuchObject(id);
  return found;
}

/** What changes of one; its status is not for the calls to say. */
export type Change<T extends Balancer> = Partial<Omit<Balancer, "status">> | Partial<Omit<T, "status">>;

/** Refuses unless available, then enters `updating` for a while: every change of a load balancer goes through here. */
export function mutate<T extends Balancer>(
  account: Account,
  family: Family<T>,
  id: string,
  change: (balancer: T) => Change<T>,
): void {
  const found = getOf(account, family, id);
  if (found.status !== "available")
    throw denied(`load balancer ${id} is ${found.status}: try again when it is available.`);
  family.tableOf(account).set(id, { ...found, ...change(found), status: "updating" });
  account.changed();
  account.store.schedule(family.ready, id, account.timings.blbUpdate);
}

export const getBlb = (account: Account, id: string): Blb => getOf(account, ORDINARY, id);

export function mutateBlb(account: Account, id: string, change: (blb: Blb) => Change<Blb>): void {
  mutate(account, ORDINARY, id, change);
}

/** Whichever family has it. */
export function familyOf(account: Account, id: string): Family<Balancer> {
  const families: readonly Family<Balancer>[] = [
    { ...ORDINARY, tableOf: ({ store }) => store.table<Balancer>("blbs") },
    APPLICATION,
  ];
  const found = families.find((family) => family.tableOf(account).has(id));
  if (!found) throw noSuchObject(id);
  return found;
}

export function getAny(account: Account, id: string): Balancer {
  return getOf(account, familyOf(account, id), id);
}

export function mutateAny(account: Account, id: string, change: (balancer: Balancer) => Change<Balancer>): void {
  mutate(account, familyOf(account, id), id, change);
}

/** How many load balancers of both families there are: they share a quota. */
export function countAll(account: Account): number {
  return ORDINARY.tableOf(account).size + APPLICATION.tableOf(account).size;
}
