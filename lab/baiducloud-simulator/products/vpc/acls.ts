import { parseCidr, parseIp } from "@ccm/base";
import { PAGING, pageOf } from "../../api/common.ts";
import { badRequest, denied, noSuchObject } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { page } from "../../api/paging.ts";
import { type Infer, integer, list, object, oneOf, optional, text } from "../../api/schema.ts";
import { getSubnet, getVpc } from "./find.ts";
import { subnetsOf } from "./records.ts";

const TEXT = optional(text({ max: 200 }), "");
const PROTOCOL = oneOf("all", "tcp", "udp", "icmp");
const ACTION = oneOf("allow", "deny");
const POSITION = integer(1, 5000);
const NEW_RULE = object({
  subnetId: text(),
  description: TEXT,
  protocol: PROTOCOL,
  sourceIpAddress: text(),
  destinationIpAddress: text(),
  sourcePort: TEXT,
  destinationPort: TEXT,
  position: POSITION,
  direction: oneOf("ingress", "egress"),
  action: ACTION,
});
const RULE = object({
  id: text(),
  subnetId: text(),
  description: TEXT,
  protocol: text(),
  sourceIpAddress: text(),
  destinationIpAddress: text(),
  sourcePort: TEXT,
  destinationPort: TEXT,
  position: integer(),
  ipVersion: integer(),
  direction: text(),
  action: text(),
});
type Rule = Infer<typeof RULE>;
const PATH = "/v1/acl/rule";

const OPERATIONS = operations({
  ListAclEntries: {
    summary: "The rules of all subnets of a VPC.",
    method: "GET",
    path: "/v1/acl",
    query: { vpcId: text() },
    answer: object({
      vpcId: text(),
      vpcName: text(),
      vpcCidr: text(),
      aclEntrys: list(object({ subnetId: text(), subnetName: text(), subnetCidr: text(), aclRules: list(RULE) })),
    }),
    errors: ["NoSuchObject"],
  },
  ListAclRules: {
    summary: "Lists the rules of a subnet.",
    method: "GET",
    path: PATH,
    query: { ...PAGING, subnetId: text() },
    answer: pageOf("aclRules", RULE),
    errors: ["NoSuchObject"],
  },
  CreateAclRules: {
    summary:
      "Adds rules to subnets, all or none. A position is of one rule of a direction; the smallest is asked first.",
    method: "POST",
    path: PATH,
    body: object({ aclRules: list(NEW_RULE, 100) }),
    errors: ["NoSuchObject", "OperationDenied"],
  },
  UpdateAclRule: {
    summary: "Changes a rule, but not its subnet or direction.",
    method: "PUT",
    path: `${PATH}/{aclRuleId}`,
    body: object({
      description: optional(text({ max: 200 })),
      protocol: optional(PROTOCOL),
      sourceIpAddress: optional(text()),
      destinationIpAddress: optional(text()),
      sourcePort: optional(text()),
      destinationPort: optional(text()),
      position: optional(POSITION),
      action: optional(ACTION),
    }),
    errors: ["NoSuchObject", "OperationDenied"],
  },
  DeleteAclRule: {
    summary: "Deletes a rule.",
    method: "DELETE",
    path: `${PATH}/{aclRuleId}`,
    errors: ["NoSuchObject"],
  },
});

/** Rules of subnets. They are kept, but no traffic is asked for them. */
export const acls = part(OPERATIONS, (account) => {
  const all = account.store.table<Rule>("aclRules");
  const ofSubnet = (subnetId: string): readonly Rule[] =>
    all
      .all()
      .filter((rule) => rule.subnetId === subnetId)
      .sort((a, b) => a.position - b.position);
  const get = (id: string): Rule => {
    const rule = all.get(id);
    if (!rule) throw noSuchObject(id);
    return rule;
  };
  const checkFree = (rule: Rule, others: readonly Rule[]): void => {
    const same = others.find(
      (other) =>
        other.id !== rule.id &&
        other.subnetId === rule.subnetId &&
        other.direction === rule.direction &&
        other.position === rule.position,
    );
    if (same) throw denied(`position ${rule.position} of ${rule.subnetId} is taken by ${same.id}.`);
  };
  account.onGone((id) => {
    for (const rule of ofSubnet(id)) all.delete(rule.id);
  });
  return {
    ListAclEntries({ query: { vpcId } }) {
      const { name: vpcName, cidr: vpcCidr } = getVpc(account, vpcId);
      const subnets = subnetsOf(account)
        .all()
        .filter((subnet) => subnet.vpcId === vpcId);
      const aclEntrys = subnets.map(({ subnetId, name, cidr }) => ({
        subnetId,
        subnetName: name,
        subnetCidr: cidr,
        aclRules: ofSubnet(subnetId),
      }));
      return { vpcId, vpcName, vpcCidr, aclEntrys };
    },
    ListAclRules({ query }) {
      const { subnetId } = getSubnet(account, query.subnetId);
      return page(query, "aclRules", ofSubnet(subnetId), ({ id }) => id);
    },
    CreateAclRules({ body }) {
      const made: Rule[] = [];
      for (const wanted of body.aclRules) {
        getSubnet(account, wanted.subnetId);
        const rule = checked({ ...wanted, id: account.newId("ar"), ipVersion: 4 });
        checkFree(rule, [...all.all(), ...made]);
        made.push(rule);
      }
      for (const rule of made) all.set(rule.id, rule);
      return {};
    },
    UpdateAclRule({ params: { aclRuleId }, body }) {
      const given = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined && value !== ""));
      const rule = checked({ ...get(aclRuleId), ...given });
      checkFree(rule, all.all());
      all.set(aclRuleId, rule);
      return {};
    },
    DeleteAclRule({ params: { aclRuleId } }) {
      all.delete(get(aclRuleId).id);
      return {};
    },
  };
});

/** An address is a range of one; "all" is every address. */
function checked(rule: Rule): Rule {
  const rangeOf = (field: "sourceIpAddress" | "destinationIpAddress"): string => {
    const value = rule[field];
    const ip = parseIp(value);
    if (ip) return `${value}/${ip.family === 4 ? 32 : 128}`;
    if (value !== "all" && !parseCidr(value)) throw badRequest(`${field}: "${value}" is not a CIDR.`);
    return value;
  };
  const [sourceIpAddress, destinationIpAddress] = [rangeOf("sourceIpAddress"), rangeOf("destinationIpAddress")];
  const isIpv6 = [sourceIpAddress, destinationIpAddress].some((range) => parseCidr(range)?.family === 6);
  return { ...rule, sourceIpAddress, destinationIpAddress, ipVersion: isIpv6 ? 6 : 4 };
}
