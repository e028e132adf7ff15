import { denied } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { type InferFields, integer, list, object, oneOf, optional, text } from "../../api/schema.ts";
import { notFound } from "./faults.ts";
import { type EdgeVpc, getSubnet, getVpc, subnetsOf, vpcsOf } from "./network-records.ts";
import { ACTION, LISTING, listing, listingOf, written } from "./wire.ts";

const ACL = "/v1/vpc/acl";
const TEXT = optional(text());
const FIELDS = {
  subnetId: TEXT,
  description: TEXT,
  protocol: optional(oneOf("all", "tcp", "udp", "icmp")),
  sourceIpAddress: TEXT,
  destinationIpAddress: TEXT,
  sourcePort: TEXT,
  destinationPort: TEXT,
  position: optional(integer(1, 32_768)),
  direction: optional(oneOf("ingress", "egress")),
  etherType: TEXT,
  action: optional(oneOf("allow", "deny")),
};
const RULE_VIEW = {
  aclRuleId: text(),
  subnetId: text(),
  description: text(),
  protocol: text(),
  sourceIpAddress: text(),
  destinationIpAddress: text(),
  sourcePort: text(),
  destinationPort: text(),
  position: integer(),
  direction: text(),
  etherType: text(),
  action: text(),
};
type AclRule = InferFields<typeof RULE_VIEW>;
const VIEW = object({
  aclId: text(),
  aclName: text(),
  vpcId: text(),
  vpcName: text(),
  vpcCidr: text(),
  regionId: text(),
  aclEntrys: list(
    object({
      subnetId: text(),
      subnetName: text(),
      subnetCidr: text(),
      subnetDescription: text(),
      aclRules: list(object(RULE_VIEW)),
    }),
  ),
});

const OPERATIONS = operations({
  ListAcls: {
    summary: "Lists the ACLs: each VPC has one.",
    method: "GET",
    path: `${ACL}/list`,
    query: { ...LISTING, vpcId: TEXT, regionId: TEXT },
    answer: listingOf(VIEW),
  },
  GetAcl: {
    summary: "The ACL of a VPC.",
    method: "GET",
    path: `${ACL}/detail`,
    query: { vpcId: text() },
    answer: object({ acl: VIEW }),
    errors: ["ResourceNotFound"],
  },
  UpdateAcl: {
    summary: "Renames an ACL.",
    method: "PUT",
    path: `${ACL}/{aclId}`,
    body: object({ aclName: optional(text({ max: 65 })), name: optional(text({ max: 65 })) }),
    answer: ACTION,
    errors: ["ResourceNotFound"],
  },
  CreateAclRules: {
    summary: "Adds rules for a subnet.",
    method: "POST",
    path: `${ACL}/rule/batch/create`,
    body: object({
      subnetId: text(),
      aclRules: list(object({ ...FIELDS, position: integer(1, 32_768), direction: oneOf("ingress", "egress") }), 100),
    }),
    answer: ACTION,
    errors: ["ResourceNotFound", "OperationDenied"],
  },
  DeleteAclRules: {
    summary: "Deletes rules.",
    method: "POST",
    path: `${ACL}/rule/batch/delete`,
    body: object({ aclRuleIds: list(text(), 100) }),
    answer: ACTION,
    errors: ["ResourceNotFound"],
  },
  UpdateAclRule: {
    summary: "Changes a rule.",
    method: "PUT",
    path: `${ACL}/rule/{aclRuleId}`,
    body: object(FIELDS),
    answer: ACTION,
    errors: ["ResourceNotFound"],
  },
});

export const acls = part(OPERATIONS, (account) => {
  const rules = account.shared.table<AclRule>("becAclRules");
  const rulesOf = (subnetId: string) => rules.all().filter((rule) => rule.subnetId === subnetId);
  account.onGone((id) => {
    for (const { aclRuleId } of rulesOf(id)) rules.delete(aclRuleId);
  });
  const view = ({ aclId, aclName, vpcId, name, cidr, regionId }: EdgeVpc) => ({
    aclId,
    aclName,
    vpcId,
    vpcName: name,
    vpcCidr: cidr,
    regionId,
    aclEntrys: subnetsOf(account)
      .all()
      .filter((subnet) => subnet.vpcId === vpcId)
      .map((subnet) => ({
        subnetId: subnet.subnetId,
        subnetName: subnet.name,
        subnetCidr: subnet.cidr,
        subnetDescription: subnet.description,
        aclRules: rulesOf(subnet.subnetId).toSorted((a, b) => a.position - b.position),
      })),
  });
  return {
    ListAcls: ({ query }) => listing(query, vpcsOf(account).all().map(view)),
    GetAcl: ({ query }) => ({ acl: view(getVpc(account, query.vpcId)) }),
    UpdateAcl({ params: { aclId }, body }) {
      const vpc = vpcsOf(account)
        .all()
        .find((one) => one.aclId === aclId);
      if (!vpc) throw notFound(aclId);
      vpcsOf(account).patch(vpc.vpcId, { aclName: body.aclName || body.name || vpc.aclName });
      return written("UpdateAcl", { aclId });
    },
    CreateAclRules({ body: { subnetId, aclRules } }) {
      getSubnet(account, subnetId);
      const taken = new Set(rulesOf(subnetId).map(({ direction, position }) => `${direction} ${position}`));
      for (const { direction, position } of aclRules) {
        if (taken.has(`${direction} ${position}`)) throw denied(`position ${position} of ${direction} is taken.`);
        taken.add(`${direction} ${position}`);
      }
      const aclRuleIds = aclRules.map((given) => {
        const aclRuleId = account.newId("ar");
        rules.set(aclRuleId, {
          aclRuleId,
          subnetId,
          description: given.description ?? "",
          protocol: given.protocol || "all",
          sourceIpAddress: given.sourceIpAddress || "all",
          destinationIpAddress: given.destinationIpAddress || "all",
          sourcePort: given.sourcePort || "all",
          destinationPort: given.destinationPort || "all",
          position: given.position,
          direction: given.direction,
          etherType: given.etherType || "IPv4",
          action: given.action || "allow",
        });
        return aclRuleId;
      });
      return written("CreateAclRules", { aclRuleIds });
    },
    DeleteAclRules({ body: { aclRuleIds } }) {
      for (const id of aclRuleIds) if (!rules.has(id)) throw notFound(id);
      for (const id of aclRuleIds) rules.delete(id);
      return written("DeleteAclRules");
    },
    UpdateAclRule({ params: { aclRuleId }, body }) {
      const before = rules.get(aclRuleId);
      if (!before) throw notFound(aclRuleId);
      const said = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined && value !== ""));
      rules.set(aclRuleId, { ...before, ...said, subnetId: before.subnetId });
      return written("UpdateAclRule", { aclRuleId });
    },
  };
});
