import { type Cidr, parseCidr } from "@ccm/base";
import type { Account } from "../../account.ts";
import { badRequest, noSuchObject } from "../../api/fault.ts";
import { optional, text } from "../../api/schema.ts";
import { type Subnet, subnetsOf, type Vpc, vpcsOf } from "./records.ts";

export const DESCRIPTION = optional(text({ max: 200 }));

export function getVpc(account: Account, vpcId: string): Vpc {
  const vpc = vpcsOf(account).get(vpcId);
  if (!vpc) throw noSuchObject(vpcId);
  return vpc;
}

export function getSubnet(account: Account, subnetId: string): Subnet {
  const subnet = subnetsOf(account).get(subnetId);
  if (!subnet) throw noSuchObject(subnetId);
  return subnet;
}

export const subnetsIn = (account: Account, vpcId: string): readonly Subnet[] =>
  subnetsOf(account)
    .all()
    .filter((subnet) => subnet.vpcId === vpcId);

/** An IPv4 range of the request, or the refusal of its field. */
export function range(field: string, value: string): Cidr {
  const cidr = parseCidr(value);
  if (cidr?.family !== 4) throw badRequest(`${field}: "${value}" is not a CIDR.`);
  return cidr;
}

export function overlap(a: Cidr, b: Cidr): boolean {
  return a.family === b.family && a.first <= b.last && b.first <= a.last;
}

export function inside(inner: Cidr, outer: Cidr): boolean {
  return inner.family === outer.family && outer.first <= inner.first && inner.last <= outer.last;
}
