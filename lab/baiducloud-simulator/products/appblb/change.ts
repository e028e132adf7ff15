import type { Account } from "../../account.ts";
import { noSuchObject } from "../../api/fault.ts";
import { mutate } from "../blb/mutate.ts";
import { APP, type AppBlb, type IpGroup, type ServerGroup } from "./records.ts";

export function serverGroupOf({ serverGroups }: AppBlb, id: string): ServerGroup {
  const found = serverGroups.find((group) => group.id === id);
  if (!found) throw noSuchObject(`server group ${id}`);
  return found;
}

export function ipGroupOf({ ipGroups }: AppBlb, id: string): IpGroup {
  const found = ipGroups.find((group) => group.id === id);
  if (!found) throw noSuchObject(`IP group ${id}`);
  return found;
}

export function changeServerGroup(
  account: Account,
  blbId: string,
  sgId: string,
  change: (group: ServerGroup, appBlb: AppBlb) => Partial<ServerGroup>,
): object {
  mutate(account, APP, blbId, (found) => {
    const group = serverGroupOf(found, sgId);
    const after = { ...group, ...change(group, found) };
    return { serverGroups: found.serverGroups.map((one) => (one === group ? after : one)) };
  });
  return {};
}

export function changeIpGroup(
  account: Account,
  blbId: string,
  ipGroupId: string,
  change: (group: IpGroup, appBlb: AppBlb) => Partial<IpGroup>,
): object {
  mutate(account, APP, blbId, (found) => {
    const group = ipGroupOf(found, ipGroupId);
    const after = { ...group, ...change(group, found) };
    return { ipGroups: found.ipGroups.map((one) => (one === group ? after : one)) };
  });
  return {};
}
