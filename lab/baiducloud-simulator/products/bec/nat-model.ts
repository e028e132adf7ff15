import type { Account } from "../../account.ts";
import type { Tag } from "../../api/common.ts";
import { denied } from "../../api/fault.ts";
import { notFound } from "./faults.ts";

export interface NatEip {
  readonly ip: string;
  readonly serviceProvider: string;
}

export interface SnatRule {
  readonly ruleId: string;
  readonly ruleName: string;
  readonly sourceCIDR: string;
}

export interface DnatRule {
  readonly ruleId: string;
  readonly ruleName: string;
  readonly protocol: string;
  readonly privateIpAddress: string;
  readonly privatePort: string;
  readonly publicIpAddress: string;
  readonly publicPort: string;
}

export interface EdgeNat {
  readonly natId: string;
  readonly name: string;
  readonly desc: string;
  /** starting, active, deleting: not in capitals as elsewhere. */
  readonly status: string;
  readonly spec: string;
  readonly bandwidth: number;
  readonly regionId: string;
  readonly vpcId: string;
  readonly eips: readonly NatEip[];
  readonly dnatEips: readonly NatEip[];
  readonly createTime: string;
  readonly tags: readonly Tag[];
  readonly snatRules: readonly SnatRule[];
  readonly dnatRules: readonly DnatRule[];
}

export const natsOf = ({ shared }: Pick<Account, "shared">) => shared.table<EdgeNat>("becNats");

export function getNat(account: Pick<Account, "shared">, id: string): EdgeNat {
  const found = natsOf(account).get(id);
  if (!found) throw notFound(id);
  return found;
}

/** One that takes changes. */
export function activeNat(account: Pick<Account, "shared">, id: string): EdgeNat {
  const nat = getNat(account, id);
  if (nat.status !== "active") throw denied(`NAT gateway ${id} is ${nat.status}.`);
  return nat;
}
