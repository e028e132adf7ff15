import type { Account } from "../account.ts";
import type { SimulatedInstance } from "../products/bcc/records.ts";
import type { Subnet } from "../products/vpc/records.ts";
import type { SecurityGroup } from "../products/vpc/security-group-records.ts";
import type { Names } from "./names.ts";

/** What is in a VPC, by the names that its file gives to it. */
export interface Shelf {
  readonly account: Account;
  readonly instances: Names<SimulatedInstance>;
  readonly securityGroups: Names<SecurityGroup>;
  readonly subnets: Names<Subnet & { readonly id: string }>;
}

/** Undefined for none: an empty list says nothing. */
export function some<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list;
}

export function referencesTo(names: Names<SecurityGroup>, ids: readonly string[]): readonly string[] | undefined {
  return some(ids.flatMap((id) => names.referenceTo(id) ?? []));
}
