import { PAGING, pageOf, TAGS } from "../../api/common.ts";
import { badRequest, denied, Fault, quotaExceeded } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { page } from "../../api/paging.ts";
import { boolean, csv, list, object, optional, text } from "../../api/schema.ts";
import { addRouteTable, addVpc, nextVpcIpv6Cidr, removeNetworkOf } from "./create.ts";
import { DESCRIPTION, getVpc, inside, overlap, range, subnetsIn } from "./find.ts";
import { natsOf, type Vpc, vpcsOf } from "./records.ts";
import { SUBNET, subnetViews } from "./subnets.ts";

const VPC_NAME = text({
  max: 65,
  pattern: /^(?!default$)[\p{L}\p{N}_\-/.]+$/u,
  hint: 'letters, digits and _-/., not "default"',
});
const PRIVATE = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];

const VPC_FIELDS = {
  vpcId: text(),
  name: text(),
  cidr: text(),
  ipv6Cidr: optional(text()),
  description: optional(text()),
  isDefault: boolean(),
  relay: boolean(),
  secondaryCidr: list(text()),
  createdTime: text(),
  tags: TAGS,
};

const OPERATIONS = operations({
  ListVpc: {
    summary: "Lists the VPCs of the region.",
    method: "GET",
    path: "/v1/vpc",
    query: { ...PAGING, isDefault: optional(boolean()), vpcIds: optional(csv()) },
    answer: pageOf("vpcs", object(VPC_FIELDS)),
  },
  GetVpc: {
    summary: "One VPC with its subnets.",
    method: "GET",
    path: "/v1/vpc/{vpcId}",
    answer: object({ vpc: object({ ...VPC_FIELDS, subnets: list(SUBNET) }) }),
    errors: ["NoSuchObject"],
  },
  CreateVpc: {
    summary: "Creates a VPC with its main route table and a default security group.",
    method: "POST",
    path: "/v1/vpc",
    body: object({
      name: VPC_NAME,
      cidr: text(),
      description: DESCRIPTION,
      enableIpv6: optional(boolean(), false),
      tags: TAGS,
    }),
    answer: object({ vpcId: text() }),
    errors: ["QuotaLimitExceeded"],
  },
  UpdateVpc: {
    summary: "Changes the name, the description, IPv6 or the secondary CIDRs.",
    method: "PUT",
    path: "/v1/vpc/{vpcId}",
    when: "modifyAttribute",
    body: object({
      name: VPC_NAME,
      description: DESCRIPTION,
      enableIpv6: optional(boolean()),
      secondaryCidr: optional(list(text())),
    }),
    errors: ["NoSuchObject", "OperationDenied", "QuotaLimitExceeded"],
  },
  DeleteVpc: {
    summary: "Deletes a VPC that has no subnets and no gateways.",
    method: "DELETE",
    path: "/v1/vpc/{vpcId}",
    errors: ["NoSuchObject", "NotAllowDeleteVpc", "ResourceNeedRelease"],
  },
});

export const vpcs = part(OPERATIONS, (account) => {
  const all = vpcsOf(account);
  const view = ({ routeTableId: _, domainNameServers: __, ...vpc }: Vpc) => vpc;
  /** Secondary ranges may not overlap the first one, each other, or leave a subnet homeless. */
  const checkSecondary = (vpc: Vpc, wanted: readonly string[]): void => {
    const ranges = [vpc.cidr, ...wanted].map((cidr) => range("secondaryCidr", cidr));
    ranges.forEach((one, index) => {
      if (ranges.slice(0, index).some((other) => overlap(one, other)))
        throw badRequest(`secondaryCidr: ${wanted[index - 1]} overlaps another range of the VPC.`);
    });
    for (const { cidr, subnetId } of subnetsIn(account, vpc.vpcId)) {
      if (!ranges.some((one) => inside(range("cidr", cidr), one)))
        throw denied(`secondaryCidr: subnet ${subnetId} (${cidr}) would be outside the VPC.`);
    }
    if (wanted.length > account.quotas.secondaryCidrs) throw quotaExceeded("secondary CIDRs");
  };

  return {
    ListVpc({ query }) {
      const chosen = all
        .all()
        .filter(
          ({ vpcId, isDefault }) =>
            (!query.vpcIds || query.vpcIds.includes(vpcId)) &&
            (query.isDefault === undefined || query.isDefault === isDefault),
        );
      return page(query, "vpcs", chosen.map(view), ({ vpcId }) => vpcId);
    },
    GetVpc({ params: { vpcId } }) {
      return { vpc: { ...view(getVpc(account, vpcId)), subnets: subnetViews(account, subnetsIn(account, vpcId)) } };
    },
    CreateVpc({ body }) {
      const wanted = range("cidr", body.cidr);
      if (wanted.bits > 28 || !PRIVATE.some((cidr) => inside(wanted, range("cidr", cidr))))
        throw badRequest(`cidr: ${body.cidr} is not a range of ${PRIVATE.join(", ")}, /28 at most.`);
      if (all.size >= account.quotas.vpcs) throw quotaExceeded("VPCs");
      const { name, cidr, description = "", tags } = body;
      const ipv6Cidr = body.enableIpv6 ? nextVpcIpv6Cidr(account) : "";
      const vpc = addVpc(account, { name, cidr, description, tags, ipv6Cidr });
      addRouteTable(account, vpc, vpc.routeTableId, "main");
      return { vpcId: vpc.vpcId };
    },
    UpdateVpc({ params: { vpcId }, body }) {
      const vpc = getVpc(account, vpcId);
      if (body.secondaryCidr) checkSecondary(vpc, body.secondaryCidr);
      if (body.enableIpv6 === false && subnetsIn(account, vpcId).some(({ ipv6Cidr }) => ipv6Cidr !== ""))
        throw denied(`enableIpv6: a subnet of ${vpcId} has IPv6.`);
      const on = body.enableIpv6 ?? vpc.ipv6Cidr !== "";
      all.patch(vpcId, {
        name: body.name,
        description: body.description ?? vpc.description,
        secondaryCidr: body.secondaryCidr ?? vpc.secondaryCidr,
        ipv6Cidr: on ? vpc.ipv6Cidr || nextVpcIpv6Cidr(account) : "",
      });
      return {};
    },
    DeleteVpc({ params: { vpcId } }) {
      const vpc = getVpc(account, vpcId);
      if (vpc.isDefault || subnetsIn(account, vpcId).length > 0)
        throw new Fault(409, "NotAllowDeleteVpc", `VPC ${vpcId} has subnets, or is the default one.`);
      const gateways = [...natsOf(account).all(), ...account.store.table<{ vpcId: string }>("ipv6Gateways").all()];
      if (gateways.some((gateway) => gateway.vpcId === vpcId))
        throw new Fault(409, "ResourceNeedRelease", `VPC ${vpcId} has gateways.`);
      removeNetworkOf(account, vpcId);
      all.delete(vpcId);
      account.gone(vpcId);
      return {};
    },
  };
});
