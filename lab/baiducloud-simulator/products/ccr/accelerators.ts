import type { Account } from "../../account.ts";
import { badRequest } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { boolean, integer, list, object, optional, text } from "../../api/schema.ts";
import { ITEMS, NUMBERED, numberedPageOf } from "./paging.ts";
import { createPolicies, type PolicyRecord } from "./policies.ts";
import { type Filter, filtersFit } from "./trigger-jobs.ts";

export interface Accelerator extends PolicyRecord {
  readonly description: string;
  readonly enabled: boolean;
  readonly filters: readonly Filter[];
}

/** By "<instance>/<id>". */
export const acceleratorsOf = ({ shared }: Pick<Account, "shared">) => shared.table<Accelerator>("ccrAccelerators");

export const FILTERS = list(object({ type: text(), value: optional(text(), "") }));
const POLICY = object({
  id: integer(),
  name: text(),
  description: optional(text()),
  enabled: boolean(),
  filters: FILTERS,
  creationTime: text(),
  updateTime: text(),
});
const BODY = object({ name: text({ max: 255 }), description: optional(text(), ""), filters: FILTERS });
const PATH = "/v1/instances/{instanceId}/accelerators/policies";

const OPERATIONS = operations({
  ListAcceleratorFilters: {
    summary: "Lists the rules that say which images are made fast to start.",
    method: "GET",
    path: PATH,
    query: { ...NUMBERED, policyName: optional(text()) },
    answer: numberedPageOf("policies", POLICY),
    errors: ["NoSuchObject"],
  },
  CreateAcceleratorFilter: {
    summary: "Adds a rule.",
    method: "POST",
    path: PATH,
    body: BODY,
    errors: ["NoSuchObject", "Conflict"],
  },
  GetAcceleratorFilterDetail: {
    summary: "One rule.",
    method: "GET",
    path: `${PATH}/{policyId}`,
    answer: POLICY,
    errors: ["NoSuchObject"],
  },
  UpdateAcceleratorFilter: {
    summary: "Changes a rule.",
    method: "PUT",
    path: `${PATH}/{policyId}`,
    body: BODY,
    errors: ["NoSuchObject", "Conflict"],
  },
  DeleteAcceleratorFilter: {
    summary: "Deletes a rule.",
    method: "DELETE",
    path: `${PATH}/{policyId}`,
    errors: ["NoSuchObject"],
  },
  DeleteAcceleratorFilters: {
    summary: "Deletes rules: all, or none.",
    method: "DELETE",
    path: PATH,
    body: ITEMS,
    errors: ["NoSuchObject"],
  },
  ToggleAcceleratorFilter: {
    summary: "Switches a rule on or off.",
    method: "PUT",
    path: `${PATH}/{policyId}/enable`,
    query: { enabled: boolean() },
    errors: ["NoSuchObject"],
  },
  TestAcceleratorFilter: {
    summary: "Whether a repository falls under filters: refused when not.",
    method: "POST",
    path: "/v1/accelerators/policies/filters",
    body: object({ filters: FILTERS, repository: text() }),
    errors: ["BadRequest"],
  },
});

export const accelerators = part(OPERATIONS, (account) => {
  const policies = createPolicies(account, acceleratorsOf(account), "ccrAcceleratorIds");
  return {
    ListAcceleratorFilters: ({ params: { instanceId }, query }) =>
      policies.list(instanceId, { ...query, policyName: query.policyName }, "policies"),
    CreateAcceleratorFilter({ params: { instanceId }, body }) {
      policies.add(instanceId, { ...body, enabled: true });
      return {};
    },
    GetAcceleratorFilterDetail: ({ params: { instanceId, policyId } }) =>
      policies.view(policies.get(instanceId, policyId)),
    UpdateAcceleratorFilter({ params: { instanceId, policyId }, body }) {
      policies.change(instanceId, policyId, body);
      return {};
    },
    DeleteAcceleratorFilter: ({ params: { instanceId, policyId } }) => policies.remove(instanceId, [policyId]),
    DeleteAcceleratorFilters: ({ params: { instanceId }, body }) => policies.remove(instanceId, body.items),
    ToggleAcceleratorFilter({ params: { instanceId, policyId }, query }) {
      policies.change(instanceId, policyId, { enabled: query.enabled });
      return {};
    },
    TestAcceleratorFilter({ body }) {
      const [repository = "", tag] = body.repository.split(":");
      if (filtersFit(body.filters, repository, tag)) return {};
      throw badRequest(`repository: ${body.repository} does not fall under the filters.`);
    },
  };
});
