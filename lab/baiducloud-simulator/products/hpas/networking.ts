import { ANY_TEXT } from "../../api/common.ts";
import { badRequest, denied } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { boolean, integer, list, object, oneOf, optional, text } from "../../api/schema.ts";
import { addIps, addIpv6s, anyIps, moveInstance, removeIps, removeIpv6s } from "../bcc/address-model.ts";
import { bindGroups, groupsUnbound } from "../bcc/group-model.ts";
import { liveInstance, steadyInstance } from "../bcc/lifecycle.ts";
import { instancesOf, type SimulatedInstance } from "../bcc/records.ts";
import { enisOfInstance, groupsFor } from "../vpc/eni-model.ts";

const TEXT = optional(text());
const LIST = optional(list(text()), []);
const TYPE = optional(oneOf("normal", "enterprise", ""), "");
const GROUPS = object({ hpasIds: list(text(), 100), securityGroupIds: list(text()), securityGroupType: TYPE });
const DONE = object({ requestId: ANY_TEXT });
const POST = {
  method: "POST",
  path: "/",
  answer: DONE,
  errors: ["NoSuchObject", "OperationDenied"],
} as const;
const FULL = ["NoSuchObject", "ExceedLimitException", "PrivateIpInUseException"] as const;
const REBOOT = optional(boolean(), false);

const OPERATIONS = operations({
  AssignPrivateIpAddresses: {
    ...POST,
    summary: "Gives a machine further private addresses: these, or so many.",
    when: "action=AssignPrivateIpAddresses",
    body: object({ hpasId: text(), privateIps: LIST, secondaryPrivateIpCount: optional(integer(0, 40), 0) }),
    answer: object({ requestId: ANY_TEXT, privateIps: list(text()) }),
    errors: FULL,
  },
  UnassignPrivateIpAddresses: {
    ...POST,
    summary: "Takes private addresses from a machine; not its primary one.",
    when: "action=UnassignPrivateIpAddresses",
    body: object({ hpasId: text(), privateIps: list(text()) }),
    errors: ["NoSuchObject", "PrivateIPNotExistException", "OperationDenied"],
  },
  AssignIpv6Addresses: {
    ...POST,
    summary: "Gives a machine IPv6 addresses: these, or so many.",
    when: "action=AssignIpv6Addresses",
    body: object({
      hpasId: text(),
      ipv6Addresses: LIST,
      ipv6AddressCount: optional(integer(0, 40), 0),
      reboot: REBOOT,
    }),
    answer: object({ requestId: ANY_TEXT, ipv6Addresses: list(text()) }),
    errors: FULL,
  },
  UnAssignIpv6Addresses: {
    ...POST,
    summary: "Takes IPv6 addresses from a machine.",
    when: "action=UnAssignIpv6Addresses",
    body: object({ hpasId: text(), ipv6Addresses: LIST, reboot: REBOOT }),
    errors: ["NoSuchObject", "PrivateIPNotExistException"],
  },
  AttachSecurityGroups: {
    ...POST,
    summary: "Adds security groups, of one kind, to machines.",
    when: "action=AttachSecurityGroups",
    body: GROUPS,
  },
  DetachSecurityGroups: {
    ...POST,
    summary: "Takes security groups from machines; the last one stays.",
    when: "action=DetachSecurityGroups",
    body: GROUPS,
  },
  ModifySecurityGroups: {
    ...POST,
    summary: "Gives machines these security groups and no others.",
    when: "action=ModifySecurityGroups",
    body: GROUPS,
  },
  ModifyInstancesSubnet: {
    ...POST,
    summary: "Moves machines to another subnet of their VPC and zone.",
    when: "action=ModifyInstancesSubnet",
    delay: "instanceChange",
    body: object({ hpasIds: list(text(), 100), subnetId: text(), privateIp: TEXT }),
  },
  ModifyInstanceVPC: {
    ...POST,
    summary: "Moves a machine to a subnet of another VPC, in its zone.",
    when: "action=ModifyInstanceVPC",
    delay: "instanceChange",
    body: object({
      hpasId: text(),
      subnetId: text(),
      privateIp: TEXT,
      securityGroupType: TYPE,
      securityGroupIds: LIST,
    }),
  },
});

/** Addresses, subnets and security groups of machines for AI work. */
export const networking = part(OPERATIONS, (account) => {
  const get = (id: string) => liveInstance(account, id, "hpas");
  const done = () => ({ requestId: account.random.uuid() });
  const each = (ids: readonly string[], change: (one: SimulatedInstance) => Partial<SimulatedInstance>): object => {
    if (ids.length === 0) throw badRequest("hpasIds is required.");
    const all = ids.map((id) => [id, change(get(id))] as const);
    for (const [id, one] of all) instancesOf(account).patch(id, one);
    return done();
  };
  const groupsOf = (ids: readonly string[], type: string) =>
    type === "enterprise" ? { enterpriseSecurityGroupIds: ids } : { securityGroupIds: ids };

  return {
    AssignPrivateIpAddresses({ body }) {
      const one = get(body.hpasId);
      const { subnetId } = one;
      const named = body.privateIps.map((ip) => ({ ip, subnetId }));
      const wanted = named.length > 0 ? named : anyIps(body.secondaryPrivateIpCount, subnetId);
      return { ...done(), privateIps: addIps(account, one, wanted) };
    },
    UnassignPrivateIpAddresses({ body }) {
      removeIps(account, get(body.hpasId), body.privateIps);
      return done();
    },
    AssignIpv6Addresses({ body: { hpasId, ipv6Addresses, ipv6AddressCount } }) {
      const wanted = ipv6Addresses.length > 0 ? ipv6Addresses : Array<string>(ipv6AddressCount || 1).fill("");
      return { ...done(), ipv6Addresses: addIpv6s(account, get(hpasId), wanted) };
    },
    UnAssignIpv6Addresses({ body }) {
      removeIpv6s(account, get(body.hpasId), body.ipv6Addresses);
      return done();
    },
    AttachSecurityGroups: ({ body }) =>
      each(body.hpasIds, (one) => bindGroups(account, one, body.securityGroupIds, body.securityGroupType)),
    DetachSecurityGroups: ({ body }) => each(body.hpasIds, (one) => groupsUnbound(one, body.securityGroupIds)),
    ModifySecurityGroups({ body: { hpasIds, securityGroupIds, securityGroupType } }) {
      if (securityGroupIds.length === 0) throw badRequest("securityGroupIds is required.");
      const given = groupsOf(securityGroupIds, securityGroupType);
      return each(hpasIds, ({ vpcId }) => groupsFor(account, vpcId, given));
    },
    ModifyInstancesSubnet({ body: { hpasIds, subnetId, privateIp } }) {
      const found = hpasIds.map((id) => steadyInstance(account, id, "hpas"));
      if (found.length === 0) throw badRequest("hpasIds is required.");
      if (privateIp && found.length > 1) throw badRequest("privateIp: expected a single machine.");
      for (const one of found) moveInstance(account, one, { subnetId, internalIp: privateIp }, "ChangeSubnet");
      return done();
    },
    ModifyInstanceVPC({ body: { hpasId, subnetId, privateIp, securityGroupIds, securityGroupType } }) {
      const one = steadyInstance(account, hpasId, "hpas");
      if (enisOfInstance(account, hpasId).length > 0) throw denied(`${hpasId} has network cards.`);
      const groups = groupsOf(securityGroupIds, securityGroupType);
      moveInstance(account, one, { subnetId, internalIp: privateIp, ...groups }, "ChangeVpc");
      return done();
    },
  };
});
