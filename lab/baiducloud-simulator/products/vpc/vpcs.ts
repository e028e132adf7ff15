import { parseCidr } from "@ccm/base";
import { takenIpsOf } from "../../account.ts";
import { ANY_TEXT, PAGING, pageOf, TAGS } from "../../api/common.ts";
import { badRequest, Fault, noSuchObject, quotaExceeded } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { page } from "../../api/paging.ts";
import { boolean, csv, integer, list, object, optional, text } from "../../api/schema.ts";
import { addRouteTable, addSubnet, addVpc } from "./create.ts";
import { routeRulesOf, routeTablesOf, type Subnet, subnetsOf, type Vpc, vpcsOf } from "./records.ts";

const VPC_NAME = text({
  max: 65,
  pattern: /^(?!default$)[\p{L}\p{N}_\-/.]+$/u,
  hint: 'letters, digits and _-/., not "default"',
});
const DESCRIPTION = optional(text({ max: 200 }));

const VPC_FIELDS = {
  vpcId: text(),
  name: text(),
  cidr: text(),
  ipv6Cidr: ANY_TEXT,
  description: ANY_TEXT,
  isDefault: boolean(),
  relay: boolean(),
  secondaryCidr: list(text()),
  createdTime: text(),
  tags: TAGS,
};
const SUBNET = object({
  subnetId: text(),
  name: text(),
  zoneName: text(),
  cidr: text(),
  ipv6Cidr: ANY_TEXT,
  vpcId: text(),
  subnetType: text(),
  description: ANY_TEXT,
  availableIp: integer(),
  createdTime: text(),
  tags: TAGS,
});

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
    summary: "Creates a VPC with its main route table.",
    method: "POST",
    path: "/v1/vpc",
    body: object({ name: VPC_NAME, cidr: text(), description: DESCRIPTION, tags: TAGS }),
    answer: object({ vpcId: text() }),
    errors: ["QuotaLimitExceeded"],
  },
  UpdateVpc: {
    summary: "Changes the name, the description or the secondary CIDRs.",
    method: "PUT",
    path: "/v1/vpc/{vpcId}",
    when: "modifyAttribute",
    body: object({ name: VPC_NAME, description: DESCRIPTION, secondaryCidr: optional(list(text(), 5)) }),
    errors: ["NoSuchObject"],
  },
  DeleteVpc: {
    summary: "Deletes a VPC that has no subnets.",
    method: "DELETE",
    path: "/v1/vpc/{vpcId}",
    errors: ["NoSuchObject", "NotAllowDeleteVpc"],
  },
  ListSubnet: {
    summary: "Lists subnets of all VPCs or of one.",
    method: "GET",
    path: "/v1/subnet",
    query: {
      ...PAGING,
      vpcId: optional(text()),
      zoneName: optional(text()),
      subnetType: optional(text()),
      subnetIds: optional(csv()),
    },
    answer: pageOf("subnets", SUBNET),
  },
  GetSubnet: {
    summary: "One subnet.",
    method: "GET",
    path: "/v1/subnet/{subnetId}",
    answer: object({ subnet: SUBNET }),
    errors: ["NoSuchObject"],
  },
  CreateSubnet: {
    summary: "Creates a subnet in a zone, inside its VPC's CIDR.",
    method: "POST",
    path: "/v1/subnet",
    body: object({
      name: text({ max: 65 }),
      zoneName: text(),
      cidr: text(),
      vpcId: text(),
      subnetType: optional(text({ oneOf: ["BCC", "BCC_NAT", "BBC"] })),
      description: DESCRIPTION,
      tags: TAGS,
    }),
    answer: object({ subnetId: text() }),
    errors: ["NoSuchObject", "QuotaLimitExceeded"],
  },
  UpdateSubnet: {
    summary: "Changes the name or the description.",
    method: "PUT",
    path: "/v1/subnet/{subnetId}",
    when: "modifyAttribute",
    body: object({ name: text({ max: 65 }), description: DESCRIPTION }),
    errors: ["NoSuchObject"],
  },
  DeleteSubnet: {
    summary: "Deletes a subnet in which nothing has an address.",
    method: "DELETE",
    path: "/v1/subnet/{subnetId}",
    errors: ["NoSuchObject", "SUBNET_INUSE"],
  },
});

/** VPCs and subnets. */
export const vpcs = part(OPERATIONS, (account) => {
  const all = vpcsOf(account);
  const subnets = subnetsOf(account);
  const get = (vpcId: string): Vpc => {
    const vpc = all.get(vpcId);
    if (!vpc) throw noSuchObject(vpcId);
    return vpc;
  };
  const getSubnet = (id: string): Subnet => {
    const subnet = subnets.get(id);
    if (!subnet) throw noSuchObject(id);
    return subnet;
  };
  const view = ({ routeTableId: _, ...vpc }: Vpc) => vpc;
  const subnetViews = (chosen: readonly Subnet[]) => {
    const used = Map.groupBy(takenIpsOf(account).all(), ({ subnetId }) => subnetId);
    return chosen.map((subnet) => {
      const cidr = parseCidr(subnet.cidr);
      const room = cidr ? Number(cidr.last - cidr.first) - 3 : 0;
      return { ...subnet, availableIp: room - (used.get(subnet.subnetId)?.length ?? 0) };
    });
  };
  const inVpc = (vpcId: string) => subnets.all().filter((subnet) => subnet.vpcId === vpcId);
  const range = (field: string, value: string) => {
    const cidr = parseCidr(value);
    if (cidr?.family !== 4) throw badRequest(`${field}: "${value}" is not a CIDR.`);
    return cidr;
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
    GetVpc: ({ params }) => ({
      vpc: { ...view(get(params.vpcId)), subnets: subnetViews(inVpc(params.vpcId)) },
    }),
    CreateVpc({ body }) {
      range("cidr", body.cidr);
      if (all.size >= account.quotas.vpcs) throw quotaExceeded("VPCs");
      const { name, cidr, description = "", tags } = body;
      const vpc = addVpc(account, { name, cidr, description, tags });
      addRouteTable(account, vpc, vpc.routeTableId, "main");
      return { vpcId: vpc.vpcId };
    },
    UpdateVpc({ params, body }) {
      const { description, secondaryCidr } = get(params.vpcId);
      for (const cidr of body.secondaryCidr ?? []) range("secondaryCidr", cidr);
      all.patch(params.vpcId, {
        name: body.name,
        description: body.description ?? description,
        secondaryCidr: body.secondaryCidr ?? secondaryCidr,
      });
      return {};
    },
    DeleteVpc({ params: { vpcId } }) {
      const vpc = get(vpcId);
      if (vpc.isDefault || inVpc(vpcId).length > 0)
        throw new Fault(409, "NotAllowDeleteVpc", `VPC ${vpcId} has subnets, or is the default one.`);
      const tables = routeTablesOf(account);
      for (const table of tables.all().filter((one) => one.vpcId === vpcId)) {
        for (const rule of routeRulesOf(account).all())
          if (rule.routeTableId === table.routeTableId) routeRulesOf(account).delete(rule.routeRuleId);
        tables.delete(table.routeTableId);
      }
      all.delete(vpcId);
      account.gone(vpcId);
      return {};
    },
    ListSubnet({ query }) {
      const { vpcId, zoneName, subnetType, subnetIds } = query;
      const chosen = subnets
        .all()
        .filter(
          (subnet) =>
            (!subnetIds || subnetIds.includes(subnet.subnetId)) &&
            (!vpcId || vpcId === subnet.vpcId) &&
            (!zoneName || zoneName === subnet.zoneName) &&
            (!subnetType || subnetType === subnet.subnetType),
        );
      return page(query, "subnets", subnetViews(chosen), ({ subnetId }) => subnetId);
    },
    GetSubnet: ({ params }) => ({ subnet: subnetViews([getSubnet(params.subnetId)])[0] }),
    CreateSubnet({ body }) {
      const vpc = get(body.vpcId);
      const wanted = range("cidr", body.cidr);
      const homes = [vpc.cidr, ...vpc.secondaryCidr].map((cidr) => range("cidr", cidr));
      if (!homes.some(({ first, last }) => first <= wanted.first && wanted.last <= last))
        throw badRequest(`cidr: ${body.cidr} is not inside the VPC's ${vpc.cidr}.`);
      for (const { cidr, subnetId } of inVpc(vpc.vpcId)) {
        const other = range("cidr", cidr);
        if (wanted.first <= other.last && other.first <= wanted.last)
          throw badRequest(`cidr: ${body.cidr} overlaps ${cidr} of subnet ${subnetId}.`);
      }
      if (!body.zoneName.startsWith(`cn-${account.region}-`))
        throw badRequest(`zoneName: "${body.zoneName}" is not a zone of ${account.region}.`);
      if (inVpc(vpc.vpcId).length >= account.quotas.subnetsPerVpc) throw quotaExceeded("subnets");
      const { description = "", subnetType, ...rest } = body;
      return { subnetId: addSubnet(account, { ...rest, description, subnetType: subnetType || "BCC" }).subnetId };
    },
    UpdateSubnet({ params, body }) {
      const { description } = getSubnet(params.subnetId);
      subnets.patch(params.subnetId, { name: body.name, description: body.description ?? description });
      return {};
    },
    DeleteSubnet({ params: { subnetId } }) {
      getSubnet(subnetId);
      if (
        takenIpsOf(account)
          .all()
          .some((taken) => taken.subnetId === subnetId)
      )
        throw new Fault(409, "SUBNET_INUSE", `subnet ${subnetId} is in use.`);
      subnets.delete(subnetId);
      account.gone(subnetId);
      return {};
    },
  };
});
