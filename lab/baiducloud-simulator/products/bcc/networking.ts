import { ANY_TEXT } from "../../api/common.ts";
import { badRequest, denied, noSuchObject } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { boolean, integer, list, object, oneOf, optional, text } from "../../api/schema.ts";
import { eipsOf } from "../eip/records.ts";
import { enisOfInstance, groupsFor, publicIpsOf } from "../vpc/eni-model.ts";
import { addIps, addIpv6s, anyIps, moveInstance, removeIps, removeIpv6s } from "./address-model.ts";
import { bindGroups, groupsUnbound } from "./group-model.ts";
import { liveInstance, steadyInstance } from "./lifecycle.ts";
import { instancesOf, type SimulatedInstance } from "./records.ts";

const PATH = "/v2/instance/{instanceId}";
const IDS = optional(list(text()), []);
const ONE_GROUP = object({ securityGroupId: text() });
const GROUPS = object({
  instanceIds: list(text(), 100),
  securityGroupIds: list(text()),
  securityGroupType: optional(oneOf("normal", "enterprise", ""), ""),
});
const MOVE = object({
  instanceId: text(),
  subnetId: text(),
  internalIp: optional(text()),
  securityGroupIds: IDS,
  enterpriseSecurityGroupIds: IDS,
  reboot: optional(boolean(), false),
});
const IPV6 = object({ instanceId: text(), ipv6Address: optional(text(), ""), reboot: optional(boolean(), false) });
const GROUP_RESULT = object({ requestId: ANY_TEXT });
const MOVED = ["NoSuchObject", "OperationDenied", "PrivateIpInUseException", "SubnetHasNoMoreIpException"] as const;

const OPERATIONS = operations({
  BindSecurityGroup: {
    summary: "Adds one security group to an instance.",
    method: "PUT",
    path: PATH,
    when: "bind",
    body: ONE_GROUP,
    errors: ["NoSuchObject", "OperationDenied"],
  },
  UnbindSecurityGroup: {
    summary: "Takes one security group from an instance; the last one stays.",
    method: "PUT",
    path: PATH,
    when: "unbind",
    body: ONE_GROUP,
    errors: ["NoSuchObject", "OperationDenied"],
  },
  BindSecurityGroups: {
    summary: "Adds security groups, of one kind, to instances.",
    method: "PUT",
    path: "/v2/securitygroup/bind",
    body: GROUPS,
    answer: GROUP_RESULT,
    errors: ["NoSuchObject", "OperationDenied"],
  },
  UnbindSecurityGroups: {
    summary: "Takes security groups from instances; the last one stays.",
    method: "PUT",
    path: "/v2/securitygroup/unbind",
    body: GROUPS,
    answer: GROUP_RESULT,
    errors: ["NoSuchObject", "OperationDenied"],
  },
  ReplaceSecurityGroups: {
    summary: "Gives instances these security groups and no others.",
    method: "PUT",
    path: "/v2/securitygroup/replace",
    body: GROUPS,
    answer: GROUP_RESULT,
    errors: ["NoSuchObject"],
  },
  BatchAddIp: {
    summary: "Gives an instance further private addresses: these, or so many.",
    method: "PUT",
    path: "/v2/instance/batchAddIp",
    body: object({
      instanceId: text(),
      privateIps: IDS,
      secondaryPrivateIpAddressCount: optional(integer(0, 40), 0),
      allocateMultiIpv6Addr: optional(boolean(), false),
    }),
    answer: object({ privateIps: list(text()) }),
    errors: ["NoSuchObject", "ExceedLimitException", "PrivateIpInUseException", "SubnetHasNoMoreIpException"],
  },
  BatchDelIp: {
    summary: "Takes private addresses from an instance; not its primary one.",
    method: "PUT",
    path: "/v2/instance/batchDelIp",
    body: object({ instanceId: text(), privateIps: list(text()) }),
    errors: ["NoSuchObject", "PrivateIPNotExistException", "OperationDenied"],
  },
  AddIpv6: {
    summary: "Gives an instance an IPv6 address.",
    method: "POST",
    path: "/v2/instance/addIpv6",
    body: IPV6,
    answer: object({ ipv6Address: text(), addedIpv6Address: text() }),
    errors: ["NoSuchObject", "OperationDenied", "PrivateIpInUseException"],
  },
  DelIpv6: {
    summary: "Takes an IPv6 address from an instance, or all.",
    method: "POST",
    path: "/v2/instance/delIpv6",
    body: IPV6,
    errors: ["NoSuchObject", "PrivateIPNotExistException"],
  },
  ChangeSubnet: {
    summary: "Moves an instance to another subnet of its VPC and zone.",
    method: "PUT",
    path: "/v2/subnet/changeSubnet",
    delay: "instanceChange",
    body: MOVE,
    errors: MOVED,
  },
  ChangeVpc: {
    summary: "Moves an instance to a subnet of another VPC, in its zone.",
    method: "PUT",
    path: "/v2/vpc/changeVpc",
    delay: "instanceChange",
    body: MOVE,
    errors: MOVED,
  },
  ListInstanceEnis: {
    summary: "The network cards of an instance, its primary one first.",
    method: "GET",
    path: "/v2/eni/{instanceId}",
    answer: object({
      enis: list(
        object({
          eniId: text(),
          name: text(),
          zoneName: text(),
          description: ANY_TEXT,
          instanceId: text(),
          macAddress: text(),
          vpcId: text(),
          subnetId: text(),
          status: text(),
          createdTime: text(),
          securityGroupIds: list(text()),
          privateIpSet: list(
            object({ publicIpAddress: ANY_TEXT, primary: boolean(), privateIpAddress: text(), ipv6Address: ANY_TEXT }),
          ),
        }),
      ),
    }),
    errors: ["NoSuchObject"],
  },
});

/** Addresses, subnets and security groups of cloud servers. */
export const networking = part(OPERATIONS, (account) => {
  const get = (id: string) => liveInstance(account, id, "bcc", "bbc");
  const bind = (one: SimulatedInstance, ids: readonly string[], type: string): void => {
    instancesOf(account).patch(one.id, bindGroups(account, one, ids, type));
  };
  const unbind = (one: SimulatedInstance, ids: readonly string[]): void => {
    instancesOf(account).patch(one.id, groupsUnbound(one, ids));
  };
  const requestId = () => ({ requestId: account.random.uuid() });
  const each = (ids: readonly string[], check: (one: SimulatedInstance) => object): object => {
    if (ids.length === 0) throw badRequest("instanceIds is required.");
    const changes = ids.map((id) => [id, check(get(id))] as const);
    for (const [id, change] of changes) instancesOf(account).patch(id, change);
    return requestId();
  };
  const move = (body: { instanceId: string; subnetId: string }, status: "ChangeSubnet" | "ChangeVpc"): object => {
    const instance = steadyInstance(account, body.instanceId, "bcc", "bbc");
    if (status === "ChangeVpc" && enisOfInstance(account, instance.id).length > 0)
      throw denied(`Instance ${instance.id} has network cards.`);
    const isBound = eipsOf(account)
      .all()
      .some(({ instanceId }) => instanceId === instance.id);
    if (isBound && status === "ChangeVpc") throw denied(`Instance ${instance.id} has a public address.`);
    moveInstance(account, instance, body, status);
    return {};
  };

  return {
    BindSecurityGroup({ params, body }) {
      bind(get(params.instanceId), [body.securityGroupId], "normal");
      return {};
    },
    UnbindSecurityGroup({ params, body }) {
      unbind(get(params.instanceId), [body.securityGroupId]);
      return {};
    },
    BindSecurityGroups: ({ body }) =>
      each(body.instanceIds, (one) => bindGroups(account, one, body.securityGroupIds, body.securityGroupType)),
    UnbindSecurityGroups: ({ body }) => each(body.instanceIds, (one) => groupsUnbound(one, body.securityGroupIds)),
    ReplaceSecurityGroups({ body: { instanceIds, securityGroupIds, securityGroupType } }) {
      if (securityGroupIds.length === 0) throw badRequest("securityGroupIds is required.");
      const isEnterprise = securityGroupType === "enterprise";
      const given = isEnterprise ? { enterpriseSecurityGroupIds: securityGroupIds } : { securityGroupIds };
      return each(instanceIds, ({ vpcId }) => groupsFor(account, vpcId, given));
    },
    BatchAddIp({ body }) {
      const instance = get(body.instanceId);
      const { subnetId } = instance;
      const named = body.privateIps.map((ip) => ({ ip, subnetId }));
      if (body.allocateMultiIpv6Addr)
        return { privateIps: addIpv6s(account, instance, Array(body.secondaryPrivateIpAddressCount || 1).fill("")) };
      const wanted = named.length > 0 ? named : anyIps(body.secondaryPrivateIpAddressCount, subnetId);
      return { privateIps: addIps(account, instance, wanted) };
    },
    BatchDelIp({ body }) {
      removeIps(account, get(body.instanceId), body.privateIps);
      return {};
    },
    AddIpv6({ body }) {
      const [added = ""] = addIpv6s(account, get(body.instanceId), [body.ipv6Address]);
      return { ipv6Address: get(body.instanceId).ipv6, addedIpv6Address: added };
    },
    DelIpv6({ body }) {
      removeIpv6s(account, get(body.instanceId), body.ipv6Address ? [body.ipv6Address] : []);
      return {};
    },
    ChangeSubnet: ({ body }) => move(body, "ChangeSubnet"),
    ChangeVpc: ({ body }) => move(body, "ChangeVpc"),
    ListInstanceEnis({ params: { instanceId } }) {
      const machine = instancesOf(account).get(instanceId);
      if (!machine) throw noSuchObject(instanceId);
      const shared = { zoneName: machine.zoneName, instanceId, vpcId: machine.vpcId };
      const primary = {
        ...shared,
        eniId: machine.eniId,
        name: "eth0",
        description: "",
        macAddress: machine.macAddress,
        subnetId: machine.subnetId,
        status: "inuse",
        createdTime: machine.createTime,
        securityGroupIds: machine.securityGroupIds,
        privateIpSet: [machine.internalIp, ...machine.secondaryIps.map(({ ip }) => ip)].map((ip, index) => ({
          publicIpAddress: index === 0 ? machine.publicIp : "",
          primary: index === 0,
          privateIpAddress: ip,
          ipv6Address: index === 0 ? machine.ipv6 : "",
        })),
      };
      const others = enisOfInstance(account, instanceId).map((eni) => ({
        ...shared,
        eniId: eni.eniId,
        name: eni.name,
        description: eni.description,
        macAddress: eni.macAddress,
        subnetId: eni.subnetId,
        status: eni.status,
        createdTime: eni.createdTime,
        securityGroupIds: eni.securityGroupIds,
        privateIpSet: eni.privateIps.map(({ ip }, index) => ({
          publicIpAddress: publicIpsOf(account, eni).get(ip) ?? "",
          primary: index === 0,
          privateIpAddress: ip,
          ipv6Address: eni.ipv6s[index] ?? "",
        })),
      }));
      return { enis: [primary, ...others] };
    },
  };
});
