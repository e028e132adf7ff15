import { ANY_TEXT, PAGING, pageOf, TAGS } from "../../api/common.ts";
import { noSuchObject } from "../../api/fault.ts";
import { operations, type Product, part } from "../../api/operation.ts";
import { page } from "../../api/paging.ts";
import { boolean, integer, list, object, optional, text } from "../../api/schema.ts";
import { instancesOf, type SimulatedInstance } from "../bcc/records.ts";
import { vpcsOf } from "../vpc/records.ts";

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
  imageId: text(),
  flavorId: text(),
  zone: text(),
  region: text(),
  hasAlive: integer(),
  tags: TAGS,
  networkCapacityInMbps: integer(),
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
    body: object({ instanceIds: optional(list(text(), 100), []) }),
    answer: pageOf("instances", INSTANCE),
  },
  GetBbcInstance: {
    summary: "One bare metal server.",
    method: "GET",
    path: "/v1/instance/{instanceId}",
    answer: INSTANCE,
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
          vpc: object({ vpcId: text(), cidr: text(), name: text(), isDefault: boolean() }),
          subnet: object({ subnetId: text(), zoneName: text(), vpcId: text(), subnetType: text() }),
        }),
      ),
    }),
  },
});

/** Bare metal servers: other paths and field names than BCC, the same form of ids, and no word of their network. */
const servers = part(OPERATIONS, (account) => {
  const all = () =>
    instancesOf(account)
      .all()
      .filter(({ product }) => product === "bbc");
  const view = (instance: SimulatedInstance) => ({
    id: instance.id,
    name: instance.name,
    hostname: instance.hostname,
    uuid: instance.id,
    desc: "",
    status: instance.status,
    paymentTiming: "Postpaid",
    createTime: instance.createTime,
    expireTime: null,
    publicIp: instance.publicIp,
    internalIp: instance.internalIp,
    imageId: "m-lab00000",
    flavorId: instance.spec,
    zone: instance.zoneName,
    region: account.region,
    hasAlive: 1,
    tags: [],
    networkCapacityInMbps: 0,
  });
  const idOf = ({ id }: { readonly id: string }) => id;
  const chosen = (ids: readonly string[]) => all().filter(({ id }) => ids.includes(id));

  return {
    ListBbcInstances({ query }) {
      const shown = all().filter((one) => !query.internalIp || one.internalIp === query.internalIp);
      return page(query, "instances", shown.map(view), idOf);
    },
    ListBbcInstancesByIds: ({ query, body }) => page(query, "instances", chosen(body.instanceIds).map(view), idOf),
    GetBbcInstance({ params }) {
      const [instance] = chosen([params.instanceId]);
      if (!instance) throw noSuchObject(params.instanceId);
      return view(instance);
    },
    GetVpcSubnet: ({ body }) => ({
      networkInfo: chosen(body.bbcIds).map(({ id, subnetId, zoneName, vpcId }) => {
        const { cidr = "", name = "" } = vpcsOf(account).get(vpcId) ?? {};
        return {
          bbcId: id,
          vpc: { vpcId, cidr, name, isDefault: false },
          subnet: { subnetId, zoneName, vpcId, subnetType: "BBC" },
        };
      }),
    }),
  };
});

export const BBC: Product = { name: "bbc", title: "BBC: bare metal servers", hosts: ["bbc"], parts: [servers] };
