import { parseIp } from "@ccm/base";
import { type TakenIp, takenIpsOf } from "../../account.ts";
import { ANY_TEXT } from "../../api/common.ts";
import { badRequest } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { csv, integer, list, object, optional, text } from "../../api/schema.ts";
import { instancesOf } from "../bcc/records.ts";
import { getVpc } from "./find.ts";
import { subnetsOf, vpcsOf } from "./records.ts";

const SERVERS = object({
  domainNameServers: text({ pattern: /^[\d.]+(,[\d.]+)*$/, hint: "IPv4 addresses with commas between them" }),
});
const VPC_PATH = "/v1/vpc/{vpcId}";

const OPERATIONS = operations({
  GetPrivateIpAddressInfo: {
    summary: "What has the given private addresses; free ones are left out. A range wins over single addresses.",
    method: "GET",
    path: `${VPC_PATH}/privateIpAddressInfo`,
    query: { privateIpAddresses: optional(csv(1000)), privateIpRange: optional(text()) },
    answer: object({
      vpcPrivateIpAddresses: list(
        object({ cidr: text(), privateIpAddress: text(), privateIpAddressType: text(), createdTime: text() }),
      ),
    }),
    errors: ["NoSuchObject"],
  },
  GetResourceIp: {
    summary: "The private addresses that products have, paged by number.",
    method: "GET",
    path: "/v1/vpc/resourceIp",
    query: {
      vpcId: text(),
      subnetId: optional(text()),
      resourceType: optional(text()),
      pageNo: optional(integer(1), 1),
      pageSize: optional(integer(1, 1000), 100),
    },
    answer: object({
      pageNo: integer(),
      pageSize: integer(),
      totalCount: integer(),
      result: list(object({ ip: text(), resourceType: text() })),
    }),
    errors: ["NoSuchObject"],
  },
  OpenRelay: {
    summary: "Lets packets with foreign addresses through the VPC.",
    method: "PUT",
    path: "/v1/vpc/openRelay/{vpcId}",
    errors: ["NoSuchObject"],
  },
  ShutdownRelay: {
    summary: "Stops packets with foreign addresses.",
    method: "PUT",
    path: "/v1/vpc/shutdownRelay/{vpcId}",
    errors: ["NoSuchObject"],
  },
  GetDhcp: {
    summary: "The DHCP options of a VPC.",
    method: "GET",
    path: `${VPC_PATH}/dhcp`,
    answer: object({
      vpcId: text(),
      dhcpOptions: object({ domainName: ANY_TEXT, domainNameServers: ANY_TEXT }),
    }),
    errors: ["NoSuchObject"],
  },
  CreateDhcp: {
    summary: "Sets name servers for a VPC.",
    method: "POST",
    path: `${VPC_PATH}/dhcp`,
    body: SERVERS,
    errors: ["NoSuchObject"],
  },
  UpdateDhcp: {
    summary: "Changes the name servers of a VPC.",
    method: "PUT",
    path: `${VPC_PATH}/dhcp`,
    body: SERVERS,
    errors: ["NoSuchObject"],
  },
  GetNetworkTopology: {
    summary: "The switch under which a host is.",
    method: "GET",
    path: "/v1/topology",
    aliases: ["/v1/vpc/topology"],
    query: { hostIp: optional(text()), hostId: optional(text()) },
    answer: object({
      networkTopologies: list(
        object({ clusterName: text(), hostId: text(), hostIp: text(), switchId: text(), podName: text() }),
      ),
    }),
  },
});

/** Who has which address, and what a VPC tells its machines. */
export const vpcAddresses = part(OPERATIONS, (account) => {
  const inVpc = (vpcId: string): readonly TakenIp[] => {
    getVpc(account, vpcId);
    return takenIpsOf(account)
      .all()
      .filter((taken) => taken.vpcId === vpcId);
  };
  const setServers = (vpcId: string, domainNameServers: string): object => {
    getVpc(account, vpcId);
    vpcsOf(account).patch(vpcId, { domainNameServers });
    return {};
  };
  const setRelay = (vpcId: string, relay: boolean): object => {
    getVpc(account, vpcId);
    vpcsOf(account).patch(vpcId, { relay });
    return {};
  };

  return {
    GetPrivateIpAddressInfo({ params, query }) {
      const wanted = wantedBy(query.privateIpRange, query.privateIpAddresses);
      const taken = inVpc(params.vpcId).filter(({ ip }) => wanted(ip));
      return {
        vpcPrivateIpAddresses: taken.map(({ ip, subnetId, owner, createdTime }) => ({
          cidr: subnetsOf(account).get(subnetId)?.cidr ?? "",
          privateIpAddress: ip,
          privateIpAddressType: owner,
          createdTime,
        })),
      };
    },
    GetResourceIp({ query }) {
      const { vpcId, subnetId, resourceType, pageNo, pageSize } = query;
      const kind = resourceType?.toUpperCase();
      const all = inVpc(vpcId)
        .filter((taken) => (!subnetId || subnetId === taken.subnetId) && (!kind || kind === taken.owner))
        .map(({ ip, owner }) => ({ ip, resourceType: owner }));
      return {
        pageNo,
        pageSize,
        totalCount: all.length,
        result: all.slice((pageNo - 1) * pageSize, pageNo * pageSize),
      };
    },
    OpenRelay: ({ params }) => setRelay(params.vpcId, true),
    ShutdownRelay: ({ params }) => setRelay(params.vpcId, false),
    GetDhcp({ params }) {
      const { vpcId, domainNameServers } = getVpc(account, params.vpcId);
      return { vpcId, dhcpOptions: { domainName: "", domainNameServers } };
    },
    CreateDhcp: ({ params, body }) => setServers(params.vpcId, body.domainNameServers),
    UpdateDhcp: ({ params, body }) => setServers(params.vpcId, body.domainNameServers),
    GetNetworkTopology({ query: { hostIp, hostId } }) {
      if (!hostIp && !hostId) throw badRequest("one of hostIp and hostId is required.");
      const found = instancesOf(account)
        .all()
        .filter((one) => (!hostIp || one.internalIp === hostIp) && (!hostId || one.hostId === hostId));
      return {
        networkTopologies: found.map((one) => ({
          clusterName: one.zoneName,
          hostId: one.hostId,
          hostIp: one.internalIp,
          switchId: one.switchId,
          podName: one.rackId,
        })),
      };
    },
  };
});

function wantedBy(range: string | undefined, addresses: readonly string[] | undefined): (ip: string) => boolean {
  if (!range) {
    if (!addresses?.length) throw badRequest("one of privateIpAddresses and privateIpRange is required.");
    const wanted = new Set(addresses);
    return (ip) => wanted.has(ip);
  }
  const [from, to] = range.split("-").map((text) => parseIp(text));
  if (!from || !to) throw badRequest(`privateIpRange: "${range}" is not a range such as 10.0.0.1-10.0.0.9.`);
  return (ip) => {
    const value = parseIp(ip)?.value ?? -1n;
    return from.value <= value && value <= to.value;
  };
}
