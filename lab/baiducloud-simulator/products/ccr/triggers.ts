import { badRequest, noSuchObject } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { anything, boolean, integer, list, object, oneOf, optional, text } from "../../api/schema.ts";
import { FILTERS } from "./accelerators.ts";
import { ITEMS, NUMBERED, numberedPage, numberedPageOf } from "./paging.ts";
import { createPolicies } from "./policies.ts";
import { getRegistry } from "./records.ts";
import { triggerJobsOf, triggersOf } from "./trigger-jobs.ts";

const EVENTS = oneOf(
  "UPLOAD_CHART",
  "DOWNLOAD_CHART",
  "DELETE_CHART",
  "PUSH_ARTIFACT",
  "PULL_ARTIFACT",
  "DELETE_ARTIFACT",
);
const ADDRESS = text({ pattern: /^https?:\/\/\S+$/, hint: "http://… or https://…" });
const HEADERS = optional(anything());
const TARGETS = optional(list(object({ address: ADDRESS, headers: HEADERS })), []);
const BODY = object({
  name: text({ max: 255 }),
  description: optional(text(), ""),
  eventTypes: list(EVENTS),
  filters: optional(FILTERS, []),
  targets: TARGETS,
});
const POLICY = object({
  id: integer(),
  name: text(),
  description: optional(text()),
  enabled: boolean(),
  eventTypes: list(EVENTS),
  filters: FILTERS,
  targets: list(object({ address: text(), headers: HEADERS })),
  creationTime: text(),
  updateTime: text(),
});
const PATH = "/v1/instances/{instanceId}/triggers/policies";

const OPERATIONS = operations({
  ListTriggers: {
    summary: "Lists the webhooks.",
    method: "GET",
    path: PATH,
    query: { ...NUMBERED, policyName: optional(text()) },
    answer: numberedPageOf("policies", POLICY),
    errors: ["NoSuchObject"],
  },
  CreateTrigger: {
    summary: "Adds a webhook. The simulator writes down what it would send, and sends nothing.",
    method: "POST",
    path: PATH,
    body: BODY,
    errors: ["NoSuchObject", "Conflict"],
  },
  GetTriggerDetail: {
    summary: "One webhook.",
    method: "GET",
    path: `${PATH}/{policyId}`,
    answer: POLICY,
    errors: ["NoSuchObject"],
  },
  UpdateTrigger: {
    summary: "Changes a webhook.",
    method: "PUT",
    path: `${PATH}/{policyId}`,
    body: BODY,
    errors: ["NoSuchObject", "Conflict"],
  },
  DeleteTrigger: {
    summary: "Deletes a webhook.",
    method: "DELETE",
    path: `${PATH}/{policyId}`,
    errors: ["NoSuchObject"],
  },
  DeleteTriggers: {
    summary: "Deletes webhooks: all, or none.",
    method: "DELETE",
    path: PATH,
    body: ITEMS,
    errors: ["NoSuchObject"],
  },
  ToggleTrigger: {
    summary: "Switches a webhook on or off.",
    method: "PUT",
    path: `${PATH}/{policyId}/enable`,
    query: { enabled: boolean() },
    errors: ["NoSuchObject"],
  },
  ListTriggerTasks: {
    summary: "What a webhook has sent.",
    method: "GET",
    path: `${PATH}/{policyId}/jobs`,
    query: NUMBERED,
    answer: numberedPageOf(
      "jobs",
      object({
        id: integer(),
        policyId: integer(),
        eventType: text(),
        images: list(text()),
        notifyType: text(),
        operator: text(),
        status: text(),
        creationTime: text(),
        updateTime: text(),
      }),
    ),
    errors: ["NoSuchObject"],
  },
  ReExecuteTriggerTask: {
    summary: "Sends once more.",
    method: "PUT",
    path: `${PATH}/{policyId}/jobs/{jobId}/retry`,
    aliases: ["/v1/instances/{instanceId}/triggers/{policyId}/jobs/{jobId}/retry"],
    errors: ["NoSuchObject"],
  },
  TestTriggerTargetAddress: {
    summary: "Whether a webhook's address answers. The simulator calls nobody: hosts that end in .invalid do not.",
    method: "POST",
    path: `${PATH}/targets`,
    body: object({ address: ADDRESS, headers: HEADERS }),
    errors: ["NoSuchObject", "BadRequest"],
  },
});

type Headers = Readonly<Record<string, string>>;

export const triggers = part(OPERATIONS, (account) => {
  const policies = createPolicies(account, triggersOf(account), "ccrTriggerIds");
  const jobs = triggerJobsOf(account);
  type Target = { readonly address: string; readonly headers: unknown };
  const targetsOf = (targets: readonly Target[]) =>
    targets.map(({ address, headers }) => ({ address, ...checked(headers) }));

  return {
    ListTriggers: ({ params: { instanceId }, query }) =>
      policies.list(instanceId, { ...query, policyName: query.policyName }, "policies"),
    CreateTrigger({ params: { instanceId }, body }) {
      policies.add(instanceId, { ...body, targets: targetsOf(body.targets), enabled: true });
      return {};
    },
    GetTriggerDetail: ({ params: { instanceId, policyId } }) => policies.view(policies.get(instanceId, policyId)),
    UpdateTrigger({ params: { instanceId, policyId }, body }) {
      policies.change(instanceId, policyId, { ...body, targets: targetsOf(body.targets) });
      return {};
    },
    DeleteTrigger: ({ params: { instanceId, policyId } }) => policies.remove(instanceId, [policyId]),
    DeleteTriggers: ({ params: { instanceId }, body }) => policies.remove(instanceId, body.items),
    ToggleTrigger({ params: { instanceId, policyId }, query }) {
      policies.change(instanceId, policyId, { enabled: query.enabled });
      return {};
    },
    ListTriggerTasks({ params: { instanceId, policyId }, query }) {
      const { id } = policies.get(instanceId, policyId);
      return numberedPage(
        query,
        "jobs",
        jobs.all().filter((job) => job.policyId === id),
      );
    },
    ReExecuteTriggerTask({ params: { instanceId, policyId, jobId } }) {
      const { id } = policies.get(instanceId, policyId);
      const key = `${instanceId}/${jobId}`;
      if (jobs.get(key)?.policyId !== id) throw noSuchObject(jobId);
      jobs.patch(key, { status: "success", updateTime: account.time() });
      return {};
    },
    TestTriggerTargetAddress({ params: { instanceId }, body }) {
      getRegistry(account, instanceId);
      checked(body.headers);
      if (new URL(body.address).hostname.endsWith(".invalid"))
        throw badRequest(`address: ${body.address} does not answer.`);
      return {};
    },
  };
});

/** Webhooks may carry one header of their own. */
function checked(headers: unknown): { readonly headers?: Headers } {
  if (headers === undefined || headers === null) return {};
  const wrong = Object.entries(headers).find(([name, value]) => name !== "Authorization" || typeof value !== "string");
  if (wrong) throw badRequest(`headers: ${wrong[0]}: expected Authorization alone.`);
  return { headers: headers as Headers };
}
