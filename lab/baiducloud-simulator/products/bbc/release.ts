import { pageOf } from "../../api/common.ts";
import { badRequest, denied } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { page } from "../../api/paging.ts";
import { boolean, integer, list, object, optional, text } from "../../api/schema.ts";
import { deleteInstance, liveInstance } from "../bcc/lifecycle.ts";
import type { SimulatedInstance } from "../bcc/records.ts";
import { RECYCLED, RELEASED, recycled, recycledOne, recycledView, releaseAnyPayment } from "../bcc/release.ts";
import { checkRelease, recover, release } from "../bcc/release-model.ts";

const FLAG = optional(boolean(), false);
const RELATED = {
  relatedReleaseFlag: FLAG,
  deleteCdsSnapshotFlag: FLAG,
  deleteRelatedEnisFlag: FLAG,
  bbcRecycleFlag: FLAG,
  deleteImmediate: FLAG,
};
const REFUSALS = ["NoSuchObject", "Instance.ReleaseWhileCreating", "OperationDenied"] as const;

const OPERATIONS = operations({
  DeleteBbcInstance: {
    summary: "Releases a postpaid server.",
    method: "DELETE",
    path: "/v2/instance/{instanceId}",
    delay: "instanceDelete",
    errors: REFUSALS,
  },
  BatchDeleteBbcInstances: {
    summary: "Releases postpaid servers, all or none; into the recycle bin if it is asked for.",
    method: "POST",
    path: "/v1/instance/batchDelete",
    delay: "instanceDelete",
    body: object({ ...RELATED, instanceIds: list(text(), 100) }),
    errors: REFUSALS,
  },
  DeleteBbcInstanceAnyPayment: {
    summary: "Releases a server however it is paid.",
    method: "POST",
    path: "/v1/instance/delete",
    delay: "instanceDelete",
    body: object({ ...RELATED, instanceId: text() }),
    answer: object({ successResources: RELEASED, failResources: RELEASED, instanceRefundFlag: boolean() }),
    errors: REFUSALS,
  },
  ListRecycledBbcInstances: {
    summary: "Lists the recycle bin.",
    method: "POST",
    path: "/v1/recycle/instance",
    clientToken: false,
    body: object({
      marker: optional(text()),
      maxKeys: optional(integer(0, 1000)),
      instanceId: optional(text()),
      name: optional(text()),
    }),
    answer: pageOf("instances", RECYCLED),
  },
  RecoverBbcInstances: {
    summary: "Takes servers out of the recycle bin.",
    method: "POST",
    path: "/v1/instance/recovery",
    delay: "instanceStart",
    body: object({ instanceIds: list(text(), 100) }),
    errors: ["NoSuchObject"],
  },
  DeleteRecycledBbcInstance: {
    summary: "Releases a server of the recycle bin for good.",
    method: "DELETE",
    path: "/v1/recycle/instance/{instanceId}",
    errors: ["NoSuchObject"],
  },
});

/** Bare metal servers, released and recycled. */
export const releasing = part(OPERATIONS, (account) => {
  const postpaid = (id: string): SimulatedInstance => {
    const instance = liveInstance(account, id, "bbc");
    checkRelease(instance);
    if (instance.paymentTiming === "Prepaid") throw denied(`Instance ${id} is prepaid.`);
    return instance;
  };
  const optionsOf = (body: { readonly relatedReleaseFlag: boolean; readonly deleteRelatedEnisFlag: boolean }) => ({
    related: body.relatedReleaseFlag,
    enis: body.deleteRelatedEnisFlag,
  });
  return {
    DeleteBbcInstance({ params }) {
      release(account, postpaid(params.instanceId), {});
      return {};
    },
    BatchDeleteBbcInstances({ body }) {
      if (body.instanceIds.length === 0) throw badRequest("instanceIds is required.");
      const recycle = body.bbcRecycleFlag && !body.deleteImmediate;
      for (const one of body.instanceIds.map(postpaid)) release(account, one, { ...optionsOf(body), recycle });
      return {};
    },
    DeleteBbcInstanceAnyPayment({ body }) {
      const instance = liveInstance(account, body.instanceId, "bbc");
      checkRelease(instance);
      return releaseAnyPayment(account, instance, optionsOf(body));
    },
    ListRecycledBbcInstances({ body: { marker, maxKeys, instanceId, name } }) {
      const chosen = recycled(account, "bbc").filter(
        (one) => (!instanceId || instanceId === one.id) && (!name || name === one.name),
      );
      return page({ marker, maxKeys: maxKeys || undefined }, "instances", chosen.map(recycledView), ({ id }) => id);
    },
    RecoverBbcInstances({ body }) {
      for (const one of body.instanceIds.map((id) => recycledOne(account, id, "bbc"))) recover(account, one);
      return {};
    },
    DeleteRecycledBbcInstance({ params }) {
      deleteInstance(account, recycledOne(account, params.instanceId, "bbc").id);
      return {};
    },
  };
});
