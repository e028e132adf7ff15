import { parseCidr, parseIp } from "@ccm/base";
import type { Account } from "../../account.ts";
import { ANY_TEXT, PAGING, pageOf } from "../../api/common.ts";
import { badRequest, denied, noSuchObject } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { page } from "../../api/paging.ts";
import { type Infer, integer, list, object, oneOf, optional, text } from "../../api/schema.ts";
import { getVpc, inside } from "./find.ts";
import { eipsBound, getNat } from "./nat-model.ts";
import type { Nat } from "./records.ts";

/** A rule of a NAT gateway, out (SNAT) or in (DNAT). */
export interface NatRule {
  readonly ruleId: string;
  readonly natId: string;
  readonly kind: "snat" | "dnat";
  readonly publicIps: readonly string[];
  /** As lists have it. */
  readonly fields: Readonly<Record<string, unknown>>;
}

export const natRulesOf = ({ store }: Pick<Account, "store">) => store.table<NatRule>("natRules");

const SNAT = {
  ruleName: optional(text({ max: 65 }), ""),
  publicIpsAddress: list(text()),
  sourceCIDR: text(),
};
/** Clients send ports as texts, and get them back as numbers. */
const PORT = optional(integer(1, 65535));
const PORT_RANGE = optional(text({ pattern: /^\d{1,5}-\d{1,5}$/, hint: '"80-90"' }), "");
const DNAT = {
  ruleName: optional(text({ max: 65 }), ""),
  publicIpAddress: text(),
  privateIpAddress: text(),
  protocol: oneOf("TCP", "UDP", "all"),
  publicPort: PORT,
  publicPortRange: PORT_RANGE,
  privatePort: PORT,
  privatePortRange: PORT_RANGE,
};
type Snat = Infer<ReturnType<typeof object<typeof SNAT>>>;
type Dnat = Infer<ReturnType<typeof object<typeof DNAT>>>;
const SNAT_PATH = "/v1/nat/{natId}/snatRule";
const DNAT_PATH = "/v1/nat/{natId}/dnatRule";
const ID = object({ ruleId: text() });
const CHANGES = ["NoSuchNat", "NoSuchObject", "OperationDenied"] as const;

const OPERATIONS = operations({
  ListSnatRule: {
    summary: "Lists the rules for traffic out.",
    method: "GET",
    path: SNAT_PATH,
    query: PAGING,
    answer: pageOf(
      "rules",
      object({
        ruleId: text(),
        ruleName: ANY_TEXT,
        publicIpsAddress: list(text()),
        sourceCIDR: text(),
        status: text(),
      }),
    ),
    errors: ["NoSuchNat"],
  },
  CreateSnatRule: {
    summary: "Adds a rule for traffic out.",
    method: "POST",
    path: SNAT_PATH,
    body: object(SNAT),
    answer: ID,
    errors: CHANGES,
  },
  BatchCreateSnatRule: {
    summary: "Adds several rules for traffic out, all or none.",
    method: "POST",
    path: "/v1/nat/snatRule/batchCreate",
    body: object({ natId: text(), snatRules: list(object(SNAT)) }),
    answer: object({ snatRuleIds: list(text()) }),
    errors: CHANGES,
  },
  UpdateSnatRule: {
    summary: "Changes a rule for traffic out.",
    method: "PUT",
    path: `${SNAT_PATH}/{ruleId}`,
    body: object({
      ruleName: optional(text({ max: 65 })),
      publicIpsAddress: optional(list(text())),
      sourceCIDR: optional(text()),
    }),
    errors: CHANGES,
  },
  DeleteSnatRule: {
    summary: "Deletes a rule for traffic out.",
    method: "DELETE",
    path: `${SNAT_PATH}/{ruleId}`,
    errors: ["NoSuchNat", "NoSuchObject"],
  },
  ListDnatRule: {
    summary: "Lists the rules for traffic in.",
    method: "GET",
    path: DNAT_PATH,
    query: PAGING,
    answer: pageOf(
      "rules",
      object({
        ruleId: text(),
        ruleName: ANY_TEXT,
        publicIpAddress: text(),
        privateIpAddress: text(),
        protocol: text(),
        publicPort: optional(integer()),
        publicPortRange: ANY_TEXT,
        privatePort: optional(integer()),
        privatePortRange: ANY_TEXT,
        status: text(),
      }),
    ),
    errors: ["NoSuchNat"],
  },
  CreateDnatRule: {
    summary: "Adds a rule for traffic in.",
    method: "POST",
    path: DNAT_PATH,
    body: object(DNAT),
    answer: ID,
    errors: CHANGES,
  },
  BatchCreateDnatRule: {
    summary: "Adds several rules for traffic in, all or none.",
    method: "POST",
    path: `${DNAT_PATH}/batchCreate`,
    body: object({ rules: list(object(DNAT)) }),
    answer: object({ ruleIds: list(text()) }),
    errors: CHANGES,
  },
  UpdateDnatRule: {
    summary: "Changes a rule for traffic in.",
    method: "PUT",
    path: `${DNAT_PATH}/{ruleId}`,
    body: object({
      ...DNAT,
      ruleName: optional(text({ max: 65 })),
      publicIpAddress: optional(text()),
      privateIpAddress: optional(text()),
      protocol: optional(oneOf("TCP", "UDP", "all")),
    }),
    errors: CHANGES,
  },
  DeleteDnatRule: {
    summary: "Deletes a rule for traffic in.",
    method: "DELETE",
    path: `${DNAT_PATH}/{ruleId}`,
    errors: ["NoSuchNat", "NoSuchObject"],
  },
});

/** The rules of NAT gateways. */
export const natRules = part(OPERATIONS, (account) => {
  const all = natRulesOf(account);
  const rulesOf = ({ id }: Nat, kind: NatRule["kind"]) =>
    all.all().filter((rule) => rule.natId === id && rule.kind === kind);
  const getRule = (natId: string, ruleId: string, kind: NatRule["kind"]): NatRule => {
    const rule = rulesOf(getNat(account, natId), kind).find((one) => one.ruleId === ruleId);
    if (!rule) throw noSuchObject(ruleId);
    return rule;
  };
  const view = ({ ruleId, fields }: NatRule) => ({ ruleId, ...fields, status: "active" });
  const checkPublic = (nat: Nat, list: "eips" | "dnatEips", addresses: readonly string[]): void => {
    const bound = eipsBound(account, nat);
    const own = [...bound.bindEips, ...bound[list]];
    const foreign = addresses.find((address) => !own.includes(address));
    if (foreign) throw denied(`${foreign} is not bound to ${nat.id}.`);
  };
  const checkSnat = (nat: Nat, body: Snat): void => {
    if (body.publicIpsAddress.length === 0) throw badRequest("publicIpsAddress is required.");
    checkPublic(nat, "eips", body.publicIpsAddress);
    const source = parseCidr(body.sourceCIDR);
    const vpc = getVpc(account, nat.vpcId);
    const homes = [vpc.cidr, ...vpc.secondaryCidr].flatMap((cidr) => parseCidr(cidr) ?? []);
    if (!source || (source.bits > 0 && !homes.some((home) => inside(source, home))))
      throw badRequest(`sourceCIDR: "${body.sourceCIDR}" is not a range of ${nat.vpcId}.`);
  };
  const checkDnat = (nat: Nat, body: Dnat, present: readonly NatRule[]): void => {
    checkPublic(nat, "dnatEips", [body.publicIpAddress]);
    if (!parseIp(body.privateIpAddress))
      throw badRequest(`privateIpAddress: "${body.privateIpAddress}" is no address.`);
    const hasPorts = (body.publicPort && body.privatePort) || (body.publicPortRange && body.privatePortRange);
    if (body.protocol !== "all" && !hasPorts) throw badRequest("publicPort and privatePort are required.");
    const same = present.find(
      ({ fields }) =>
        fields.publicIpAddress === body.publicIpAddress &&
        (fields.protocol === "all" ||
          body.protocol === "all" ||
          (fields.protocol === body.protocol &&
            fields.publicPort === body.publicPort &&
            fields.publicPortRange === body.publicPortRange)),
    );
    if (same) throw denied(`rule ${same.ruleId} has that public address and port.`);
  };
  const add = (nat: Nat, kind: NatRule["kind"], publicIps: readonly string[], fields: NatRule["fields"]): string => {
    const ruleId = account.newId("rule");
    all.set(ruleId, { ruleId, natId: nat.id, kind, publicIps, fields });
    return ruleId;
  };
  const addDnats = (nat: Nat, bodies: readonly Dnat[]): readonly string[] => {
    const present = [...rulesOf(nat, "dnat")];
    for (const body of bodies) {
      checkDnat(nat, body, present);
      present.push({ ruleId: "of this call", natId: nat.id, kind: "dnat", publicIps: [], fields: body });
    }
    return bodies.map((body) => add(nat, "dnat", [body.publicIpAddress], body));
  };
  const addSnats = (nat: Nat, bodies: readonly Snat[]): readonly string[] => {
    for (const body of bodies) checkSnat(nat, body);
    return bodies.map((body) => add(nat, "snat", body.publicIpsAddress, body));
  };
  const merged = (rule: NatRule, body: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => {
    const given = Object.entries(body).filter(([, value]) => value !== undefined && value !== "");
    return { ...rule.fields, ...Object.fromEntries(given) };
  };
  const remove = (natId: string, ruleId: string, kind: NatRule["kind"]): object => {
    all.delete(getRule(natId, ruleId, kind).ruleId);
    return {};
  };

  return {
    ListSnatRule: ({ params, query }) =>
      page(query, "rules", rulesOf(getNat(account, params.natId), "snat").map(view), ({ ruleId }) => ruleId),
    CreateSnatRule: ({ params, body }) => ({ ruleId: addSnats(getNat(account, params.natId), [body])[0] }),
    BatchCreateSnatRule: ({ body }) => ({ snatRuleIds: addSnats(getNat(account, body.natId), body.snatRules) }),
    UpdateSnatRule({ params: { natId, ruleId }, body }) {
      const fields = merged(getRule(natId, ruleId, "snat"), body) as Snat;
      checkSnat(getNat(account, natId), fields);
      all.patch(ruleId, { fields, publicIps: fields.publicIpsAddress });
      return {};
    },
    DeleteSnatRule: ({ params }) => remove(params.natId, params.ruleId, "snat"),
    ListDnatRule: ({ params, query }) =>
      page(query, "rules", rulesOf(getNat(account, params.natId), "dnat").map(view), ({ ruleId }) => ruleId),
    CreateDnatRule: ({ params, body }) => ({ ruleId: addDnats(getNat(account, params.natId), [body])[0] }),
    BatchCreateDnatRule: ({ params, body }) => ({
      ruleIds: addDnats(getNat(account, params.natId), body.rules),
    }),
    UpdateDnatRule({ params: { natId, ruleId }, body }) {
      const rule = getRule(natId, ruleId, "dnat");
      const nat = getNat(account, natId);
      const fields = merged(rule, body) as Dnat;
      const others = rulesOf(nat, "dnat").filter((one) => one.ruleId !== ruleId);
      checkDnat(nat, fields, others);
      all.patch(ruleId, { fields, publicIps: [fields.publicIpAddress] });
      return {};
    },
    DeleteDnatRule: ({ params }) => remove(params.natId, params.ruleId, "dnat"),
  };
});
