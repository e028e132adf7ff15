import { parseCidr, parseIp } from "@ccm/base";
import type { Account } from "../../account.ts";
import { badRequest, denied } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { type Infer, integer, list, object, oneOf, optional, text } from "../../api/schema.ts";
import { notFound } from "./faults.ts";
import { activeNat, type DnatRule, type EdgeNat, getNat, natsOf, type SnatRule } from "./nat-model.ts";
import { ACTION, listing, listingOf, writeOf, written } from "./wire.ts";

const SNAT = "/v1/nat/{natId}/snatRule";
const DNAT = "/v1/nat/{natId}/dnatRule";
const PAGES = { pageNo: optional(integer(1), 1), pageSize: optional(integer(1, 1000), 1000) };
const PORT = optional(text({ pattern: /^\d{1,5}$/, hint: "1 to 65535" }));
const NEW_SNAT = object({ natId: optional(text()), ruleName: optional(text({ max: 65 })), sourceCIDR: text() });
const NEW_DNAT = object({
  natId: optional(text()),
  ruleName: optional(text({ max: 65 })),
  protocol: oneOf("TCP", "UDP", "all"),
  privateIpAddress: text(),
  privatePort: PORT,
  publicIpAddress: text(),
  publicPort: PORT,
});
const EIP = object({ ip: text(), serviceProvider: text() });
const RULE = { natId: text(), ruleId: text(), ruleName: text(), status: text() };
const SNAT_VIEW = object({ ...RULE, sourceCIDR: text(), publicIpsAddress: list(EIP) });
const DNAT_VIEW = object({
  ...RULE,
  protocol: text(),
  privateIpAddress: text(),
  privatePort: text(),
  publicIpAddress: EIP,
  publicPort: text(),
});
const IDS = object({ natId: optional(text()), ruleIdList: list(text(), 100) });
const MADE = writeOf(object({ ruleIds: list(text()) }));
const CHANGES = ["ResourceNotFound", "OperationDenied"];

const OPERATIONS = operations({
  CreateSnatRule: {
    summary: "Adds a source rule.",
    method: "POST",
    path: `${SNAT}/create`,
    body: NEW_SNAT,
    answer: MADE,
    errors: CHANGES,
  },
  BatchCreateSnatRules: {
    summary: "Adds source rules.",
    method: "POST",
    path: `${SNAT}/batchCreate`,
    body: object({ natId: optional(text()), snatRules: list(NEW_SNAT, 50) }),
    answer: MADE,
    errors: CHANGES,
  },
  ListSnatRules: {
    summary: "The source rules.",
    method: "GET",
    path: SNAT,
    query: PAGES,
    answer: listingOf(SNAT_VIEW),
    errors: ["ResourceNotFound"],
  },
  UpdateSnatRule: {
    summary: "Changes a source rule.",
    method: "PUT",
    path: `${SNAT}/{ruleId}`,
    body: NEW_SNAT,
    answer: ACTION,
    errors: CHANGES,
  },
  BatchDeleteSnatRules: {
    summary: "Deletes source rules.",
    method: "POST",
    path: `${SNAT}/batch/delete`,
    body: IDS,
    answer: ACTION,
    errors: CHANGES,
  },
  CreateDnatRule: {
    summary: "Adds a destination rule.",
    method: "POST",
    path: `${DNAT}/create`,
    body: NEW_DNAT,
    answer: MADE,
    errors: CHANGES,
  },
  BatchCreateDnatRules: {
    summary: "Adds destination rules.",
    method: "POST",
    path: `${DNAT}/batchCreate`,
    body: object({ natId: optional(text()), dnatRules: list(NEW_DNAT, 50) }),
    answer: MADE,
    errors: CHANGES,
  },
  ListDnatRules: {
    summary: "The destination rules.",
    method: "GET",
    path: DNAT,
    query: PAGES,
    answer: listingOf(DNAT_VIEW),
    errors: ["ResourceNotFound"],
  },
  UpdateDnatRule: {
    summary: "Changes a destination rule.",
    method: "PUT",
    path: `${DNAT}/{ruleId}`,
    body: NEW_DNAT,
    answer: ACTION,
    errors: CHANGES,
  },
  BatchDeleteDnatRules: {
    summary: "Deletes destination rules.",
    method: "POST",
    path: `${DNAT}/batch/delete`,
    body: IDS,
    answer: ACTION,
    errors: CHANGES,
  },
});

function snatRule(account: Account, others: readonly SnatRule[], given: Infer<typeof NEW_SNAT>, id?: string): SnatRule {
  if (!parseCidr(given.sourceCIDR))
    throw badRequest(`sourceCIDR: "${given.sourceCIDR}" is not valid, expected a range.`);
  if (others.some(({ sourceCIDR }) => sourceCIDR === given.sourceCIDR)) throw denied(`${given.sourceCIDR} has a rule.`);
  const ruleId = id ?? account.newId("snat");
  return { ruleId, ruleName: given.ruleName || ruleId, sourceCIDR: given.sourceCIDR };
}

function dnatRule(
  account: Account,
  { dnatEips }: EdgeNat,
  others: readonly DnatRule[],
  given: Infer<typeof NEW_DNAT>,
  id?: string,
): DnatRule {
  const { protocol, privateIpAddress, privatePort = "", publicIpAddress, publicPort = "" } = given;
  if (!parseIp(privateIpAddress)) throw badRequest(`privateIpAddress: "${privateIpAddress}" is not valid.`);
  if (!dnatEips.some(({ ip }) => ip === publicIpAddress)) throw notFound(publicIpAddress);
  if (protocol !== "all" && (privatePort === "" || publicPort === ""))
    throw badRequest("privatePort and publicPort are required with TCP and UDP.");
  const clash = others.find(
    (one) =>
      one.publicIpAddress === publicIpAddress &&
      (one.protocol === "all" || protocol === "all" || (one.protocol === protocol && one.publicPort === publicPort)),
  );
  if (clash) throw denied(`rule ${clash.ruleId} has this port already.`);
  const ruleId = id ?? account.newId("dnat");
  const ruleName = given.ruleName || ruleId;
  return { ruleId, ruleName, protocol, privateIpAddress, privatePort, publicIpAddress, publicPort };
}

/** The rules without these, all of which must be there. */
function without<T extends { readonly ruleId: string }>(rules: readonly T[], ids: readonly string[]): readonly T[] {
  const missing = ids.find((id) => !rules.some(({ ruleId }) => ruleId === id));
  if (missing) throw notFound(missing);
  return rules.filter(({ ruleId }) => !ids.includes(ruleId));
}

export const natRules = part(OPERATIONS, (account) => {
  const nats = natsOf(account);
  const addSnat = (natId: string, given: readonly Infer<typeof NEW_SNAT>[]) => {
    const { snatRules } = activeNat(account, natId);
    const all = [...snatRules];
    for (const one of given) all.push(snatRule(account, all, one));
    nats.patch(natId, { snatRules: all });
    return written("CreateSnatRule", { ruleIds: all.slice(snatRules.length).map(({ ruleId }) => ruleId) });
  };
  const addDnat = (natId: string, given: readonly Infer<typeof NEW_DNAT>[]) => {
    const nat = activeNat(account, natId);
    const all = [...nat.dnatRules];
    for (const one of given) all.push(dnatRule(account, nat, all, one));
    nats.patch(natId, { dnatRules: all });
    return written("CreateDnatRule", { ruleIds: all.slice(nat.dnatRules.length).map(({ ruleId }) => ruleId) });
  };
  const paged = (query: { pageNo: number; pageSize: number }, views: readonly Record<string, unknown>[]) =>
    listing({ ...query, order: undefined, orderBy: undefined, keyword: undefined, keywordType: undefined }, views);
  return {
    CreateSnatRule: ({ params, body }) => addSnat(params.natId, [body]),
    BatchCreateSnatRules: ({ params, body }) => addSnat(params.natId, body.snatRules),
    ListSnatRules({ params: { natId }, query }) {
      const { snatRules, eips } = getNat(account, natId);
      const views = snatRules.map((rule) => ({ ...rule, natId, status: "active", publicIpsAddress: eips }));
      return paged(query, views);
    },
    UpdateSnatRule({ params: { natId, ruleId }, body }) {
      const others = without(activeNat(account, natId).snatRules, [ruleId]);
      nats.patch(natId, { snatRules: [...others, snatRule(account, others, body, ruleId)] });
      return written("UpdateSnatRule");
    },
    BatchDeleteSnatRules({ params: { natId }, body: { ruleIdList } }) {
      nats.patch(natId, { snatRules: without(activeNat(account, natId).snatRules, ruleIdList) });
      return written("BatchDeleteSnatRules");
    },
    CreateDnatRule: ({ params, body }) => addDnat(params.natId, [body]),
    BatchCreateDnatRules: ({ params, body }) => addDnat(params.natId, body.dnatRules),
    ListDnatRules({ params: { natId }, query }) {
      const { dnatRules, dnatEips } = getNat(account, natId);
      const views = dnatRules.map((rule) => ({
        ...rule,
        natId,
        status: "active",
        publicIpAddress: dnatEips.find(({ ip }) => ip === rule.publicIpAddress),
      }));
      return paged(query, views);
    },
    UpdateDnatRule({ params: { natId, ruleId }, body }) {
      const nat = activeNat(account, natId);
      const others = without(nat.dnatRules, [ruleId]);
      nats.patch(natId, { dnatRules: [...others, dnatRule(account, nat, others, body, ruleId)] });
      return written("UpdateDnatRule");
    },
    BatchDeleteDnatRules({ params: { natId }, body: { ruleIdList } }) {
      nats.patch(natId, { dnatRules: without(activeNat(account, natId).dnatRules, ruleIdList) });
      return written("BatchDeleteDnatRules");
    },
  };
});
