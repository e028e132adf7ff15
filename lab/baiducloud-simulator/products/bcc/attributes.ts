import type { Account } from "../../account.ts";
import { TAGS } from "../../api/common.ts";
import { badRequest, denied } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { boolean, integer, list, object, oneOf, optional, text } from "../../api/schema.ts";
import { liveInstance, releaseAt, renew, steadyInstance, switchInstance } from "./lifecycle.ts";
import { BILLING, HOSTNAME, INSTANCE_NAME, termOf } from "./machines.ts";
import { BATCH_RESULT } from "./power.ts";
import { instancesOf, type SimulatedInstance } from "./records.ts";
import { changeTags, TAG_CHANGES } from "./tag-changes.ts";

const PATH = "/v2/instance/{instanceId}";
const FLAG = optional(boolean(), false);
const MANY = object({ resourceType: text(), resourceIds: list(text(), 100), tags: TAGS });
const PUT = { method: "PUT", path: PATH, errors: ["NoSuchObject"] } as const;

const OPERATIONS = operations({
  ModifyInstancePassword: {
    ...PUT,
    summary: "Changes the password, which comes encrypted.",
    when: "changePass",
    body: object({ adminPass: text() }),
    answer: BATCH_RESULT,
    errors: ["NoSuchObject", "OperationDenied"],
  },
  ModifyInstanceAttributes: {
    ...PUT,
    summary: "Changes the name, jumbo frames or the number of network queues.",
    when: "modifyAttribute",
    body: object({
      name: INSTANCE_NAME,
      enableJumboFrame: optional(boolean()),
      netEthQueueCount: optional(text()),
    }),
  },
  ModifyInstanceDesc: {
    ...PUT,
    summary: "Changes the description.",
    when: "modifyDesc",
    body: object({ desc: optional(text({ max: 200 }), "") }),
  },
  ModifyInstanceHostname: {
    ...PUT,
    summary: "Changes the host name, with a reboot or for the next one.",
    when: "changeHostname",
    body: object({ hostname: HOSTNAME, reboot: FLAG, isOpenHostnameDomain: FLAG, isAllowHostnameRepeat: FLAG }),
    errors: ["NoSuchObject", "OperationDenied"],
  },
  AutoReleaseInstance: {
    ...PUT,
    summary: "Releases a postpaid instance at a time; no time takes that back.",
    when: "autorelease",
    body: object({ releaseTime: optional(text()), isEipAutoRelatedDelete: optional(boolean()) }),
    errors: ["NoSuchObject", "OperationDenied"],
  },
  PurchaseReservedInstance: {
    ...PUT,
    summary: "Prolongs the term of a prepaid instance.",
    when: "purchaseReserved",
    query: { relatedRenewFlag: optional(text()) },
    body: object({ billing: BILLING }),
    answer: object({ orderId: text() }),
    errors: ["NoSuchObject", "OperationDenied"],
  },
  ModifyDeletionProtection: {
    method: "PUT",
    path: `${PATH}/deletionProtection`,
    summary: "Switches the protection against deletion.",
    body: object({ deletionProtection: integer(0, 1) }),
    errors: ["NoSuchObject"],
  },
  ModifyRelatedDeletePolicy: {
    method: "PUT",
    path: `${PATH}/modifyRelatedDeletePolicy`,
    summary: "Says whether the public address goes with the instance.",
    body: object({ isEipAutoRelatedDelete: boolean() }),
    errors: ["NoSuchObject"],
  },
  BindInstanceTags: {
    method: "PUT",
    path: `${PATH}/tag`,
    when: "bind",
    summary: "Sets tags of an instance.",
    body: TAG_CHANGES,
    errors: ["NoSuchObject"],
  },
  UnbindInstanceTags: {
    method: "PUT",
    path: `${PATH}/tag`,
    when: "unbind",
    summary: "Removes tags from an instance.",
    body: TAG_CHANGES,
    errors: ["NoSuchObject"],
  },
  AttachTags: {
    method: "POST",
    path: "/v3/bcc/tag",
    when: "action=AttachTags",
    summary: "Sets tags of many instances.",
    body: MANY,
    errors: ["NoSuchObject"],
  },
  DetachTags: {
    method: "POST",
    path: "/v3/bcc/tag",
    when: "action=DetachTags",
    summary: "Removes tags from many instances.",
    body: MANY,
    errors: ["NoSuchObject"],
  },
  GetInstanceUserData: {
    method: "POST",
    path: "/v2/instance/attribute/getUserdata",
    clientToken: false,
    summary: "What the instance was given to run at its first start.",
    body: object({ instanceId: text() }),
    answer: object({ instanceId: text(), userData: optional(text()) }),
    errors: ["NoSuchObject"],
  },
  BatchCreateAutoRenewRules: {
    method: "POST",
    path: "/v2/instance/batchCreateAutoRenewRules",
    summary: "Prolongs the term of a prepaid instance each time it ends.",
    body: object({
      instanceId: text(),
      renewTimeUnit: optional(oneOf("month", "year", ""), ""),
      renewTime: optional(integer(0, 9), 1),
      renewEip: FLAG,
      renewCds: FLAG,
    }),
    errors: ["NoSuchObject", "OperationDenied"],
  },
  BatchDeleteAutoRenewRules: {
    method: "POST",
    path: "/v2/instance/batchDeleteAutoRenewRules",
    summary: "Lets the term of a prepaid instance end.",
    body: object({ instanceId: text(), renewEip: FLAG, renewCds: FLAG }),
    errors: ["NoSuchObject"],
  },
});

/** What can be changed of cloud servers while they run. */
export const attributes = part(OPERATIONS, (account) => {
  const all = instancesOf(account);
  const get = (id: string) => liveInstance(account, id, "bcc");
  const patch = (id: string, change: Partial<SimulatedInstance>): object => {
    all.patch(get(id).id, change);
    return {};
  };
  const tagMany = (ids: readonly string[], tags: SimulatedInstance["tags"], bind: boolean): object => {
    const found = ids.map(get);
    for (const { id, tags: before } of found) all.patch(id, { tags: changeTags(before, tags, bind) });
    return {};
  };

  return {
    ModifyInstancePassword({ params }) {
      steadyInstance(account, params.instanceId, "bcc");
      return { requestId: account.random.uuid(), failedInstanceIdList: [] };
    },
    ModifyInstanceAttributes({ params, body }) {
      const before = get(params.instanceId);
      return patch(before.id, {
        name: body.name || before.name,
        enableJumboFrame: body.enableJumboFrame ?? before.enableJumboFrame,
        netEthQueueCount: body.netEthQueueCount || before.netEthQueueCount,
      });
    },
    ModifyInstanceDesc: ({ params, body }) => patch(params.instanceId, { desc: body.desc }),
    ModifyInstanceHostname: ({ params, body }) => changeHostname(account, get(params.instanceId), body),
    AutoReleaseInstance({ params, body }) {
      const { id, paymentTiming, isEipAutoRelatedDelete } = get(params.instanceId);
      if (paymentTiming === "Prepaid") throw denied(`Instance ${id} is prepaid.`);
      const due = body.releaseTime ? Date.parse(body.releaseTime) : Number.POSITIVE_INFINITY;
      if (!(due > account.clock.now())) throw badRequest(`releaseTime: "${body.releaseTime}" is not a time to come.`);
      releaseAt(account, id, body.releaseTime ?? "");
      return patch(id, { isEipAutoRelatedDelete: body.isEipAutoRelatedDelete ?? isEipAutoRelatedDelete });
    },
    PurchaseReservedInstance({ params, body }) {
      const { id, expireTime } = get(params.instanceId);
      if (expireTime === null) throw denied(`Instance ${id} is not prepaid.`);
      const { expireTime: until } = termOf({ ...body.billing, paymentTiming: "Prepaid" }, expireTime);
      const from = new Date(expireTime);
      const to = new Date(until ?? expireTime);
      renew(account, id, (to.getUTCFullYear() - from.getUTCFullYear()) * 12 + to.getUTCMonth() - from.getUTCMonth());
      return { orderId: account.random.uuid().replaceAll("-", "") };
    },
    ModifyDeletionProtection: ({ params, body }) =>
      patch(params.instanceId, { deletionProtection: body.deletionProtection }),
    ModifyRelatedDeletePolicy: ({ params, body }) =>
      patch(params.instanceId, { isEipAutoRelatedDelete: body.isEipAutoRelatedDelete }),
    BindInstanceTags: ({ params, body }) => tagMany([params.instanceId], body.changeTags, true),
    UnbindInstanceTags: ({ params, body }) => tagMany([params.instanceId], body.changeTags, false),
    AttachTags: ({ body }) => tagMany(body.resourceIds, body.tags, true),
    DetachTags: ({ body }) => tagMany(body.resourceIds, body.tags, false),
    GetInstanceUserData({ body }) {
      const { id, userData } = get(body.instanceId);
      return { instanceId: id, userData };
    },
    BatchCreateAutoRenewRules({ body }) {
      const { id, expireTime } = get(body.instanceId);
      if (expireTime === null) throw denied(`Instance ${id} is not prepaid.`);
      return patch(id, { autoRenew: { unit: body.renewTimeUnit || "month", period: body.renewTime || 1 } });
    },
    BatchDeleteAutoRenewRules: ({ body }) => patch(body.instanceId, { autoRenew: null }),
  };
});

export function changeHostname(
  account: Account,
  { id, status }: SimulatedInstance,
  { hostname, reboot }: { readonly hostname?: string | undefined; readonly reboot?: boolean | undefined },
): object {
  if (!hostname) throw badRequest("hostname is required.");
  if (reboot && status !== "Running") throw denied(`Instance ${id} is ${status}.`);
  instancesOf(account).patch(id, { hostname });
  if (reboot) switchInstance(account, id, "Starting", "Running", account.timings.instanceStart);
  return {};
}
