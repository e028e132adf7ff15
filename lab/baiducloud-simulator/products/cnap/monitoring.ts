import type { Account } from "../../account.ts";
import { badRequest } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { anything, type Infer, integer, list, object, oneOf, optional, text } from "../../api/schema.ts";
import { PAGES, pageOf, pageSchema } from "./paging.ts";
import { checkName, found, newCnapId } from "./records.ts";

/** There are no metrics behind it: every query has one series, which is this all the time. */
const VALUE = 1;
/** As many points as Prometheus gives at most. */
const MOST_POINTS = 11_000;
const COMPARE: Readonly<Record<string, (threshold: number) => boolean>> = {
  ">": (threshold) => VALUE > threshold,
  ">=": (threshold) => VALUE >= threshold,
  "<": (threshold) => VALUE < threshold,
  "<=": (threshold) => VALUE <= threshold,
  "==": (threshold) => VALUE === threshold,
  "!=": (threshold) => VALUE !== threshold,
};
const UNIT_MS: Readonly<Record<string, number>> = { "": 1000, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const SPAN = text({ pattern: /^\d{1,9}[smhd]?$/, hint: "a number with s, m, h or d" });
const RULE_FIELDS = {
  name: text({ max: 65 }),
  duration: SPAN,
  promql: text(),
  op: oneOf(">", ">=", "<", "<=", "==", "!="),
  threshold: integer(Number.MIN_SAFE_INTEGER),
  repeatInterval: SPAN,
  contacts: optional(object({ users: optional(list(text()), []) }), { users: [] }),
  labels: optional(anything(), {}),
  description: optional(text(), ""),
};
const NEW_RULE = object(RULE_FIELDS);
const RULE = object({ resourceID: text(), ...RULE_FIELDS });
const ALERT = object({
  ...RULE_FIELDS,
  resourceID: text(),
  name: optional(text()),
  alertRuleID: text(),
  alertRuleName: text(),
  startsAt: text(),
  endsAt: optional(text()),
  notifiedAt: text(),
  status: text(),
});
const RULES = "/monitoring/v1/alertRules";

type Rule = Infer<typeof RULE>;
interface Alert extends Omit<Rule, "name"> {
  readonly alertRuleID: string;
  readonly alertRuleName: string;
  readonly startsAt: string;
  /** "" while it lasts. */
  readonly endsAt: string;
  readonly notifiedAt: string;
  readonly status: string;
}

const OPERATIONS = operations({
  CreateAlertRule: {
    summary: "Adds a rule; the simulator's metrics are 1 at all times, so it fires after its duration or never.",
    method: "POST",
    path: RULES,
    body: NEW_RULE,
    answer: RULE,
    errors: ["Conflict"],
  },
  UpdateAlertRule: {
    summary: "Replaces a rule; its alert ends.",
    method: "PUT",
    path: `${RULES}/{alertRuleID}`,
    body: NEW_RULE,
    answer: RULE,
    errors: ["NoSuchObject", "Conflict"],
  },
  DeleteAlertRule: {
    summary: "Deletes a rule; its alert ends.",
    method: "DELETE",
    path: `${RULES}/{alertRuleID}`,
    answer: RULE,
    errors: ["NoSuchObject"],
  },
  ListAlertRules: {
    summary: "Lists the rules.",
    method: "GET",
    path: RULES,
    query: { ...PAGES, name: optional(text()) },
    answer: pageSchema(RULE),
  },
  ListAlerts: {
    summary: "Lists what has fired, by times in milliseconds or RFC 3339.",
    method: "GET",
    path: "/monitoring/v1/alerts",
    query: { ...PAGES, name: optional(text()), startsAt: optional(text()), endsAt: optional(text()) },
    answer: pageSchema(ALERT),
  },
  QueryRange: {
    summary: "A series of metrics in Prometheus' form.",
    method: "GET",
    path: "/monitoring/v1/query_range",
    query: { query: text(), start: integer(), end: integer(), step: optional(SPAN, "60"), timeout: optional(text()) },
    answer: object({
      status: text(),
      data: object({
        resultType: text(),
        result: list(object({ metric: anything(), values: list(list(anything()), MOST_POINTS) })),
      }),
    }),
  },
});

const rulesOf = ({ store }: Pick<Account, "store">) => store.table<Rule>("cnapAlertRules");
const alertsOf = ({ store }: Pick<Account, "store">) => store.table<Alert>("cnapAlerts");

export const monitoring = part(OPERATIONS, (account) => {
  const rules = rulesOf(account);
  const alerts = alertsOf(account);
  account.store.on("cnap.alert", (id, { version }) => {
    const rule = rules.get(id);
    // A rule that was changed meanwhile begins to wait anew.
    if (!rule || JSON.stringify(rule) !== version) return;
    const { name: alertRuleName, ...about } = rule;
    const time = account.time();
    const resourceID = newCnapId(account, "al");
    const times = { startsAt: time, endsAt: "", notifiedAt: time };
    alerts.set(resourceID, { ...about, ...times, resourceID, alertRuleID: id, alertRuleName, status: "FIRING" });
  });
  const watch = (rule: Rule): Rule => {
    rules.set(rule.resourceID, rule);
    const version = JSON.stringify(rule);
    if (COMPARE[rule.op]?.(rule.threshold))
      account.store.schedule("cnap.alert", rule.resourceID, spanMs(rule.duration), { version });
    return rule;
  };
  const resolve = (ruleId: string): void => {
    for (const { alertRuleID, resourceID, endsAt } of alerts.all()) {
      if (alertRuleID === ruleId && endsAt === "")
        alerts.patch(resourceID, { status: "RESOLVED", endsAt: account.time() });
    }
  };
  return {
    CreateAlertRule({ body }) {
      checkName("alert rule", body.name, rules.all());
      return watch({ resourceID: newCnapId(account, "ar"), ...body });
    },
    UpdateAlertRule({ params: { alertRuleID }, body }) {
      found(rules, alertRuleID);
      const others = rules.all().filter(({ resourceID }) => resourceID !== alertRuleID);
      checkName("alert rule", body.name, others);
      resolve(alertRuleID);
      return watch({ resourceID: alertRuleID, ...body });
    },
    DeleteAlertRule({ params: { alertRuleID } }) {
      const rule = found(rules, alertRuleID);
      resolve(alertRuleID);
      rules.delete(alertRuleID);
      return rule;
    },
    ListAlertRules: ({ query }) =>
      pageOf(
        query,
        rules.all().filter(({ name }) => name.includes(query.name ?? "")),
      ),
    ListAlerts({ query }) {
      const [from, to] = [timeMs("startsAt", query.startsAt) ?? 0, timeMs("endsAt", query.endsAt) ?? Infinity];
      const chosen = alerts.all().filter(({ alertRuleName, startsAt }) => {
        const began = Date.parse(startsAt);
        return alertRuleName.includes(query.name ?? "") && from <= began && began <= to;
      });
      return pageOf(query, chosen);
    },
    QueryRange({ query: { query, start, end, step } }) {
      const seconds = spanMs(step) / 1000;
      if (end < start) throw badRequest("end: expected a time after start.");
      if (seconds <= 0) throw badRequest("step: expected more than 0.");
      const count = Math.floor((end - start) / seconds) + 1;
      if (count > MOST_POINTS) throw badRequest(`step: expected at most ${MOST_POINTS} points.`);
      const values = Array.from({ length: count }, (_, index) => [start + index * seconds, String(VALUE)]);
      return { status: "success", data: { resultType: "matrix", result: [{ metric: { query }, values }] } };
    },
  };
});

function spanMs(text: string): number {
  const [, number, unit = ""] = /^(\d+)(\w?)$/.exec(text) ?? [];
  return Number(number) * (UNIT_MS[unit] ?? Number.NaN);
}

function timeMs(name: string, text: string | undefined): number | undefined {
  if (!text) return undefined;
  const ms = /^\d+$/.test(text) ? Number(text) : Date.parse(text);
  if (Number.isNaN(ms)) throw badRequest(`${name}: "${text}" is no time.`);
  return ms;
}
