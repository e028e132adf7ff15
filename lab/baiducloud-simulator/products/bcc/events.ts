import { ANY_TEXT, TAGS } from "../../api/common.ts";
import { badRequest, noSuchObject } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { page } from "../../api/paging.ts";
import { boolean, integer, list, object, optional, text } from "../../api/schema.ts";
import {
  authorize,
  check,
  getEvent,
  openEvent,
  type ServerEvent,
  serverEventsOf,
  startServerEvents,
} from "./event-model.ts";
import { isEbc } from "./flavors.ts";
import { instancesOf } from "./records.ts";

const TEXT = optional(text());
const IDS = optional(list(text(), 100));
const OPTIONS = ["reboot", "redeploy"];
const FIELDS = {
  serverEventId: text(),
  serverEventType: text(),
  serverEventStatus: text(),
  instanceId: text(),
  productCategory: ANY_TEXT,
  instanceSpec: ANY_TEXT,
  instanceName: ANY_TEXT,
  privateIp: ANY_TEXT,
  tags: TAGS,
  serverEventCreatedTime: text(),
  serverEventEndedTime: ANY_TEXT,
  maintenanceOptions: list(text()),
  supportMaintenanceOptions: list(text()),
  authorizedMaintenanceOperation: ANY_TEXT,
  associatedPlannedMaintenanceServerEventIds: list(text()),
  associatedUnplannedMaintenanceServerEventIds: list(text()),
  executeTime: ANY_TEXT,
  serverEventLogs: list(object({})),
};
const BODY = object({
  marker: TEXT,
  maxKeys: optional(integer(0, 1000)),
  serverEventIds: IDS,
  instanceIds: IDS,
  productCategory: TEXT,
  serverEventType: TEXT,
  serverEventLogTimeFilter: TEXT,
  periodStartTime: TEXT,
  periodEndTime: TEXT,
  serverEventStatus: TEXT,
});
const PAGE = { requestId: ANY_TEXT, marker: ANY_TEXT, isTruncated: boolean(), nextMarker: TEXT, maxKeys: integer() };
const PLANNED = object({ ...PAGE, plannedMaintenanceEvents: list(object({ ...FIELDS, risks: list(object({})) })) });
const UNPLANNED = object({
  ...PAGE,
  unplannedMaintenanceEvents: list(object({ ...FIELDS, failures: list(object({})), issueDiskInfos: list(object({})) })),
});
const POST = { method: "POST", path: "/", clientToken: false, body: BODY } as const;

const OPERATIONS = operations({
  DescribePlannedEvents: {
    ...POST,
    summary: "Lists planned maintenance that is not over.",
    when: "action=DescribePlannedEvents",
    answer: PLANNED,
  },
  DescribePlannedEventRecords: {
    ...POST,
    summary: "Lists planned maintenance that is over.",
    when: "action=DescribePlannedEventRecords",
    answer: PLANNED,
  },
  DescribeUnplannedEvents: {
    ...POST,
    summary: "Lists failures of hosts that are not over.",
    when: "action=DescribeUnplannedEvents",
    answer: UNPLANNED,
  },
  DescribeUnplannedEventRecords: {
    ...POST,
    summary: "Lists failures of hosts that are over.",
    when: "action=DescribeUnplannedEventRecords",
    answer: UNPLANNED,
  },
  CheckUnplannedEvent: {
    ...POST,
    summary: "Says whether the repair of a host helped.",
    when: "action=CheckUnplannedEvent",
    body: object({
      serverEventId: text(),
      checkResult: text({ oneOf: ["pass", "fail", "PASS", "FAIL"] }),
      issueEffect: TEXT,
      issueDescription: TEXT,
      authorizeMaintenanceOperation: TEXT,
    }),
    answer: object({ requestId: ANY_TEXT }),
    errors: ["NoSuchObject", "OperationDenied"],
  },
  AuthorizeServerEvent: {
    ...POST,
    summary: "Allows work on the host of an instance, which is switched off and on by it.",
    when: "action=AuthorizeServerEvent",
    delay: "instanceChange",
    body: object({
      serverEventId: TEXT,
      instanceId: TEXT,
      authorizeMaintenanceOperation: TEXT,
      executeTime: TEXT,
    }),
    answer: object({
      requestId: ANY_TEXT,
      associatedPlannedMaintenanceServerEventIds: TEXT,
      associatedUnplannedMaintenanceServerEventIds: list(text()),
    }),
    errors: ["NoSuchObject", "OperationDenied"],
  },
});

/** Maintenance of hosts: RPC style on the host of BCC. */
export const serverEvents = part(OPERATIONS, (account) => {
  startServerEvents(account);
  const view = (event: ServerEvent) => {
    const instance = instancesOf(account).get(event.instanceId);
    return {
      serverEventId: event.serverEventId,
      serverEventType: event.kind === "planned" ? "HostMaintenance" : "HostFailure",
      serverEventStatus: event.status,
      instanceId: event.instanceId,
      productCategory: instance && isEbc(instance.spec) ? "EBC" : "BCC",
      instanceSpec: instance?.spec ?? "",
      instanceName: instance?.name ?? "",
      privateIp: instance?.internalIp ?? "",
      tags: instance?.tags ?? [],
      serverEventCreatedTime: event.createdTime,
      serverEventEndedTime: event.endedTime,
      maintenanceOptions: OPTIONS,
      supportMaintenanceOptions: OPTIONS,
      authorizedMaintenanceOperation: event.operation,
      associatedPlannedMaintenanceServerEventIds: [],
      associatedUnplannedMaintenanceServerEventIds: [],
      executeTime: event.executeTime,
      serverEventLogs: [],
      ...(event.kind === "planned" ? { risks: [] } : { failures: [], issueDiskInfos: [] }),
    };
  };
  const listed = (
    body: {
      readonly marker: string | undefined;
      readonly maxKeys: number | undefined;
      readonly serverEventIds: readonly string[] | undefined;
      readonly instanceIds: readonly string[] | undefined;
      readonly serverEventType: string | undefined;
      readonly serverEventStatus: string | undefined;
    },
    kind: ServerEvent["kind"],
    isOver: boolean,
  ) => {
    const chosen = serverEventsOf(account)
      .all()
      .filter((event) => event.kind === kind && (event.status === "Ended") === isOver)
      .map(view)
      .filter(
        (one) =>
          (!body.serverEventIds?.length || body.serverEventIds.includes(one.serverEventId)) &&
          (!body.instanceIds?.length || body.instanceIds.includes(one.instanceId)) &&
          (!body.serverEventType || body.serverEventType === one.serverEventType) &&
          (!body.serverEventStatus || body.serverEventStatus === one.serverEventStatus),
      );
    const paging = { marker: body.marker, maxKeys: body.maxKeys || undefined };
    const field = kind === "planned" ? "plannedMaintenanceEvents" : "unplannedMaintenanceEvents";
    return { requestId: account.random.uuid(), ...page(paging, field, chosen, (one) => one.serverEventId) };
  };

  return {
    DescribePlannedEvents: ({ body }) => listed(body, "planned", false),
    DescribePlannedEventRecords: ({ body }) => listed(body, "planned", true),
    DescribeUnplannedEvents: ({ body }) => listed(body, "unplanned", false),
    DescribeUnplannedEventRecords: ({ body }) => listed(body, "unplanned", true),
    CheckUnplannedEvent({ body }) {
      const event = getEvent(account, body.serverEventId);
      if (event.kind !== "unplanned") throw badRequest(`serverEventId: ${event.serverEventId} is planned.`);
      check(account, event, /^pass$/i.test(body.checkResult));
      return { requestId: account.random.uuid() };
    },
    AuthorizeServerEvent({ body: { serverEventId, instanceId, authorizeMaintenanceOperation, executeTime } }) {
      if (!serverEventId && !instanceId) throw badRequest("one of serverEventId and instanceId is required.");
      const event = serverEventId ? getEvent(account, serverEventId) : openEvent(account, instanceId ?? "");
      if (!event) throw noSuchObject(`event of ${instanceId}`);
      authorize(account, event, authorizeMaintenanceOperation || "reboot", executeTime ?? "");
      return { requestId: account.random.uuid(), associatedUnplannedMaintenanceServerEventIds: [] };
    },
  };
});
