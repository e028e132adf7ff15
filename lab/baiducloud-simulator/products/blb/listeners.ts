import type { Account } from "../../account.ts";
import { PAGING, pageOf } from "../../api/common.ts";
import { Fault, noSuchObject } from "../../api/fault.ts";
import { type Handlers, operations, type Part, part } from "../../api/operation.ts";
import { page } from "../../api/paging.ts";
import { integer, list, object, openObject, optional, text } from "../../api/schema.ts";
import {
  changedListener,
  LISTENER_TYPES,
  type ListenerType,
  listenerChange,
  listenerDefaults,
  newListener,
} from "./listener-fields.ts";
import { getBlb, mutateBlb } from "./mutate.ts";
import type { Blb, BlbListener } from "./records.ts";

const PORT = integer(1, 65535);
const LISTENERS = pageOf("listenerList", openObject({ listenerPort: PORT, listenerType: text(), backendPort: PORT }));
const ONE = { ...PAGING, listenerPort: optional(PORT) };

const OPERATIONS = operations({
  DescribeAllListeners: {
    summary: "The listeners of a load balancer, of all protocols.",
    method: "GET",
    path: "/v1/blb/{blbId}/listener",
    query: ONE,
    answer: LISTENERS,
    errors: ["NoSuchObject"],
  },
  DeleteListeners: {
    summary: "Deletes listeners by port, or by port and protocol.",
    method: "PUT",
    path: "/v1/blb/{blbId}/listener",
    when: "batchdelete",
    delay: "blbUpdate",
    body: object({
      portList: optional(list(PORT), []),
      portTypeList: optional(list(object({ port: PORT, type: text() })), []),
    }),
    errors: ["NoSuchObject", "OperationDenied"],
  },
});

/** What goes for the listeners of all protocols. */
const common = part(OPERATIONS, (account) => ({
  DescribeAllListeners: ({ params, query }) => listed(query, getBlb(account, params.blbId)),
  DeleteListeners({ params: { blbId }, body }) {
    const typed = body.portTypeList.map(({ type, port }) => `${type}/${port}`);
    mutateBlb(account, blbId, ({ listeners }) => {
      const missing = typed.find((key) => !listeners.some((one) => keyOf(one) === key));
      if (missing) throw noSuchObject(`listener ${missing}`);
      const leaves = (one: BlbListener) => typed.includes(keyOf(one)) || body.portList.includes(one.listenerPort);
      const leaving = listeners.filter(leaves);
      if (leaving.length === 0) throw noSuchObject("listener");
      for (const listener of leaving) tell(account, "deleted", blbId, listener);
      return { listeners: listeners.filter((one) => !leaves(one)) };
    });
    return {};
  },
}));

/** One table for each protocol: they differ in fields, not in calls. */
function typedListeners(type: ListenerType): Part {
  const path = `/v1/blb/{blbId}/${type}listener` as `/v1/blb/{blbId}/TCPlistener`;
  const create = {
    summary: `Adds a listener of ${type}.`,
    method: "POST",
    path,
    delay: "blbUpdate",
    body: newListener(type),
    errors: ["NoSuchObject", "OperationDenied", "ListenerAlreadyExist", "ListenerExceeded"],
  } as const;
  const update = {
    summary: `Changes a listener of ${type}.`,
    method: "PUT",
    path,
    delay: "blbUpdate",
    query: { listenerPort: PORT },
    body: changedListener(type),
    errors: ["NoSuchObject", "OperationDenied"],
  } as const;
  const describe = {
    summary: `The listeners of ${type}.`,
    method: "GET",
    path,
    query: ONE,
    answer: LISTENERS,
    errors: ["NoSuchObject"],
  } as const;
  type Table = { readonly create: typeof create; readonly update: typeof update; readonly describe: typeof describe };
  const start = (account: Account): Handlers<Table> => ({
    create({ params: { blbId }, body }) {
      const { listenerPort } = body;
      const fields = { ...listenerDefaults(type, body), ...listenerChange(body) };
      if (type === "UDP" && fields.healthCheckType === "UDP" && !fields.healthCheckString) {
        throw new Fault(400, "InappropriateJSON", "healthCheckString is required for a UDP health check.");
      }
      if ((type === "HTTPS" || type === "SSL") && !body.certIds?.length)
        throw new Fault(400, "InappropriateJSON", "certIds is required.");
      mutateBlb(account, blbId, ({ listeners }) => {
        if (listeners.some((other) => conflicts(account, other, type, listenerPort)))
          throw new Fault(409, "ListenerAlreadyExist", `Port ${listenerPort}/${type} has a listener already.`);
        if (listeners.length >= account.quotas.listenersPerBlb) {
          const message = `load balancer ${blbId} has ${listeners.length} listeners, no more are allowed.`;
          throw new Fault(413, "ListenerExceeded", message);
        }
        const listener = { listenerType: type, listenerPort, fields };
        tell(account, "created", blbId, listener);
        return { listeners: [...listeners, listener] };
      });
      return {};
    },
    update({ params: { blbId }, query: { listenerPort }, body }) {
      const key = `${type}/${listenerPort}`;
      mutateBlb(account, blbId, ({ listeners }) => {
        const current = listeners.find((one) => keyOf(one) === key);
        if (!current) throw noSuchObject(`listener ${listenerPort}/${type}`);
        const listener = { ...current, fields: { ...current.fields, ...listenerChange(body) } };
        tell(account, "updated", blbId, listener);
        return { listeners: listeners.map((one) => (one === current ? listener : one)) };
      });
      return {};
    },
    describe: ({ params, query }) => listed(query, getBlb(account, params.blbId), type),
  });
  return part(
    { [`Create${type}Listener`]: create, [`Update${type}Listener`]: update, [`Describe${type}Listener`]: describe },
    (account) => {
      const does = start(account);
      return {
        [`Create${type}Listener`]: does.create,
        [`Update${type}Listener`]: does.update,
        [`Describe${type}Listener`]: does.describe,
      } as Handlers<Readonly<Record<string, never>>>;
    },
  );
}

/** Listeners of load balancers; traffic flows through those of TCP and UDP. */
export const listeners: readonly Part[] = [...LISTENER_TYPES.map((type) => typedListeners(type)), common];

function keyOf({ listenerType, listenerPort }: BlbListener): string {
  return `${listenerType}/${listenerPort}`;
}

function conflicts({ samePortForTwoProtocols }: Account, other: BlbListener, type: string, port: number): boolean {
  const transport = (name: string) => (name === "UDP" ? "UDP" : "TCP");
  return other.listenerPort === port && (!samePortForTwoProtocols || transport(other.listenerType) === transport(type));
}

function listed(
  query: {
    readonly marker?: string | undefined;
    readonly maxKeys?: number | undefined;
    readonly listenerPort?: number | undefined;
  },
  blb: Blb,
  type?: string,
) {
  const port = query.listenerPort;
  const chosen = blb.listeners.filter(
    (listener) => (!type || listener.listenerType === type) && (!port || listener.listenerPort === port),
  );
  const views = chosen.map(({ listenerType, listenerPort, fields }) => ({ listenerPort, listenerType, ...fields }));
  return page(
    query,
    "listenerList",
    views,
    ({ listenerPort, listenerType }) => `${String(listenerPort).padStart(5, "0")}${listenerType}`,
  );
}

function tell(account: Account, kind: "created" | "updated" | "deleted", blbId: string, listener: BlbListener): void {
  const { listenerType: type, listenerPort: port, fields } = listener;
  account.emit({ kind: `listener.${kind}`, blbId, type, port, backendPort: Number(fields.backendPort) });
}
