import type { Account } from "../../account.ts";
import { denied, noSuchObject } from "../../api/fault.ts";
import { getInstance, setInstanceStatus, switchInstance } from "./lifecycle.ts";
import { instancesOf } from "./records.ts";

/** Maintenance of the host under a machine: planned, or because it failed. The words for the states are our own. */
export interface ServerEvent {
  readonly serverEventId: string;
  readonly kind: "planned" | "unplanned";
  readonly status: "WaitAuthorize" | "Executing" | "WaitCheck" | "Ended";
  readonly instanceId: string;
  readonly createdTime: string;
  /** "" while it goes on. */
  readonly endedTime: string;
  /** What was allowed, "" for nothing yet. */
  readonly operation: string;
  readonly executeTime: string;
}

const DONE = "serverEvent.done";

export const serverEventsOf = ({ store }: Pick<Account, "store">) => store.table<ServerEvent>("serverEvents");

export function startServerEvents(account: Account): void {
  const all = serverEventsOf(account);
  account.store.on(DONE, (id) => {
    const event = all.get(id);
    if (event?.status !== "Executing") return;
    if (event.kind === "unplanned") all.patch(id, { status: "WaitCheck" });
    else end(account, id);
    if (instancesOf(account).get(event.instanceId)?.status === "Starting")
      setInstanceStatus(account, event.instanceId, "Running");
  });
  account.onGone((instanceId) => {
    for (const event of all.all())
      if (event.instanceId === instanceId && event.status !== "Ended") end(account, event.serverEventId);
  });
}

function end(account: Account, id: string): void {
  serverEventsOf(account).patch(id, { status: "Ended", endedTime: account.time() });
}

export function openEvent(account: Account, instanceId: string): ServerEvent | undefined {
  return serverEventsOf(account)
    .all()
    .find((event) => event.instanceId === instanceId && event.status !== "Ended");
}

function add(account: Account, instanceId: string, kind: ServerEvent["kind"]): string {
  getInstance(account, instanceId);
  const serverEventId = account.newId("se");
  const rest = { status: "WaitAuthorize", endedTime: "", operation: "", executeTime: "" } as const;
  serverEventsOf(account).set(serverEventId, { ...rest, serverEventId, kind, instanceId, createdTime: account.time() });
  return serverEventId;
}

/** The cloud says that it wants to work on the host of a machine. */
export const planMaintenance = (account: Account, instanceId: string): string => add(account, instanceId, "planned");

/** The host of a machine fails: the machine is in Error until its repair is allowed. */
export function failHost(account: Account, instanceId: string): string {
  const id = add(account, instanceId, "unplanned");
  setInstanceStatus(account, instanceId, "Error");
  return id;
}

export function getEvent(account: Account, id: string): ServerEvent {
  const event = serverEventsOf(account).get(id);
  if (!event) throw noSuchObject(id);
  return event;
}

/** Allows the work: the machine is switched off and on by it. */
export function authorize(account: Account, event: ServerEvent, operation: string, executeTime: string): void {
  const { serverEventId: id, status, instanceId } = event;
  if (status !== "WaitAuthorize") throw denied(`event ${id} is ${status}.`);
  serverEventsOf(account).patch(id, { status: "Executing", operation, executeTime });
  const ms = account.timings.instanceChange;
  switchInstance(account, instanceId, "Starting", "Running", ms);
  account.store.schedule(DONE, id, ms);
}

/** Whoever has the machine says whether the repair helped. */
export function check(account: Account, event: ServerEvent, isRepaired: boolean): void {
  const { serverEventId: id, status } = event;
  if (status !== "WaitCheck") throw denied(`event ${id} is ${status}.`);
  if (isRepaired) end(account, id);
  else serverEventsOf(account).patch(id, { status: "WaitAuthorize", operation: "" });
}

/** As an instance shows it. */
export function repairStatusOf(event: ServerEvent | undefined): string {
  if (event?.status === "WaitAuthorize") return "wait_authorize";
  if (event?.status === "Executing") return "repairing";
  return "normal";
}
