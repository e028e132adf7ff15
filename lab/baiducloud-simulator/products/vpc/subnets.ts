import { parseCidr, parseIp } from "@ccm/base";
import { type Account, takenIpsOf } from "../../account.ts";
import { ANY_TEXT, PAGING, pageOf, TAGS } from "../../api/common.ts";
import { badRequest, denied, Fault, noSuchObject, quotaExceeded } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { page } from "../../api/paging.ts";
import { boolean, csv, integer, object, optional, text } from "../../api/schema.ts";
import { addSubnet, nextSubnetIpv6Cidr } from "./create.ts";
import { DESCRIPTION, getSubnet, getVpc, inside, overlap, range, subnetsIn } from "./find.ts";
import { ipReservesOf, type Subnet, subnetsOf } from "./records.ts";

export const SUBNET = object({
  subnetId: text(),
  name: text(),
  zoneName: text(),
  cidr: text(),
  ipv6Cidr: ANY_TEXT,
  vpcId: text(),
  subnetType: text(),
  description: ANY_TEXT,
  availableIp: integer(),
  availableUnreservedIp: integer(),
  createdTime: text(),
  tags: TAGS,
});

const OPERATIONS = operations({
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
    summary: "Creates a subnet in a zone, inside a CIDR of its VPC.",
    method: "POST",
    path: "/v1/subnet",
    body: object({
      name: text({ max: 65 }),
      zoneName: text(),
      cidr: text(),
      vpcId: text(),
      vpcSecondaryCidr: optional(text()),
      subnetType: optional(text({ oneOf: ["BCC", "BCC_NAT", "BBC"] })),
      description: DESCRIPTION,
      enableIpv6: optional(boolean(), false),
      tags: TAGS,
    }),
    answer: object({ subnetId: text() }),
    errors: ["NoSuchObject", "QuotaLimitExceeded", "OperationDenied"],
  },
  UpdateSubnet: {
    summary: "Changes the name, the description or IPv6.",
    method: "PUT",
    path: "/v1/subnet/{subnetId}",
    when: "modifyAttribute",
    body: object({ name: text({ max: 65 }), description: DESCRIPTION, enableIpv6: optional(boolean()) }),
    errors: ["NoSuchObject", "OperationDenied"],
  },
  DeleteSubnet: {
    summary: "Deletes a subnet in which nothing has an address.",
    method: "DELETE",
    path: "/v1/subnet/{subnetId}",
    errors: ["NoSuchObject", "SUBNET_INUSE"],
  },
  CreateIpReserve: {
    summary: "Keeps a range of a subnet from being given out unasked.",
    method: "POST",
    path: "/v1/subnet/ipreserve",
    body: object({ subnetId: text(), ipCidr: text(), ipVersion: integer(4, 6), description: optional(text(), "") }),
    answer: object({ ipReserveId: text() }),
    errors: ["NoSuchObject", "OperationDenied"],
  },
  ListIpReserve: {
    summary: "Lists reserved ranges.",
    method: "GET",
    path: "/v1/subnet/ipreserve",
    query: { ...PAGING, subnetId: optional(text()) },
    answer: pageOf(
      "ipReserves",
      object({
        ipReserveId: text(),
        subnetId: text(),
        ipCidr: text(),
        ipVersion: text(),
        description: ANY_TEXT,
        createdTime: text(),
        updatedTime: text(),
      }),
    ),
  },
  DeleteIpReserve: {
    summary: "Gives a reserved range back.",
    method: "DELETE",
    path: "/v1/subnet/ipreserve/{ipReserveId}",
    errors: ["NoSuchObject"],
  },
});

export const subnets = part(OPERATIONS, (account) => {
  const all = subnetsOf(account);
  const reserves = ipReservesOf(account);
  const ipv6For = (vpcId: string): string => {
    if (getVpc(account, vpcId).ipv6Cidr === "") throw denied(`enableIpv6: VPC ${vpcId} has no IPv6.`);
    return nextSubnetIpv6Cidr(account, vpcId);
  };

  return {
    ListSubnet({ query }) {
      const { vpcId, zoneName, subnetType, subnetIds } = query;
      const chosen = all
        .all()
        .filter(
          (subnet) =>
            (!subnetIds || subnetIds.includes(subnet.subnetId)) &&
            (!vpcId || vpcId === subnet.vpcId) &&
            (!zoneName || zoneName === subnet.zoneName) &&
            (!subnetType || subnetType === subnet.subnetType),
        );
      return page(query, "subnets", subnetViews(account, chosen), ({ subnetId }) => subnetId);
    },
    GetSubnet: ({ params }) => ({ subnet: subnetViews(account, [getSubnet(account, params.subnetId)])[0] }),
    CreateSubnet({ body }) {
      const vpc = getVpc(account, body.vpcId);
      const wanted = range("cidr", body.cidr);
      const homes = [vpc.cidr, ...vpc.secondaryCidr].map((cidr) => range("cidr", cidr));
      if (!homes.some((home) => inside(wanted, home)))
        throw badRequest(`cidr: ${body.cidr} is not inside the VPC's ${vpc.cidr}.`);
      for (const { cidr, subnetId } of subnetsIn(account, vpc.vpcId)) {
        if (overlap(wanted, range("cidr", cidr)))
          throw badRequest(`cidr: ${body.cidr} overlaps ${cidr} of subnet ${subnetId}.`);
      }
      if (!body.zoneName.startsWith(`cn-${account.region}-`))
        throw badRequest(`zoneName: "${body.zoneName}" is not a zone of ${account.region}.`);
      if (subnetsIn(account, vpc.vpcId).length >= account.quotas.subnetsPerVpc) throw quotaExceeded("subnets");
      const { name, zoneName, cidr, vpcId, description = "", subnetType, enableIpv6, tags } = body;
      const ipv6Cidr = enableIpv6 ? ipv6For(vpcId) : "";
      const { subnetId } = addSubnet(account, {
        name,
        zoneName,
        cidr,
        vpcId,
        description,
        ipv6Cidr,
        tags,
        subnetType: subnetType || "BCC",
      });
      return { subnetId };
    },
    UpdateSubnet({ params: { subnetId }, body }) {
      const { description, ipv6Cidr, vpcId } = getSubnet(account, subnetId);
      const on = body.enableIpv6 ?? ipv6Cidr !== "";
      all.patch(subnetId, {
        ipv6Cidr: on ? ipv6Cidr || ipv6For(vpcId) : "",
        name: body.name,
        description: body.description ?? description,
      });
      return {};
    },
    DeleteSubnet({ params: { subnetId } }) {
      getSubnet(account, subnetId);
      const used = takenIpsOf(account)
        .all()
        .some((taken) => taken.subnetId === subnetId);
      if (used) throw new Fault(409, "SUBNET_INUSE", `subnet ${subnetId} is in use.`);
      for (const { ipReserveId, subnetId: of } of reserves.all()) if (of === subnetId) reserves.delete(ipReserveId);
      all.delete(subnetId);
      account.gone(subnetId);
      return {};
    },
    CreateIpReserve({ body }) {
      const { subnetId, ipCidr, ipVersion, description } = body;
      const subnet = getSubnet(account, subnetId);
      const home = parseCidr(ipVersion === 6 ? subnet.ipv6Cidr : subnet.cidr);
      const wanted = parseCidr(ipCidr);
      if (!wanted || !home || !inside(wanted, home))
        throw badRequest(`ipCidr: ${ipCidr} is not a range of subnet ${subnetId}.`);
      for (const other of reserves.all()) {
        const taken = parseCidr(other.ipCidr);
        if (other.subnetId === subnetId && taken && overlap(taken, wanted))
          throw denied(`ipCidr: ${ipCidr} overlaps ${other.ipCidr} of ${other.ipReserveId}.`);
      }
      const ipReserveId = account.newId("ipr");
      const now = account.time();
      const times = { createdTime: now, updatedTime: now };
      reserves.set(ipReserveId, {
        ipReserveId,
        subnetId,
        ipCidr,
        ipVersion: String(ipVersion),
        description,
        ...times,
      });
      return { ipReserveId };
    },
    ListIpReserve({ query }) {
      const chosen = reserves.all().filter(({ subnetId }) => !query.subnetId || query.subnetId === subnetId);
      return page(query, "ipReserves", chosen, ({ ipReserveId }) => ipReserveId);
    },
    DeleteIpReserve({ params: { ipReserveId } }) {
      if (!reserves.delete(ipReserveId)) throw noSuchObject(ipReserveId);
      return {};
    },
  };
});

/** With how many addresses are free, and how many of them nobody has reserved. */
export function subnetViews(account: Account, chosen: readonly Subnet[]) {
  const used = Map.groupBy(takenIpsOf(account).all(), ({ subnetId }) => subnetId);
  const reserved = Map.groupBy(ipReservesOf(account).all(), ({ subnetId }) => subnetId);
  return chosen.map((subnet) => {
    const cidr = range("cidr", subnet.cidr);
    const taken = (used.get(subnet.subnetId) ?? []).flatMap(({ ip }) => parseIp(ip)?.value ?? []);
    const kept = (reserved.get(subnet.subnetId) ?? []).flatMap(({ ipCidr }) => parseCidr(ipCidr) ?? []);
    const free = (first: bigint, last: bigint): number => {
      const [from, to] = [first > cidr.first + 3n ? first : cidr.first + 3n, last < cidr.last ? last : cidr.last - 1n];
      return to < from ? 0 : Number(to - from) + 1 - taken.filter((ip) => from <= ip && ip <= to).length;
    };
    const availableIp = free(cidr.first, cidr.last);
    const ranges = kept.filter(({ family }) => family === 4).map(({ first, last }) => free(first, last));
    return { ...subnet, availableIp, availableUnreservedIp: ranges.reduce((left, one) => left - one, availableIp) };
  });
}
