import { ANY_TEXT } from "../../api/common.ts";
import { badRequest, Fault } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { boolean, list, object, optional, text } from "../../api/schema.ts";
import { isEbc } from "./flavors.ts";
import { liveInstance, rebootInstance, startInstance, stopInstance } from "./lifecycle.ts";
import { instancesOf } from "./records.ts";

const PATH = "/v2/instance/{instanceId}";
const BATCH = "/v2/instance/batchAction";
const FLAG = optional(boolean(), false);
const IDS = list(text(), 100);
export const BATCH_RESULT = object({ requestId: ANY_TEXT, failedInstanceIdList: list(text()) });

const OPERATIONS = operations({
  StartInstance: {
    summary: "Switches an instance on.",
    method: "PUT",
    path: PATH,
    when: "start",
    delay: "instanceStart",
    errors: [
      "NoSuchObject",
      "Instance.StartInstanceOperationForbidden",
      "Instance.StartInstanceWhenCreating",
      "Instance.StartExpiredInstance",
    ],
  },
  StopInstance: {
    summary: "Switches an instance off; it may cost nothing until it is switched on again.",
    method: "PUT",
    path: PATH,
    when: "stop",
    delay: "instanceStop",
    body: object({ forceStop: FLAG, stopWithNoCharge: FLAG }),
    errors: [
      "NoSuchObject",
      "Instance.StopInstanceOperationForbidden",
      "Bcc.PrePayCannotStopWithNoCharge",
      "Bcc.InstanceTypeNotSupportException",
    ],
  },
  RebootInstance: {
    summary: "Switches an instance off and on.",
    method: "PUT",
    path: PATH,
    when: "reboot",
    delay: "instanceStart",
    body: object({ forceStop: FLAG }),
    answer: BATCH_RESULT,
    errors: ["NoSuchObject", "Instance.RebootInstanceOperationForbidden"],
  },
  BatchStartInstances: {
    summary: "Switches instances on; those that cannot be are named.",
    method: "PUT",
    path: BATCH,
    when: "start",
    delay: "instanceStart",
    body: object({ instanceIds: IDS }),
    answer: BATCH_RESULT,
    errors: ["NoSuchObject"],
  },
  BatchStopInstances: {
    summary: "Switches instances off; those that cannot be are named.",
    method: "PUT",
    path: BATCH,
    when: "stop",
    delay: "instanceStop",
    body: object({ instanceIds: IDS, forceStop: FLAG, stopWithNoCharge: FLAG }),
    answer: BATCH_RESULT,
    errors: ["NoSuchObject"],
  },
  BatchRebootInstances: {
    summary: "Switches instances off and on; those that cannot be are named.",
    method: "PUT",
    path: BATCH,
    when: "reboot",
    delay: "instanceStart",
    body: object({ instanceIds: IDS, forceStop: FLAG }),
    answer: BATCH_RESULT,
    errors: ["NoSuchObject"],
  },
});

/** Cloud servers, switched on and off. */
export const power = part(OPERATIONS, (account) => {
  const get = (id: string) => liveInstance(account, id, "bcc");
  const stop = (id: string, noCharge: boolean): void => {
    const { paymentTiming, spec } = get(id);
    if (noCharge && paymentTiming === "Prepaid")
      throw new Fault(403, "Bcc.PrePayCannotStopWithNoCharge", `Instance ${id} is prepaid.`);
    if (noCharge && isEbc(spec))
      throw new Fault(403, "Bcc.InstanceTypeNotSupportException", `Instances of ${spec} are always charged.`);
    stopInstance(account, id);
    if (noCharge) instancesOf(account).patch(id, { chargeStatus: "STOPPED_NOT_CHARGING" });
  };
  const start = (id: string): void => startInstance(account, get(id).id);
  const reboot = (id: string): void => rebootInstance(account, get(id).id);
  const result = (failedInstanceIdList: readonly string[] = []) => ({
    requestId: account.random.uuid(),
    failedInstanceIdList,
  });
  const batch = (ids: readonly string[], one: (id: string) => void) => {
    if (ids.length === 0) throw badRequest("instanceIds is required.");
    for (const id of ids) get(id);
    const failed = ids.filter((id) => {
      try {
        one(id);
        return false;
      } catch (error) {
        if (error instanceof Fault) return true;
        throw error;
      }
    });
    return result(failed);
  };

  return {
    StartInstance({ params }) {
      start(params.instanceId);
      return {};
    },
    StopInstance({ params, body }) {
      stop(params.instanceId, body.stopWithNoCharge);
      return {};
    },
    RebootInstance({ params }) {
      reboot(params.instanceId);
      return result();
    },
    BatchStartInstances: ({ body }) => batch(body.instanceIds, start),
    BatchStopInstances: ({ body }) => batch(body.instanceIds, (id) => stop(id, body.stopWithNoCharge)),
    BatchRebootInstances: ({ body }) => batch(body.instanceIds, reboot),
  };
});
