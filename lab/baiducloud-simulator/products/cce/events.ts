import { ANY_TEXT } from "../../api/common.ts";
import { operations, part } from "../../api/operation.ts";
import { boolean, integer, list, object, optional, text } from "../../api/schema.ts";
import { getCluster } from "./cluster-model.ts";
import { type Failure, nodesOf } from "./records.ts";
import { notFound, REQUEST_ID, v2 } from "./wire.ts";

const STEP = object({
  stepName: text(),
  stepStatus: text({ oneOf: ["todo", "doing", "done", "failed"] }),
  ready: optional(boolean()),
  startTime: text(),
  finishedTime: text(),
  costSeconds: integer(),
  retryCount: integer(),
  traceID: ANY_TEXT,
  errMsg: ANY_TEXT,
  errInfo: object({ code: ANY_TEXT, message: ANY_TEXT, traceID: ANY_TEXT, suggestion: ANY_TEXT }),
  retryable: boolean(),
  skippable: boolean(),
  userActionTime: text(),
});
const STEPS = object({ status: text(), steps: list(STEP), ...REQUEST_ID });
const ZERO_TIME = "0001-01-01T00:00:00Z";
/** Each begins in one phase and ends in another. */
type Course = readonly (readonly [name: string, from: string, to: string])[];
const CLUSTER_COURSE: Course = [
  ["CheckQuota", "pending", "provisioning"],
  ["CreateInfrastructure", "provisioning", "provisioned"],
  ["DeployPlugins", "provisioned", "running"],
];
const NODE_COURSE: Course = [
  ["CreateMachine", "pending", "provisioned"],
  ["DeployKubernetes", "provisioned", "running"],
];

const OPERATIONS = operations({
  GetClusterEventSteps: {
    summary: "How far the creation or deletion of a cluster has come.",
    method: "GET",
    ...v2("/event/cluster/{clusterID}"),
    answer: STEPS,
    errors: ["cce.warning.ClusterNotFound"],
  },
  GetInstanceEventSteps: {
    summary: "How far the creation or deletion of an instance has come.",
    method: "GET",
    ...v2("/event/instance/{cceInstanceID}"),
    answer: STEPS,
    errors: ["cce.warning.InstanceNotFound"],
  },
});

interface Subject {
  readonly phase: string;
  readonly times: Readonly<Record<string, string>>;
  readonly failure?: Failure;
}

export const events = part(OPERATIONS, (account) => ({
  GetClusterEventSteps({ params }) {
    return { ...stepsOf(getCluster(account, params.clusterID), CLUSTER_COURSE), requestID: account.random.uuid() };
  },
  GetInstanceEventSteps({ params: { cceInstanceID: id } }) {
    const node = nodesOf(account).get(id);
    if (!node) throw notFound("Instance", id);
    return { ...stepsOf(node, NODE_COURSE), requestID: account.random.uuid() };
  },
}));

function stepsOf({ phase, times, failure }: Subject, course: Course) {
  const isCreating = ["pending", "provisioning", "provisioned"].includes(phase);
  const status = isCreating ? "creating" : /^(create_|delet)/.test(phase) ? phase : "created";
  const steps = course.map(([stepName, from, to]) => {
    const startTime = times[from] ?? ZERO_TIME;
    const finishedTime = times[to] ?? ZERO_TIME;
    const failed = failure?.step === stepName ? failure : undefined;
    const stepStatus = failed ? "failed" : times[to] ? "done" : times[from] && isCreating ? "doing" : "todo";
    return {
      stepName,
      stepStatus,
      ready: stepStatus === "done",
      startTime,
      finishedTime,
      costSeconds: times[from] && times[to] ? (Date.parse(finishedTime) - Date.parse(startTime)) / 1000 : 0,
      retryCount: 0,
      errMsg: failed?.message ?? "",
      errInfo: failed ? { code: failed.code, message: failed.message, suggestion: "" } : {},
      retryable: failed !== undefined,
      skippable: false,
      userActionTime: ZERO_TIME,
    };
  });
  return { status, steps };
}
