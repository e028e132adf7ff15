import { parseCidr } from "@ccm/base";
import { TAGS } from "../../api/common.ts";
import { badRequest, denied } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { boolean, integer, object, optional, text } from "../../api/schema.ts";
import { usage } from "./addresses.ts";
import { limitExceeded } from "./faults.ts";
import { LOCATION_VIEW, placeOf } from "./locations.ts";
import {
  type EdgeSubnet,
  type EdgeVpc,
  getSubnet,
  getVpc,
  routeRulesOf,
  routeTablesOf,
  subnetsOf,
  vpcsOf,
} from "./network-records.ts";
import { ACTION, LISTING, listing, listingOf, written } from "./wire.ts";

const VPC = "/v1/vpc";
const SUBNET = "/v1/vpc/subnet";
const NAME = text({ max: 65 });
const RENAME = object({ name: optional(NAME), description: optional(text({ max: 200 })) });
const VPC_VIEW = object({
  vpcId: text(),
  name: text(),
  description: text(),
  cidr: text(),
  ...LOCATION_VIEW,
  isDefault: boolean(),
  createdTime: text(),
});
const SUBNET_VIEW = object({
  subnetId: text(),
  name: text(),
  description: text(),
  cidr: text(),
  availableIp: integer(),
  usedIp: integer(),
  vpcId: text(),
  regionId: text(),
  isDefault: boolean(),
  createdTime: text(),
});

const OPERATIONS = operations({
  CreateVpc: {
    summary: "Makes a VPC at one place, with a route table and an ACL.",
    method: "POST",
    path: VPC,
    body: object({ name: NAME, description: optional(text(), ""), regionId: text(), cidr: text(), tags: TAGS }),
    answer: ACTION,
    errors: ["LimitExceeded"],
  },
  ListVpcs: {
    summary: "Lists the VPCs.",
    method: "GET",
    path: `${VPC}/list`,
    aliases: [VPC],
    query: { ...LISTING, regionId: optional(text()) },
    answer: listingOf(VPC_VIEW),
  },
  GetVpc: {
    summary: "One VPC.",
    method: "GET",
    path: `${VPC}/{vpcId}`,
    answer: object({ vpc: VPC_VIEW }),
    errors: ["ResourceNotFound"],
  },
  UpdateVpc: {
    summary: "Renames a VPC.",
    method: "PUT",
    path: `${VPC}/{vpcId}`,
    body: RENAME,
    answer: ACTION,
    errors: ["ResourceNotFound"],
  },
  DeleteVpc: {
    summary: "Deletes a VPC that has no subnets.",
    method: "DELETE",
    path: `${VPC}/{vpcId}`,
    answer: ACTION,
    errors: ["ResourceNotFound", "OperationDenied"],
  },
  CreateSubnet: {
    summary: "Makes a subnet.",
    method: "POST",
    path: SUBNET,
    body: object({ name: NAME, vpcId: text(), description: optional(text(), ""), cidr: text(), tags: TAGS }),
    answer: ACTION,
    errors: ["ResourceNotFound", "OperationDenied", "LimitExceeded"],
  },
  ListSubnets: {
    summary: "Lists the subnets.",
    method: "GET",
    path: `${SUBNET}/list`,
    aliases: [SUBNET],
    query: { ...LISTING, vpcId: optional(text()) },
    answer: listingOf(SUBNET_VIEW),
  },
  GetSubnet: {
    summary: "One subnet.",
    method: "GET",
    path: `${SUBNET}/{subnetId}`,
    answer: object({ subnet: SUBNET_VIEW }),
    errors: ["ResourceNotFound"],
  },
  UpdateSubnet: {
    summary: "Renames a subnet.",
    method: "PUT",
    path: `${SUBNET}/{subnetId}`,
    body: RENAME,
    answer: ACTION,
    errors: ["ResourceNotFound"],
  },
  DeleteSubnet: {
    summary: "Deletes a subnet in which nothing has an address.",
    method: "DELETE",
    path: `${SUBNET}/{subnetId}`,
    answer: ACTION,
    errors: ["ResourceNotFound", "OperationDenied"],
  },
});

function rangeOf(cidr: string) {
  const range = parseCidr(cidr);
  if (range?.family !== 4) throw badRequest(`cidr: "${cidr}" is not valid, expected an IPv4 range.`);
  return range;
}

export const vpcs = part(OPERATIONS, (account) => {
  const all = vpcsOf(account);
  const subnets = subnetsOf(account);
  const subnetsIn = (vpcId: string) => subnets.all().filter((subnet) => subnet.vpcId === vpcId);
  const vpcView = ({ tags: _, aclId: __, aclName: ___, ...shown }: EdgeVpc) => shown;
  const subnetView = ({ tags: _, ...shown }: EdgeSubnet) => {
    const { used, free } = usage(account, shown.subnetId);
    return { ...shown, availableIp: free, usedIp: used };
  };
  const renamed = <T extends { readonly name: string; readonly description: string }>(
    before: T,
    { name, description }: { readonly name: string | undefined; readonly description: string | undefined },
  ): T => ({ ...before, name: name || before.name, description: description ?? before.description });
  return {
    CreateVpc({ body: { name, description, regionId, cidr, tags } }) {
      const location = placeOf(regionId);
      rangeOf(cidr);
      if (all.size >= account.quotas.vpcs) throw limitExceeded("VPCs");
      const vpcId = account.newId("vpc");
      const acl = { aclId: account.newId("acl"), aclName: `acl-${name}` };
      const createdTime = account.time();
      all.set(vpcId, { vpcId, name, description, cidr, ...location, isDefault: false, createdTime, tags, ...acl });
      const tableId = account.newId("rtb");
      routeTablesOf(account).set(tableId, { tableId, name: `default-${name}`, vpcId });
      return written("CreateVpc", { vpcId });
    },
    ListVpcs: ({ query }) => listing(query, all.all().map(vpcView)),
    GetVpc: ({ params }) => ({ vpc: vpcView(getVpc(account, params.vpcId)) }),
    UpdateVpc({ params: { vpcId }, body }) {
      all.set(vpcId, renamed(getVpc(account, vpcId), body));
      return written("UpdateVpc", { vpcId });
    },
    DeleteVpc({ params: { vpcId } }) {
      getVpc(account, vpcId);
      if (subnetsIn(vpcId).length > 0) throw denied(`${vpcId} has subnets.`);
      all.delete(vpcId);
      const rules = routeRulesOf(account);
      for (const { tableId } of routeTablesOf(account)
        .all()
        .filter((table) => table.vpcId === vpcId)) {
        routeTablesOf(account).delete(tableId);
        for (const rule of rules.all()) if (rule.tableId === tableId) rules.delete(rule.ruleId);
      }
      account.gone(vpcId);
      return written("DeleteVpc", { vpcId });
    },
    CreateSubnet({ body: { name, vpcId, description, cidr, tags } }) {
      const vpc = getVpc(account, vpcId);
      const range = rangeOf(cidr);
      const outer = rangeOf(vpc.cidr);
      if (range.first < outer.first || range.last > outer.last)
        throw badRequest(`cidr: ${cidr} is not in ${vpc.cidr} of ${vpcId}.`);
      const siblings = subnetsIn(vpcId);
      const other = siblings.find((one) => {
        const taken = rangeOf(one.cidr);
        return range.first <= taken.last && taken.first <= range.last;
      });
      if (other) throw denied(`cidr: ${cidr} overlaps with ${other.cidr} of ${other.subnetId}.`);
      if (siblings.length >= account.quotas.subnetsPerVpc) throw limitExceeded("subnets");
      const subnetId = account.newId("sbn");
      const place = { vpcId, regionId: vpc.regionId, isDefault: false, createdTime: account.time() };
      subnets.set(subnetId, { subnetId, name, description, cidr, tags, ...place });
      return written("CreateSubnet", { subnetId });
    },
    ListSubnets: ({ query }) => listing(query, subnets.all().map(subnetView)),
    GetSubnet: ({ params }) => ({ subnet: subnetView(getSubnet(account, params.subnetId)) }),
    UpdateSubnet({ params: { subnetId }, body }) {
      subnets.set(subnetId, renamed(getSubnet(account, subnetId), body));
      return written("UpdateSubnet", { subnetId });
    },
    DeleteSubnet({ params: { subnetId } }) {
      getSubnet(account, subnetId);
      if (usage(account, subnetId).used > 0) throw denied(`${subnetId} has addresses in use.`);
      subnets.delete(subnetId);
      account.gone(subnetId);
      return written("DeleteSubnet", { subnetId });
    },
  };
});
