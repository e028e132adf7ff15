import type { Account } from "../../account.ts";
import { named, type Policy, type PolicyType, policiesOf } from "./records.ts";
import { SYSTEM_POLICIES } from "./system-policies.ts";

/** Without a type, the account's own come first. */
export function findPolicy(account: Account, name: string, type?: string): Policy | undefined {
  const own = named(policiesOf(account), name);
  const system = SYSTEM_POLICIES.find((policy) => policy.name === name);
  const byType: Readonly<Record<PolicyType, Policy | undefined>> = { Custom: own, System: system };
  return type ? byType[type as PolicyType] : (own ?? system);
}

export function viewPolicy(policy: Policy, attachTime?: string) {
  return { ...policy, ...(attachTime === undefined ? {} : { attachTime }) };
}
