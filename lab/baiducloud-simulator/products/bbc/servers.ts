import { ANY_TEXT, PAGING, pageOf, TAGS } from "../../api/common.ts";
import { noSuchObject } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { page } from "../../api/paging.ts";
import { boolean, integer, list, object, optional, text } from "../../api/schema.ts";
import { instancesOf, type SimulatedInstance } from "../bcc/records.ts";
import { eipsOf } from "../eip/records.ts";
import { subnetsOf, vpcsOf } from "../vpc/records.ts";
import { FLAVORS } from "./flavors.ts";

const INSTANCE = object({
  id: text(),
  name: text(),
  hostname: ANY_TEXT,
  uuid: text(),
  desc: ANY_TEXT,
  status: text(),
  paymentTiming: text(),
  createTime: text(),
  expireTime: optional(text()),
  publicIp: ANY_TEXT,
  internalIp: text(),
  rdmaIp: ANY_TEXT,
  imageId: text(),
  flavorId: text(),
  zone: text(),
  region: text(),
  hasAlive: integer(0, 1),
  autoRenew: boolean(),
  tags: TAGS,
  switchId: ANY_TEXT,
  hostId: ANY_TEXT,
  rackId: ANY_TEXT,
  deploysetId: ANY_TEXT,
  networkCapacityInMbps: integer(),
});
const PORT = object({
  eniId: text(),
  name: text(),
  zoneName: text(),
  description: ANY_TEXT,
  instanceId: text(),
  macAddress: text(),
  vpcId: text(),
  subnetId: text(),
  status: text(),
  privateIpSet: list(
    object({
      publicIpAddress: ANY_TEXT,
      primary: boolean(),
      privateIpAddress: text(),
      subnetId: text(),
      ipv6Address: ANY_TEXT,
    }),
  ),
});
const FLAVOR = object({
  flavorId: text(),
  cpuCount: integer(),
  cpuType: text(),
  memoryCapacityInGB: integer(),
  disk: text(),
  networkCard: text(),
  others: ANY_TEXT,
});

const OPERATIONS = operations({
  ListBbcInstances: {
    summary: "Lists bare metal servers.",
    method: "GET",
    path: "/v1/instance",
    query: { ...PAGING, internalIp: optional(text()) },
    answer: pageOf("instances", INSTANCE),
  },
  ListBbcInstancesByIds: {
    summary: "Lists bare metal servers of given ids.",
    method: "POST",
    path: "/v1/instance/listByInstanceId",
    clientToken: false,
    query: PAGING,
    body: object({
      instanceIds: optional(list(text(), 100), []),
      // What the Go SDK calls them.
      instanceIdList: optional(list(text(), 100), []),
    }),
    answer: pageOf("instances", INSTANCE),
  },
  GetBbcInstance: {
    summary: "One bare metal server.",
    method: "GET",
    path: "/v1/instance/{instanceId}",
    query: { isDeploySet: optional(boolean()), containsFailed: optional(boolean()) },
    answer: INSTANCE,
    errors: ["NoSuchObject"],
  },
  GetBbcVnc: {
    summary: "Where the console of a server can be seen.",
    method: "GET",
    path: "/v1/instance/{instanceId}/vnc",
    answer: object({ vncUrl: text() }),
    errors: ["NoSuchObject"],
  },
  GetVpcSubnet: {
    summary: "The networks of given servers.",
    method: "POST",
    path: "/v1/vpcSubnet",
    clientToken: false,
    body: object({ bbcIds: optional(list(text(), 100), []) }),
    answer: object({
      networkInfo: list(
        object({
          bbcId: text(),
          vpc: object({ vpcId: text(), cidr: text(), name: text(), isDefault: boolean(), description: ANY_TEXT }),
          subnet: object({
            subnetId: text(),
            name: text(),
            cidr: text(),
            vpcId: text(),
            subnetType: text(),
            zoneName: text(),
          }),
        }),
      ),
    }),
  },
  GetBbcPort: {
    summary: "The network card of a server.",
    method: "GET",
    path: "/v1/vpcPort/{instanceId}",
    answer: PORT,
    errors: ["NoSuchObject"],
  },
  ListBbcFlavors: {
    summary: "The kinds of servers.",
    method: "GET",
    path: "/v1/flavor",
    answer: object({ flavors: list(FLAVOR) }),
  },
  GetBbcFlavor: {
    summary: "One kind of server.",
    method: "GET",
    path: "/v1/flavor/{flavorId}",
    answer: FLAVOR,
    errors: ["NoSuchObject"],
  },
});

/** Bare metal servers: other paths and field names than BCC, the same form of ids, and no word of their network. */
export const servers = part(OPERATIONS, (account) => {
  const all = () =>
    instancesOf(account)
      .all()
      .filter(({ product }) => product === "bbc");
  const mbpsOf = (id: string): number =>
    eipsOf(account)
      .all()
      .find(({ instanceId }) => instanceId === id)?.bandwidthInMbps ?? 0;
  const view = (one: SimulatedInstance) => ({
    id: one.id,
    name: one.name,
    hostname: one.hostname,
    uuid: one.serialNumber,
    desc: one.desc,
    status: one.status,
    paymentTiming: one.paymentTiming,
    createTime: one.createTime,
    expireTime: one.expireTime,
    publicIp: one.publicIp,
    internalIp: one.internalIp,
    rdmaIp: "",
    imageId: one.imageId,
    flavorId: one.spec,
    zone: one.zoneName,
    region: account.region,
    hasAlive: one.status === "Running" ? 1 : 0,
    autoRenew: one.autoRenew !== null,
    tags: one.tags,
    switchId: one.switchId,
    hostId: one.hostId,
    rackId: one.rackId,
    deploysetId: one.deployIds[0] ?? "",
    networkCapacityInMbps: one.publicIp === "" ? 0 : mbpsOf(one.id),
  });
  const idOf = ({ id }: { readonly id: string }) => id;
  const chosen = (ids: readonly string[]) => all().filter(({ id }) => ids.includes(id));
  const get = (id: string): SimulatedInstance => {
    const found = instancesOf(account).get(id);
    if (found?.product !== "bbc") throw noSuchObject(id);
    return found;
  };

  return {
    ListBbcInstances({ query }) {
      const shown = all().filter((one) => !query.internalIp || one.internalIp === query.internalIp);
      return page(query, "instances", shown.map(view), idOf);
    },
    ListBbcInstancesByIds({ query, body: { instanceIds, instanceIdList } }) {
      return page(query, "instances", chosen([...instanceIds, ...instanceIdList]).map(view), idOf);
    },
    GetBbcInstance: ({ params }) => view(get(params.instanceId)),
    GetBbcVnc({ params }) {
      const { id } = get(params.instanceId);
      return { vncUrl: `https://vnc.${account.region}.baidubce.com/vnc?instanceId=${id}` };
    },
    GetVpcSubnet: ({ body }) => ({
      networkInfo: chosen(body.bbcIds).map(({ id, subnetId, zoneName, vpcId }) => {
        const vpc = vpcsOf(account).get(vpcId);
        const subnet = subnetsOf(account).get(subnetId);
        const { cidr = "", name = "", isDefault = false, description = "" } = vpc ?? {};
        return {
          bbcId: id,
          vpc: { vpcId, cidr, name, isDefault, description },
          subnet: {
            subnetId,
            name: subnet?.name ?? "",
            cidr: subnet?.cidr ?? "",
            vpcId,
            subnetType: subnet?.subnetType ?? "BBC",
            zoneName,
          },
        };
      }),
    }),
    GetBbcPort({ params }) {
      const one = get(params.instanceId);
      const ips = [{ ip: one.internalIp, subnetId: one.subnetId }, ...one.secondaryIps];
      return {
        eniId: one.eniId,
        name: "eth0",
        zoneName: one.zoneName,
        description: "",
        instanceId: one.id,
        macAddress: one.macAddress,
        vpcId: one.vpcId,
        subnetId: one.subnetId,
        status: "inuse",
        privateIpSet: ips.map(({ ip, subnetId }, index) => ({
          publicIpAddress: index === 0 ? one.publicIp : "",
          primary: index === 0,
          privateIpAddress: ip,
          subnetId,
          ipv6Address: index === 0 ? one.ipv6 : "",
        })),
      };
    },
    ListBbcFlavors: () => ({ flavors: FLAVORS }),
    GetBbcFlavor({ params: { flavorId } }) {
      const flavor = FLAVORS.find((one) => one.flavorId === flavorId);
      if (!flavor) throw noSuchObject(flavorId);
      return flavor;
    },
  };
});
