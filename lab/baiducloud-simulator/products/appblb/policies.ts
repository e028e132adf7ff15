import { ANY_TEXT, PAGING, pageOf } from "../../api/common.ts";
import { badRequest, denied, Fault, noSuchObject } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { page } from "../../api/paging.ts";
import { type Infer, integer, list, object, optional, text } from "../../api/schema.ts";
import { PORT } from "../blb/listener-fields.ts";
import { getOf, mutate } from "../blb/mutate.ts";
import type { BlbListener } from "../blb/records.ts";
import { ipGroupOf, serverGroupOf } from "./change.ts";
import { APP, type AppBlb, type Policy } from "./records.ts";

const PATH = "/v1/appblb/{blbId}/policys";
const PRIORITY = integer(1, 32768);
const ERRORS = ["NoSuchObject", "OperationDenied"];
/** Official clients send the fields of an answer as well, empty: they are not looked at. */
const NEW_POLICY = object({
  appServerGroupId: ANY_TEXT,
  appIpGroupId: ANY_TEXT,
  backendPort: optional(integer(0, 65535), 0),
  portType: ANY_TEXT,
  priority: PRIORITY,
  desc: optional(text({ max: 200 }), ""),
  ruleList: list(object({ key: text(), value: text() })),
});

const OPERATIONS = operations({
  CreatePolicys: {
    summary: "Adds policies to a listener, all or none.",
    method: "POST",
    path: PATH,
    delay: "blbUpdate",
    body: object({ listenerPort: PORT, type: ANY_TEXT, appPolicyVos: list(NEW_POLICY) }),
    errors: [...ERRORS, "PolicyAlreadyExist"],
  },
  DescribePolicys: {
    summary: "The policies of a listener.",
    method: "GET",
    path: PATH,
    query: { ...PAGING, port: PORT, type: ANY_TEXT },
    answer: pageOf(
      "policyList",
      object({
        id: text(),
        appServerGroupId: ANY_TEXT,
        appServerGroupName: ANY_TEXT,
        appIpGroupId: ANY_TEXT,
        appIpGroupName: ANY_TEXT,
        groupType: text({ oneOf: ["Server", "IP"] }),
        frontendPort: integer(),
        type: text(),
        backendPort: integer(),
        portType: text(),
        priority: integer(),
        desc: ANY_TEXT,
        ruleList: list(object({ id: text(), key: text(), value: text() })),
      }),
    ),
    errors: ["NoSuchObject"],
  },
  UpdatePolicys: {
    summary: "Changes priorities and descriptions.",
    method: "PUT",
    path: PATH,
    when: "batchupdate",
    delay: "blbUpdate",
    body: object({
      port: PORT,
      type: ANY_TEXT,
      policyList: list(
        object({
          policyId: text(),
          priority: optional(integer(0, 32768)),
          description: optional(text({ max: 200 })),
        }),
      ),
    }),
    errors: [...ERRORS, "PolicyAlreadyExist"],
  },
  DeletePolicys: {
    summary: "Deletes policies of a listener, all or none.",
    method: "PUT",
    path: PATH,
    when: "batchdelete",
    delay: "blbUpdate",
    body: object({ port: PORT, type: ANY_TEXT, policyIdList: list(text()) }),
    errors: ERRORS,
  },
});

/** Protocols of group ports that a listener's traffic can go to. */
const FITTING: Readonly<Record<string, { readonly server: readonly string[]; readonly ip: readonly string[] }>> = {
  TCP: { server: ["TCP"], ip: ["TCP"] },
  SSL: { server: ["TCP"], ip: ["TCP"] },
  UDP: { server: ["UDP"], ip: ["UDP"] },
  HTTP: { server: ["HTTP"], ip: ["HTTP", "TCP"] },
  HTTPS: { server: ["HTTP"], ip: ["HTTP", "HTTPS"] },
};

/** Which requests of a listener go where. */
export const policies = part(OPERATIONS, (account) => ({
  CreatePolicys({ params, body }) {
    if (body.appPolicyVos.length === 0) throw new Fault(400, "InappropriateJSON", "appPolicyVos is required.");
    mutate(account, APP, params.blbId, (found) => {
      const listener = listenerOf(found, body.listenerPort, body.type);
      const made = body.appPolicyVos.map((wanted): Policy => {
        const { priority, desc, ruleList } = wanted;
        checkRules(listener, ruleList);
        const rules = ruleList.map((rule) => ({ id: account.newId("rule"), ...rule }));
        const { listenerPort, listenerType } = listener;
        const target = targetOf(found, listener, wanted);
        return { id: account.newId("policy"), listenerPort, listenerType, priority, desc, rules, ...target };
      });
      const after = [...found.policies, ...made];
      distinctPriorities(after, listener);
      const one = !isWebType(listener.listenerType) && ofListener(after, listener).length > 1;
      if (one) throw denied(`a listener of ${listener.listenerType} has one policy only.`);
      return { policies: after };
    });
    return {};
  },
  DescribePolicys({ params, query }) {
    const found = getOf(account, APP, params.blbId);
    const listener = listenerOf(found, query.port, query.type);
    const views = ofListener(found.policies, listener).map((policy) => viewOf(found, policy));
    return page(query, "policyList", views, ({ priority, id }) => `${String(priority).padStart(5, "0")}${id}`);
  },
  UpdatePolicys({ params, body }) {
    if (body.policyList.length === 0) throw new Fault(400, "InappropriateJSON", "policyList is required.");
    mutate(account, APP, params.blbId, (found) => {
      const listener = listenerOf(found, body.port, body.type);
      const changes = new Map(body.policyList.map((change) => [change.policyId, change]));
      present(found, listener, [...changes.keys()]);
      const after = found.policies.map((policy) => {
        const change = changes.get(policy.id);
        if (!change) return policy;
        if (!change.priority && !change.description)
          throw badRequest(`policyList: policy ${policy.id} needs a priority or a description.`);
        return { ...policy, priority: change.priority || policy.priority, desc: change.description || policy.desc };
      });
      distinctPriorities(after, listener);
      return { policies: after };
    });
    return {};
  },
  DeletePolicys({ params, body }) {
    if (body.policyIdList.length === 0) throw new Fault(400, "InappropriateJSON", "policyIdList is required.");
    mutate(account, APP, params.blbId, (found) => {
      present(found, listenerOf(found, body.port, body.type), body.policyIdList);
      return { policies: found.policies.filter(({ id }) => !body.policyIdList.includes(id)) };
    });
    return {};
  },
}));

const isWebType = (type: string) => type === "HTTP" || type === "HTTPS";

/** The protocol may be left out while the port has one only. */
function listenerOf({ listeners }: AppBlb, port: number, type: string | undefined): BlbListener {
  const chosen = listeners.filter((one) => one.listenerPort === port && (!type || one.listenerType === type));
  const [found] = chosen;
  if (!found) throw noSuchObject(`listener ${port}${type ? `/${type}` : ""}`);
  if (chosen.length > 1) throw badRequest(`type: port ${port} has listeners of several protocols.`);
  return found;
}

function ofListener(all: readonly Policy[], { listenerPort, listenerType }: BlbListener): readonly Policy[] {
  return all.filter((one) => one.listenerPort === listenerPort && one.listenerType === listenerType);
}

function present({ policies: all }: AppBlb, listener: BlbListener, ids: readonly string[]): void {
  const known = ofListener(all, listener);
  for (const id of ids) if (!known.some((policy) => policy.id === id)) throw noSuchObject(`policy ${id}`);
}

function distinctPriorities(all: readonly Policy[], listener: BlbListener): void {
  const priorities = ofListener(all, listener).map(({ priority }) => priority);
  const twice = priorities.find((priority, index) => priorities.indexOf(priority) !== index);
  if (twice !== undefined)
    throw new Fault(409, "PolicyAlreadyExist", `priority ${twice} of port ${listener.listenerPort} is taken.`);
}

function checkRules(
  { listenerType }: BlbListener,
  rules: readonly { readonly key: string; readonly value: string }[],
): void {
  const keys = rules.map(({ key }) => key);
  const all = rules.length === 1 && keys[0] === "*" && rules[0]?.value === "*";
  if (all) return;
  if (!isWebType(listenerType)) throw badRequest(`ruleList: a listener of ${listenerType} takes "*" only.`);
  if (rules.length === 0 || keys.some((key) => key !== "host" && key !== "uri"))
    throw badRequest('ruleList: expected the keys "host" and "uri", or "*" alone.');
}

/** Where a new policy sends its requests: to a port of a server group, or to an IP group of a fitting protocol. */
function targetOf(found: AppBlb, { listenerType }: BlbListener, wanted: Infer<typeof NEW_POLICY>) {
  const { appServerGroupId = "", appIpGroupId = "", backendPort, portType } = wanted;
  if ((appServerGroupId === "") === (appIpGroupId === ""))
    throw badRequest("expected one of appServerGroupId, appIpGroupId.");
  const fitting = FITTING[listenerType] ?? { server: [], ip: [] };
  if (appServerGroupId !== "") {
    const { ports } = serverGroupOf(found, appServerGroupId);
    const port = ports.find((one) => one.port === backendPort && fitting.server.includes(one.type));
    if (!port || (portType && portType !== port.type))
      throw badRequest(
        `backendPort: server group ${appServerGroupId} has no port ${backendPort} of ${fitting.server.join(" or ")}.`,
      );
    return { appServerGroupId, appIpGroupId, backendPort, portType: port.type };
  }
  const types = ipGroupOf(found, appIpGroupId).policies.map(({ type }) => type);
  const type = fitting.ip.find((one) => (!portType || one === portType) && types.includes(one));
  if (!type) throw badRequest(`appIpGroupId: IP group ${appIpGroupId} does not speak ${fitting.ip.join(" or ")}.`);
  return { appServerGroupId, appIpGroupId, backendPort: 0, portType: type };
}

function viewOf({ serverGroups, ipGroups }: AppBlb, policy: Policy) {
  const { appServerGroupId, appIpGroupId, listenerPort, listenerType, rules, ...more } = policy;
  return {
    ...more,
    appServerGroupId,
    appServerGroupName: serverGroups.find(({ id }) => id === appServerGroupId)?.name ?? "",
    appIpGroupId,
    appIpGroupName: ipGroups.find(({ id }) => id === appIpGroupId)?.name ?? "",
    groupType: appIpGroupId === "" ? "Server" : "IP",
    frontendPort: listenerPort,
    type: listenerType,
    ruleList: rules,
  };
}
