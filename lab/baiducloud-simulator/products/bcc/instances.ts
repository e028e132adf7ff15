import { ANY_TEXT, PAGING, pageOf, TAGS } from "../../api/common.ts";
import { noSuchObject } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { page } from "../../api/paging.ts";
import { boolean, csv, integer, list, object, optional, text } from "../../api/schema.ts";
import { subnetsOf } from "../vpc/records.ts";
import {
  deleteInstance,
  getInstance,
  startInstance,
  startLifecycle,
  stopInstance,
  switchInstance,
} from "./lifecycle.ts";
import { instancesOf, type SimulatedInstance } from "./records.ts";

const INSTANCE = object({
  id: text(),
  serialNumber: text(),
  name: text(),
  hostname: ANY_TEXT,
  desc: ANY_TEXT,
  status: text(),
  instanceType: text(),
  spec: text(),
  paymentTiming: text(),
  chargeStatus: text(),
  createTime: text(),
  expireTime: optional(text()),
  internalIp: text(),
  publicIp: ANY_TEXT,
  ipv6: ANY_TEXT,
  ipv6Addresses: list(text()),
  cpuCount: integer(),
  memoryCapacityInGB: integer(),
  localDiskSizeInGB: integer(),
  gpuCard: ANY_TEXT,
  cardCount: text(),
  eniNum: text(),
  networkCapacityInMbps: integer(),
  placementPolicy: text(),
  zoneName: text(),
  subnetId: text(),
  vpcId: text(),
  autoRenew: boolean(),
  tags: TAGS,
  deletionProtection: integer(),
});
const PATH = "/v2/instance/{instanceId}";

const OPERATIONS = operations({
  ListInstances: {
    summary: "Lists instances.",
    method: "GET",
    path: "/v2/instance",
    query: {
      ...PAGING,
      instanceIds: optional(csv()),
      instanceNames: optional(csv()),
      privateIps: optional(csv()),
      vpcId: optional(text()),
      internalIp: optional(text()),
      zoneName: optional(text()),
      status: optional(text()),
    },
    answer: pageOf("instances", INSTANCE),
  },
  ListInstancesByIds: {
    summary: "Lists instances of given ids.",
    method: "POST",
    path: "/v2/instance/listByInstanceId",
    clientToken: false,
    query: PAGING,
    body: object({ instanceIds: optional(list(text(), 100), []) }),
    answer: pageOf("instances", INSTANCE),
  },
  GetInstance: {
    summary: "One instance.",
    method: "GET",
    path: PATH,
    answer: object({ instance: INSTANCE }),
    errors: ["NoSuchObject"],
  },
  StartInstance: {
    summary: "Switches an instance on.",
    method: "PUT",
    path: PATH,
    when: "start",
    errors: ["NoSuchObject", "Instance.StartInstanceOperationForbidden"],
  },
  StopInstance: {
    summary: "Switches an instance off.",
    method: "PUT",
    path: PATH,
    when: "stop",
    errors: ["NoSuchObject", "Instance.StopInstanceOperationForbidden"],
  },
  RebootInstance: {
    summary: "Switches an instance off and on.",
    method: "PUT",
    path: PATH,
    when: "reboot",
    body: object({ forceStop: optional(boolean()) }),
    answer: object({ requestId: ANY_TEXT, failedInstanceIdList: list(text()) }),
    errors: ["NoSuchObject"],
  },
  DeleteInstance: {
    summary: "Releases an instance.",
    method: "DELETE",
    path: PATH,
    errors: ["NoSuchObject"],
  },
  ListZones: {
    summary: "The zones of the region.",
    method: "GET",
    path: "/v2/zone",
    answer: object({ zones: list(object({ zoneName: text() })) }),
  },
});

/** Cloud servers. */
export const instances = part(OPERATIONS, (account) => {
  startLifecycle(account);
  const all = () =>
    instancesOf(account)
      .all()
      .filter(({ product }) => product === "bcc");
  const idOf = ({ id }: { readonly id: string }) => id;
  return {
    ListInstances({ query }) {
      const has = (wanted: readonly string[] | undefined) => {
        const values = wanted && wanted.length > 0 ? new Set(wanted) : undefined;
        return (value: string) => !values || values.has(value);
      };
      const [byId, byName, byIp] = [query.instanceIds, query.instanceNames, query.privateIps].map(has);
      const is = (value: string, wanted: string | undefined) => !wanted || wanted === value;
      const chosen = all().filter(
        (instance) =>
          byId?.(instance.id) &&
          byName?.(instance.name) &&
          byIp?.(instance.internalIp) &&
          is(instance.vpcId, query.vpcId) &&
          is(instance.internalIp, query.internalIp) &&
          is(instance.zoneName, query.zoneName) &&
          is(instance.status, query.status),
      );
      return page(query, "instances", chosen.map(view), idOf);
    },
    ListInstancesByIds({ query, body }) {
      const ids = new Set(body.instanceIds);
      const chosen = all().filter(({ id }) => ids.has(id));
      return page(query, "instances", chosen.map(view), idOf);
    },
    GetInstance({ params }) {
      const instance = getInstance(account, params.instanceId);
      if (instance.product !== "bcc") throw noSuchObject(params.instanceId);
      return { instance: view(instance) };
    },
    StartInstance({ params }) {
      startInstance(account, params.instanceId);
      return {};
    },
    StopInstance({ params }) {
      stopInstance(account, params.instanceId);
      return {};
    },
    RebootInstance({ params }) {
      switchInstance(account, params.instanceId, "Starting", "Running");
      return { requestId: "", failedInstanceIdList: [] };
    },
    DeleteInstance({ params }) {
      deleteInstance(account, params.instanceId);
      return {};
    },
    ListZones: () => ({
      zones: [
        ...new Set(
          subnetsOf(account)
            .all()
            .map(({ zoneName }) => zoneName),
        ),
      ].map((zoneName) => ({ zoneName })),
    }),
  };
});

function view(instance: SimulatedInstance) {
  return {
    id: instance.id,
    serialNumber: instance.id,
    name: instance.name,
    hostname: instance.hostname,
    desc: "",
    status: instance.status,
    instanceType: "N5",
    spec: instance.spec,
    paymentTiming: "Postpaid",
    chargeStatus: "IS_CHARGING",
    createTime: instance.createTime,
    expireTime: null,
    internalIp: instance.internalIp,
    publicIp: instance.publicIp,
    ipv6: instance.ipv6,
    ipv6Addresses: instance.ipv6 ? [instance.ipv6] : [],
    cpuCount: 2,
    memoryCapacityInGB: 8,
    localDiskSizeInGB: 0,
    gpuCard: instance.gpuCard,
    cardCount: instance.gpuCard ? "1" : "0",
    eniNum: "0",
    networkCapacityInMbps: 0,
    placementPolicy: "default",
    zoneName: instance.zoneName,
    subnetId: instance.subnetId,
    vpcId: instance.vpcId,
    autoRenew: false,
    tags: [],
    deletionProtection: 0,
  };
}
