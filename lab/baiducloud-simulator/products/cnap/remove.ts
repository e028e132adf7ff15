import type { Account } from "../../account.ts";
import { subnetsOf } from "../vpc/records.ts";
import {
  type Access,
  type Application,
  accessesIn,
  accessesOf,
  applicationsOf,
  type DeployGroup,
  deployGroupsOf,
  groupsIn,
} from "./records.ts";

/** What goes takes with it what is in it. */

export function removeAccess(account: Account, { resourceID, subnetId, ip }: Access): void {
  if (subnetId !== "" && subnetsOf(account).has(subnetId)) account.releaseIp(subnetId, ip);
  accessesOf(account).delete(resourceID);
}

export function removeDeployGroup(account: Account, { resourceID }: DeployGroup): void {
  for (const access of accessesIn(account, resourceID)) removeAccess(account, access);
  deployGroupsOf(account).delete(resourceID);
}

export function removeApplication(account: Account, { resourceID }: Application): void {
  for (const group of groupsIn(account, resourceID)) removeDeployGroup(account, group);
  applicationsOf(account).delete(resourceID);
}
