import type { Account } from "../../account.ts";
import { badRequest, denied, Fault } from "../../api/fault.ts";
import { bindEip, freeEip } from "../eip/binding.ts";
import { eipsOf } from "../eip/records.ts";
import { type Nat, type NatStatus, natsOf } from "./records.ts";

/** The lists of a gateway's public addresses, as requests name them. */
export const EIP_LISTS = ["bindEips", "eips", "dnatEips"] as const;
export type EipLists = { readonly [K in (typeof EIP_LISTS)[number]]: readonly string[] };
const DONE = "nat.done";

export function getNat(account: Account, natId: string): Nat {
  const nat = natsOf(account).get(natId);
  if (!nat) throw new Fault(404, "NoSuchNat", `The NAT gateway ${natId} does not exist.`);
  return nat;
}

/** One that is neither being made nor changed. */
export function steadyNat(account: Account, natId: string): Nat {
  const nat = getNat(account, natId);
  if (nat.status !== "active" && nat.status !== "unconfigured") throw denied(`NAT gateway ${natId} is ${nat.status}.`);
  return nat;
}

/** The addresses that are really bound: they can be unbound at the EIP service, too. */
export function eipsBound(account: Account, nat: Nat): EipLists {
  const eips = eipsOf(account);
  const bound = (list: readonly string[]) => list.filter((eip) => eips.get(eip)?.instanceId === nat.id);
  return { bindEips: bound(nat.bindEips), eips: bound(nat.eips), dnatEips: bound(nat.dnatEips) };
}

export function hasEips(lists: EipLists): boolean {
  return EIP_LISTS.some((list) => lists[list].length > 0);
}

export function takeEips(account: Account, natId: string, addresses: readonly string[]): void {
  for (const address of addresses) bindEip(account, address, "NAT", natId);
}

/** Refuses unless all can be bound. */
export function checkFree(account: Account, addresses: readonly string[]): void {
  if (new Set(addresses).size < addresses.length) throw badRequest("an EIP is named twice.");
  for (const address of addresses) freeEip(account, address);
}

export function startNats(account: Account): void {
  account.store.on(DONE, (natId, { from }) => {
    const nat = natsOf(account).get(natId);
    if (!nat || nat.status !== from) return;
    natsOf(account).patch(natId, { status: hasEips(eipsBound(account, nat)) ? "active" : "unconfigured" });
  });
}

/** Becomes active, or unconfigured without addresses, when the time has come. */
export function finishLater(account: Account, natId: string, status: NatStatus, ms: number): void {
  natsOf(account).patch(natId, { status });
  account.store.schedule(DONE, natId, ms, { from: status });
}
