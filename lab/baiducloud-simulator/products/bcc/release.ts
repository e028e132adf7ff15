import type { Account } from "../../account.ts";
import { ANY_TEXT, pageOf } from "../../api/common.ts";
import { badRequest, denied, noSuchObject } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { page } from "../../api/paging.ts";
import { boolean, integer, list, object, openObject, optional, text } from "../../api/schema.ts";
import { isEbc } from "./flavors.ts";
import { deleteInstance, liveInstance } from "./lifecycle.ts";
import { instancesOf, type MachineProduct, type SimulatedInstance } from "./records.ts";
import { checkRelease, KEPT_MS, recover, release, startRecycleBin } from "./release-model.ts";

const PATH = "/v2/instance/{instanceId}";
const FLAG = optional(boolean(), false);
const RELATED = {
  relatedReleaseFlag: FLAG,
  deleteCdsSnapshotFlag: FLAG,
  deleteRelatedEnisFlag: FLAG,
  bccRecycleFlag: FLAG,
  deleteImmediate: FLAG,
  cdsAttributeActive: FLAG,
};
export const RELEASED = object({
  instanceId: ANY_TEXT,
  eip: ANY_TEXT,
  insnapIds: list(text()),
  snapshotIds: list(text()),
  volumeIds: list(text()),
});
export const RECYCLED = object({
  id: text(),
  serialNumber: text(),
  name: text(),
  recycleTime: text(),
  deleteTime: text(),
  paymentTiming: text({ oneOf: ["prepay", "postpay"] }),
  serviceName: text(),
  serviceType: text(),
  configItems: list(text()),
  configItem: object({
    cpu: integer(),
    memory: integer(),
    type: text(),
    specId: text(),
    spec: text(),
    zoneName: text(),
  }),
});
const REFUSALS = ["NoSuchObject", "Instance.ReleaseWhileCreating", "OperationDenied"] as const;

const OPERATIONS = operations({
  DeleteInstance: {
    summary: "Releases a postpaid instance; a bare metal server as well.",
    method: "DELETE",
    path: PATH,
    delay: "instanceDelete",
    errors: REFUSALS,
  },
  DeleteInstanceWithRelatedResources: {
    summary: "Releases a postpaid instance with what belongs to it.",
    method: "POST",
    path: PATH,
    delay: "instanceDelete",
    body: object(RELATED),
    errors: REFUSALS,
  },
  BatchDeleteInstances: {
    summary: "Releases postpaid instances with what belongs to them, all or none.",
    method: "POST",
    path: "/v2/instance/batchDelete",
    delay: "instanceDelete",
    body: object({ ...RELATED, deleteRelatedCdsFlag: FLAG, instanceIds: list(text(), 100) }),
    errors: REFUSALS,
  },
  DeletePrepaidInstance: {
    summary: "Releases an instance however it is paid.",
    method: "POST",
    path: "/v2/instance/delete",
    delay: "instanceDelete",
    // The metadata has the id in the query, the SDKs in the body.
    query: { instanceId: optional(text()) },
    body: object({ ...RELATED, instanceId: optional(text()) }),
    answer: object({ successResources: RELEASED, failResources: RELEASED, instanceRefundFlag: boolean() }),
    errors: REFUSALS,
  },
  GetDeleteProgress: {
    summary: "How far the release of instances is, by id.",
    method: "POST",
    path: "/v2/instance/deleteProgress",
    clientToken: false,
    body: object({ instanceIds: list(text(), 100) }),
    answer: openObject({}),
  },
  ListRecycleInstances: {
    summary: "Lists the recycle bin.",
    method: "POST",
    path: "/v2/recycle/instance",
    clientToken: false,
    body: object({
      marker: optional(text()),
      maxKeys: optional(integer(0, 1000)),
      instanceId: optional(text()),
      name: optional(text()),
      paymentTiming: optional(text()),
      recycleBegin: optional(text()),
      recycleEnd: optional(text()),
    }),
    answer: pageOf("instances", RECYCLED),
  },
  RecoverInstances: {
    summary: "Takes instances out of the recycle bin.",
    method: "POST",
    path: "/v2/instance/recovery",
    delay: "instanceStart",
    body: object({ instanceIds: list(object({ instanceId: text() }), 100) }),
    errors: ["NoSuchObject"],
  },
  DeleteRecycledInstance: {
    summary: "Releases an instance of the recycle bin for good.",
    method: "DELETE",
    path: "/v2/recycle/instance/{instanceId}",
    errors: ["NoSuchObject"],
  },
});

/** Cloud servers, released and recycled. */
export const releasing = part(OPERATIONS, (account) => {
  startRecycleBin(account);
  const postpaid = (id: string, ...products: readonly MachineProduct[]): SimulatedInstance => {
    const instance = liveInstance(account, id, ...products);
    checkRelease(instance);
    if (instance.paymentTiming === "Prepaid") throw denied(`Instance ${id} is prepaid.`);
    return instance;
  };
  return {
    DeleteInstance({ params }) {
      release(account, postpaid(params.instanceId, "bcc", "bbc"), {});
      return {};
    },
    DeleteInstanceWithRelatedResources({ params, body }) {
      release(account, postpaid(params.instanceId, "bcc"), optionsOf(body));
      return {};
    },
    BatchDeleteInstances({ body }) {
      if (body.instanceIds.length === 0) throw badRequest("instanceIds is required.");
      const related = body.relatedReleaseFlag || body.deleteRelatedCdsFlag;
      const instances = body.instanceIds.map((id) => postpaid(id, "bcc"));
      for (const one of instances) release(account, one, { ...optionsOf(body), related });
      return {};
    },
    DeletePrepaidInstance({ query, body }) {
      const instance = liveInstance(account, body.instanceId || query.instanceId || "", "bcc");
      checkRelease(instance);
      return releaseAnyPayment(account, instance, optionsOf(body));
    },
    GetDeleteProgress({ body }) {
      const stateOf = (id: string) => {
        const status = instancesOf(account).get(id)?.status;
        return status === undefined || status === "Deleted" ? "Deleted" : status;
      };
      return Object.fromEntries(body.instanceIds.map((id) => [id, stateOf(id)]));
    },
    ListRecycleInstances({ body }) {
      const { instanceId, name, paymentTiming, recycleBegin, recycleEnd } = body;
      const chosen = recycled(account, "bcc").filter(
        (one) =>
          (!instanceId || instanceId === one.id) &&
          (!name || name === one.name) &&
          (!paymentTiming || paymentTiming === payOf(one)) &&
          (!recycleBegin || recycleBegin <= one.recycleTime) &&
          (!recycleEnd || one.recycleTime <= recycleEnd),
      );
      const paging = { marker: body.marker, maxKeys: body.maxKeys || undefined };
      return page(paging, "instances", chosen.map(recycledView), ({ id }) => id);
    },
    RecoverInstances({ body }) {
      const found = body.instanceIds.map(({ instanceId }) => recycledOne(account, instanceId, "bcc"));
      for (const one of found) recover(account, one);
      return {};
    },
    DeleteRecycledInstance({ params }) {
      deleteInstance(account, recycledOne(account, params.instanceId, "bcc").id);
      return {};
    },
  };
});

function optionsOf(body: {
  readonly relatedReleaseFlag: boolean;
  readonly deleteRelatedEnisFlag: boolean;
  readonly bccRecycleFlag: boolean;
  readonly deleteImmediate: boolean;
}) {
  return {
    related: body.relatedReleaseFlag,
    enis: body.deleteRelatedEnisFlag,
    recycle: body.bccRecycleFlag && !body.deleteImmediate,
  };
}

export function releaseAnyPayment(
  account: Account,
  instance: SimulatedInstance,
  options: Parameters<typeof release>[2],
) {
  const none = { instanceId: "", eip: "", insnapIds: [], snapshotIds: [], volumeIds: [] };
  const successResources = release(account, instance, options);
  return { successResources, failResources: none, instanceRefundFlag: instance.paymentTiming === "Prepaid" };
}

export function recycled(account: Account, product: MachineProduct): readonly SimulatedInstance[] {
  return instancesOf(account)
    .all()
    .filter((one) => one.status === "Recycled" && one.product === product);
}

export function recycledOne(account: Account, id: string, product: MachineProduct): SimulatedInstance {
  const found = recycled(account, product).find((one) => one.id === id);
  if (!found) throw noSuchObject(id);
  return found;
}

const payOf = ({ paymentTiming }: SimulatedInstance): string => (paymentTiming === "Prepaid" ? "prepay" : "postpay");

export function recycledView(one: SimulatedInstance) {
  const { id, serialNumber, name, recycleTime, cpuCount, memoryCapacityInGB, spec, zoneName, product } = one;
  const kind = isEbc(spec) ? "EBC" : product.toUpperCase();
  return {
    id,
    serialNumber,
    name,
    recycleTime,
    deleteTime: new Date(Date.parse(recycleTime) + KEPT_MS).toISOString().replace(/\.\d+Z$/, "Z"),
    paymentTiming: payOf(one),
    serviceName: name,
    serviceType: kind,
    configItems: [`${cpuCount} CPU`, `${memoryCapacityInGB} GB`],
    configItem: { cpu: cpuCount, memory: memoryCapacityInGB, type: kind, specId: spec, spec, zoneName },
  };
}
