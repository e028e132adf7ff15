import { pageOf } from "../../api/common.ts";
import { denied } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { page } from "../../api/paging.ts";
import { integer, list, object, oneOf, optional, text } from "../../api/schema.ts";
import { APP, type AppBlb, appBlbsOf, found, getAppBlb, MARKED, markerOf, readyAppBlb } from "./app-model.ts";
import { notFound } from "./faults.ts";

const PATH = `${APP}/{blbId}/policys`;
const PORT = integer(1, 65_535);
const TYPE = oneOf("TCP", "UDP");

const OPERATIONS = operations({
  CreateAppBlbPolicies: {
    summary: "Says which groups a listener sends to. A group needs a health check of the listener's protocol.",
    method: "POST",
    path: PATH,
    body: object({
      listenerPort: PORT,
      type: TYPE,
      appPolicyVos: list(
        object({ appIpGroupId: text(), priority: integer(1, 32_768), desc: optional(text({ max: 200 }), "") }),
        50,
      ),
    }),
    errors: ["ResourceNotFound", "OperationDenied"],
  },
  ListAppBlbPolicies: {
    summary: "The policies of a listener.",
    method: "GET",
    path: PATH,
    query: { ...MARKED, port: PORT, type: TYPE },
    answer: pageOf(
      "policyList",
      object({
        id: text(),
        type: text(),
        frontendPort: integer(),
        priority: integer(),
        desc: text(),
        appIpGroupId: text(),
        appIpGroupName: text(),
        ruleList: list(object({ key: text(), value: text() })),
      }),
    ),
    errors: ["ResourceNotFound"],
  },
  DeleteAppBlbPolicies: {
    summary: "Deletes policies of a listener.",
    method: "PUT",
    path: PATH,
    when: "batchdelete",
    body: object({ port: PORT, type: optional(TYPE), policyIdList: list(text(), 50) }),
    errors: ["ResourceNotFound", "OperationDenied"],
  },
});

export const appPolicies = part(OPERATIONS, (account) => {
  const blbs = appBlbsOf(account);
  const checkListener = ({ listeners }: AppBlb, type: string, port: number): void => {
    if (!listeners.some((one) => one.type === type && one.listenerPort === port)) throw notFound(`${type}:${port}`);
  };
  return {
    CreateAppBlbPolicies({ params: { blbId }, body: { listenerPort, type, appPolicyVos } }) {
      const blb = readyAppBlb(account, blbId);
      checkListener(blb, type, listenerPort);
      const mine = blb.policies.filter((one) => one.type === type && one.frontendPort === listenerPort);
      const taken = new Set(mine.map(({ priority }) => priority));
      for (const { appIpGroupId, priority } of appPolicyVos) {
        const { policies } = found(blb.ipGroups, appIpGroupId);
        if (!policies.some((one) => one.type === type)) throw denied(`group ${appIpGroupId} has no ${type} check.`);
        if (taken.has(priority)) throw denied(`priority ${priority} is taken.`);
        taken.add(priority);
      }
      const more = appPolicyVos.map((one) => ({
        ...one,
        id: account.newId("policy"),
        type,
        frontendPort: listenerPort,
      }));
      blbs.patch(blbId, { policies: [...blb.policies, ...more] });
      return {};
    },
    ListAppBlbPolicies({ params, query }) {
      const blb = getAppBlb(account, params.blbId);
      checkListener(blb, query.type, query.port);
      const views = blb.policies
        .filter(({ type, frontendPort }) => type === query.type && frontendPort === query.port)
        .map((one) => ({
          ...one,
          appIpGroupName: found(blb.ipGroups, one.appIpGroupId).name,
          // Layer 4 has one rule: everything.
          ruleList: [{ key: "*", value: "*" }],
        }));
      return page(markerOf(query), "policyList", views, ({ id }) => id);
    },
    DeleteAppBlbPolicies({ params: { blbId }, body: { port, type, policyIdList } }) {
      const { policies } = readyAppBlb(account, blbId);
      const here = policies.filter((one) => one.frontendPort === port && (!type || one.type === type));
      for (const id of policyIdList) found(here, id);
      blbs.patch(blbId, { policies: policies.filter(({ id }) => !policyIdList.includes(id)) });
      return {};
    },
  };
});
