import type { Account } from "../../account.ts";
import { PAGING, pageOf } from "../../api/common.ts";
import { Fault, noSuchObject } from "../../api/fault.ts";
import { type Handlers, operations, type Part, part } from "../../api/operation.ts";
import { page } from "../../api/paging.ts";
import { boolean, type Fields, list, object, oneOf, optional, type Schema, text } from "../../api/schema.ts";
import {
  changeIn,
  checkListener,
  LISTENER_TYPES,
  type ListenerKind,
  type ListenerType,
  PORT,
} from "./listener-fields.ts";
import { type Change, type Family, getOf, mutate } from "./mutate.ts";
import type { Balancer, BlbListener } from "./records.ts";

/** What makes the listeners of one family differ from those of the other. */
export interface ListenerFamily<T extends Balancer> {
  readonly family: Family<T>;
  /** The word in the names of the operations: "" or "App". */
  readonly word: string;
  kind(type: ListenerType): ListenerKind;
  /** Fields that have another name in the list of all protocols. */
  readonly renamed?: Readonly<Record<string, string>>;
  /** What goes with listeners that are deleted. */
  without?(balancer: T, gone: readonly BlbListener[]): Change<T>;
}

const ONE = { ...PAGING, listenerPort: optional(PORT) };

/** The calls for listeners: five protocols that differ in fields only, and what goes for all of them. */
export function listenerParts<T extends Balancer>(spec: ListenerFamily<T>): readonly Part[] {
  return [...LISTENER_TYPES.map((type) => typedPart(spec, type)), commonPart(spec)];
}

function commonPart<T extends Balancer>({ family, word, kind, renamed = {}, without }: ListenerFamily<T>): Part {
  const path = `${family.prefix}/{blbId}/listener` as "/v1/blb/{blbId}/listener";
  const shown = Object.fromEntries(
    Object.entries(unionOf(LISTENER_TYPES.map((type) => kind(type).fields))).map(([name, field]) => [
      renamed[name] ?? name,
      field,
    ]),
  );
  const table = operations({
    describe: {
      summary: "The listeners of a load balancer, of all protocols.",
      method: "GET",
      path,
      query: ONE,
      answer: pageOf("listenerList", answerOf({ ...shown, listenerType: oneOf(...LISTENER_TYPES) })),
      errors: ["NoSuchObject"],
    },
    remove: {
      summary: "Deletes listeners by port, or by port and protocol.",
      method: "PUT",
      path,
      when: "batchdelete",
      delay: "blbUpdate",
      body: object({
        portList: optional(list(PORT), []),
        portTypeList: optional(list(object({ port: PORT, type: oneOf(...LISTENER_TYPES) })), []),
      }),
      errors: ["NoSuchObject", "OperationDenied"],
    },
  });
  const start = (account: Account): Handlers<typeof table> => ({
    describe: ({ params, query }) =>
      pageOfListeners(query, getOf(account, family, params.blbId).listeners, (listener) => ({
        listenerType: listener.listenerType,
        ...Object.fromEntries(Object.entries(listener.fields).map(([name, value]) => [renamed[name] ?? name, value])),
      })),
    remove({ params: { blbId }, body }) {
      const typed = body.portTypeList.map(({ type, port }) => `${type}/${port}`);
      mutate(account, family, blbId, (balancer) => {
        const { listeners } = balancer;
        const missing = typed.find((key) => !listeners.some((one) => keyOf(one) === key));
        if (missing) throw noSuchObject(`listener ${missing}`);
        const leaves = (one: BlbListener) => typed.includes(keyOf(one)) || body.portList.includes(one.listenerPort);
        const leaving = listeners.filter(leaves);
        if (leaving.length === 0) throw noSuchObject("listener");
        for (const listener of leaving) tell(account, "deleted", blbId, listener);
        const more = without?.(balancer, leaving) ?? {};
        return { ...more, listeners: listeners.filter((one) => !leaves(one)) };
      });
      return {};
    },
  });
  return named(table, start, { describe: `Describe${word}AllListeners`, remove: `Delete${word}Listeners` });
}

function typedPart<T extends Balancer>({ family, word, kind: kindOf }: ListenerFamily<T>, type: ListenerType): Part {
  const path = `${family.prefix}/{blbId}/${type}listener` as "/v1/blb/{blbId}/TCPlistener";
  const kind = kindOf(type);
  const table = operations({
    create: {
      summary: `Adds a listener of ${type}.`,
      method: "POST",
      path,
      delay: "blbUpdate",
      body: object({ ...kind.fields, ...kind.required, listenerPort: PORT }),
      errors: ["NoSuchObject", "OperationDenied", "ListenerAlreadyExist", "ListenerExceeded"],
    },
    update: {
      summary: `Changes a listener of ${type}.`,
      method: "PUT",
      path,
      delay: "blbUpdate",
      query: { listenerPort: PORT },
      body: object(kind.fields),
      errors: ["NoSuchObject", "OperationDenied"],
    },
    describe: {
      summary: `The listeners of ${type}.`,
      method: "GET",
      path,
      query: ONE,
      answer: pageOf("listenerList", answerOf(kind.fields)),
      errors: ["NoSuchObject"],
    },
  });
  const start = (account: Account): Handlers<typeof table> => ({
    create({ params: { blbId }, body }) {
      const { listenerPort } = body as unknown as { readonly listenerPort: number };
      const fields = { ...kind.defaults(body), ...changeIn(kind, body) };
      checkListener(type, fields);
      mutate(account, family, blbId, ({ listeners }) => {
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
      mutate(account, family, blbId, ({ listeners }) => {
        const current = listeners.find((one) => keyOf(one) === key);
        if (!current) throw noSuchObject(`listener ${listenerPort}/${type}`);
        const change = changeIn(kind, body);
        const listener = { ...current, fields: { ...current.fields, ...withCheckPort(current.fields, change) } };
        checkListener(type, listener.fields);
        tell(account, "updated", blbId, listener);
        const after = listeners.map((one) => (one === current ? listener : one));
        return { listeners: after };
      });
      return {};
    },
    describe({ params, query }) {
      const chosen = getOf(account, family, params.blbId).listeners.filter((one) => one.listenerType === type);
      return pageOfListeners(query, chosen, ({ fields }) => fields);
    },
  });
  return named(table, start, {
    create: `Create${word}${type}Listener`,
    update: `Update${word}${type}Listener`,
    describe: `Describe${word}${type}Listener`,
  });
}

/** The port of the health check is that of the backends until somebody says another one. */
function withCheckPort(before: BlbListener["fields"], change: BlbListener["fields"]): BlbListener["fields"] {
  const follows = change.healthCheckPort === undefined && before.healthCheckPort === before.backendPort;
  return follows && before.healthCheckPort !== undefined && change.backendPort !== undefined
    ? { ...change, healthCheckPort: change.backendPort }
    : change;
}

/** A part whose operations have the names given. */
function named<T extends Part["operations"]>(
  table: T,
  start: (account: Account) => Handlers<T>,
  names: Readonly<Record<keyof T & string, string>>,
): Part {
  const renamed = <V>(all: Readonly<Record<string, V>>) =>
    Object.fromEntries(Object.entries(names).map(([key, name]) => [name, all[key] as V]));
  const plain = part(table, start);
  return { operations: renamed(plain.operations), start: (account) => renamed(plain.start(account)) };
}

/** The fields of all protocols; where they differ in the values they take, all of them. */
export function unionOf(all: readonly Fields[]): Fields {
  const union: Record<string, Schema> = {};
  for (const [name, field] of all.flatMap((fields) => Object.entries(fields))) {
    const [one, other] = [union[name]?.shape, field.shape];
    const values = one?.kind === "text" && other.kind === "text" ? [one.limits.oneOf, other.limits.oneOf] : [];
    const [before, more] = values;
    union[name] = before && more ? optional(text({ oneOf: [...new Set([...before, ...more])] })) : field;
  }
  return union;
}

function answerOf(fields: Fields) {
  return object({ listenerPort: PORT, ...fields, getBlbIp: optional(boolean()) });
}

export function keyOf({ listenerType, listenerPort }: Pick<BlbListener, "listenerType" | "listenerPort">): string {
  return `${listenerType}/${listenerPort}`;
}

function conflicts({ samePortForTwoProtocols }: Account, other: BlbListener, type: string, port: number): boolean {
  const transport = (name: string) => (name === "UDP" ? "UDP" : "TCP");
  return other.listenerPort === port && (!samePortForTwoProtocols || transport(other.listenerType) === transport(type));
}

interface Query {
  readonly marker?: string | undefined;
  readonly maxKeys?: number | undefined;
  readonly listenerPort?: number | undefined;
}

function pageOfListeners(query: Query, listeners: readonly BlbListener[], view: (listener: BlbListener) => object) {
  const { listenerPort: port } = query;
  const chosen = listeners
    .filter((listener) => !port || listener.listenerPort === port)
    .map((listener) => ({ key: markerOf(listener), view: { listenerPort: listener.listenerPort, ...view(listener) } }));
  const { listenerList, ...rest } = page(query, "listenerList", chosen, ({ key }) => key) as {
    readonly listenerList: readonly { readonly view: object }[];
  };
  return { ...rest, listenerList: listenerList.map((entry) => entry.view) };
}

function markerOf({ listenerPort, listenerType }: BlbListener): string {
  return `${String(listenerPort).padStart(5, "0")}${listenerType}`;
}

function tell(account: Account, kind: "created" | "updated" | "deleted", blbId: string, listener: BlbListener): void {
  const { listenerType: type, listenerPort: port, fields } = listener;
  account.emit({ kind: `listener.${kind}`, blbId, type, port, backendPort: Number(fields.backendPort ?? 0) });
}
