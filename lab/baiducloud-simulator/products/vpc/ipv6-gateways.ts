import { parseCidr, parseIp } from "@ccm/base";
import type { Account } from "../../account.ts";
import { PAGING, pageOf, TAGS, type Tag } from "../../api/common.ts";
import { badRequest, denied, Fault, noSuchObject } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { page } from "../../api/paging.ts";
import { boolean, type Infer, integer, list, object, oneOf, optional, text } from "../../api/schema.ts";
import { getVpc } from "./find.ts";
import { routeRulesOf } from "./records.ts";

const EGRESS = object({ egressOnlyRuleId: text(), cidr: text() });
const MBPS = integer(1, 5000);
const RATE = object({
  rateLimitRuleId: text(),
  ipv6Address: text(),
  ingressBandwidthInMbps: integer(),
  egressBandwidthInMbps: integer(),
});

export interface Ipv6Gateway {
  readonly gatewayId: string;
  readonly name: string;
  readonly bandwidthInMbps: number;
  readonly vpcId: string;
  readonly egressOnlyRules: readonly Infer<typeof EGRESS>[];
  readonly rateLimitRules: readonly Infer<typeof RATE>[];
  readonly deleteProtect: boolean;
  readonly tags: readonly Tag[];
}

export const ipv6GatewaysOf = ({ store }: Pick<Account, "store">) => store.table<Ipv6Gateway>("ipv6Gateways");

const PATH = "/v1/IPv6Gateway/{gatewayId}";

const OPERATIONS = operations({
  GetIpv6Gateway: {
    summary: "The IPv6 gateway of a VPC: at most one.",
    method: "GET",
    path: "/v1/IPv6Gateway",
    query: { vpcId: text() },
    answer: object({
      gatewayId: text(),
      name: text(),
      bandwidthInMbps: integer(),
      vpcId: text(),
      egressOnlyRules: list(EGRESS),
      rateLimitRules: list(RATE),
      deleteProtect: boolean(),
    }),
    errors: ["NoSuchObject"],
  },
  CreateIpv6Gateway: {
    summary: "Creates the IPv6 gateway of a VPC.",
    method: "POST",
    path: "/v1/IPv6Gateway",
    body: object({
      vpcId: text(),
      name: text({ max: 65 }),
      bandwidthInMbps: MBPS,
      billing: object({ paymentTiming: oneOf("Postpaid") }),
      tags: TAGS,
      deleteProtect: optional(boolean(), false),
    }),
    answer: object({ gatewayId: text() }),
    errors: ["NoSuchObject", "OperationDenied"],
  },
  ResizeIpv6Gateway: {
    summary: "Changes the bandwidth.",
    method: "PUT",
    path: PATH,
    when: "resize",
    body: object({ bandwidthInMbps: MBPS }),
    errors: ["NoSuchObject"],
  },
  UpdateIpv6GatewayDeleteProtect: {
    summary: "Switches the protection against deletion.",
    method: "PUT",
    path: `${PATH}/deleteProtect`,
    body: object({ deleteProtect: boolean() }),
    errors: ["NoSuchObject"],
  },
  DeleteIpv6Gateway: {
    summary: "Deletes an IPv6 gateway that no route uses.",
    method: "DELETE",
    path: PATH,
    errors: ["NoSuchObject", "OperationDenied"],
  },
  CreateEgressOnlyRule: {
    summary: "Lets a range open connections out only.",
    method: "POST",
    path: `${PATH}/egressOnlyRule`,
    body: object({ cidr: text() }),
    answer: object({ egressOnlyRuleId: text() }),
    errors: ["NoSuchObject"],
  },
  ListEgressOnlyRule: {
    summary: "Lists the ranges that open connections out only.",
    method: "GET",
    path: `${PATH}/egressOnlyRule`,
    query: PAGING,
    answer: pageOf("egressOnlyRules", EGRESS),
    errors: ["NoSuchObject"],
  },
  DeleteEgressOnlyRule: {
    summary: "Deletes an egress-only rule.",
    method: "DELETE",
    path: `${PATH}/egressOnlyRule/{egressOnlyRuleId}`,
    errors: ["NoSuchObject"],
  },
  CreateRateLimitRule: {
    summary: "Limits the bandwidth of one address.",
    method: "POST",
    path: `${PATH}/rateLimitRule`,
    body: object({ ipv6Address: text(), ingressBandwidthInMbps: MBPS, egressBandwidthInMbps: MBPS }),
    answer: object({ rateLimitRuleId: text() }),
    errors: ["NoSuchObject", "OperationDenied"],
  },
  ListRateLimitRule: {
    summary: "Lists the limits of addresses.",
    method: "GET",
    path: `${PATH}/rateLimitRule`,
    query: PAGING,
    answer: pageOf("rateLimitRules", RATE),
    errors: ["NoSuchObject"],
  },
  UpdateRateLimitRule: {
    summary: "Changes the limit of an address.",
    method: "PUT",
    path: `${PATH}/rateLimitRule/{rateLimitRuleId}`,
    body: object({ ingressBandwidthInMbps: optional(MBPS), egressBandwidthInMbps: optional(MBPS) }),
    errors: ["NoSuchObject"],
  },
  DeleteRateLimitRule: {
    summary: "Deletes the limit of an address.",
    method: "DELETE",
    path: `${PATH}/rateLimitRule/{rateLimitRuleId}`,
    errors: ["NoSuchObject"],
  },
});

/** IPv6 gateways, their egress-only ranges and rate limits. */
export const ipv6Gateways = part(OPERATIONS, (account) => {
  const all = ipv6GatewaysOf(account);
  const get = (gatewayId: string): Ipv6Gateway => {
    const gateway = all.get(gatewayId);
    if (!gateway) throw noSuchObject(gatewayId);
    return gateway;
  };
  const ofVpc = (vpcId: string) => all.all().find((gateway) => gateway.vpcId === vpcId);
  const rateRule = (gateway: Ipv6Gateway, id: string) => {
    const rule = gateway.rateLimitRules.find(({ rateLimitRuleId }) => rateLimitRuleId === id);
    if (!rule) throw noSuchObject(id);
    return rule;
  };

  return {
    GetIpv6Gateway({ query: { vpcId } }) {
      getVpc(account, vpcId);
      const gateway = ofVpc(vpcId);
      if (!gateway) throw noSuchObject(`IPv6 gateway of ${vpcId}`);
      const { tags: _, ...view } = gateway;
      return view;
    },
    CreateIpv6Gateway({ body: { billing: _, ...body } }) {
      getVpc(account, body.vpcId);
      if (ofVpc(body.vpcId)) throw denied(`VPC ${body.vpcId} has an IPv6 gateway already.`);
      const gatewayId = account.newId("ipv6gw");
      all.set(gatewayId, { ...body, gatewayId, egressOnlyRules: [], rateLimitRules: [] });
      return { gatewayId };
    },
    ResizeIpv6Gateway({ params, body }) {
      all.patch(get(params.gatewayId).gatewayId, { bandwidthInMbps: body.bandwidthInMbps });
      return {};
    },
    UpdateIpv6GatewayDeleteProtect({ params, body }) {
      all.patch(get(params.gatewayId).gatewayId, { deleteProtect: body.deleteProtect });
      return {};
    },
    DeleteIpv6Gateway({ params: { gatewayId } }) {
      if (get(gatewayId).deleteProtect)
        throw new Fault(403, "OperationDenied", `${gatewayId} is protected against deletion (deleteProtect).`);
      const used = routeRulesOf(account)
        .all()
        .find(({ nexthopId }) => nexthopId === gatewayId);
      if (used) throw denied(`route ${used.routeRuleId} leads to ${gatewayId}.`);
      all.delete(gatewayId);
      account.gone(gatewayId);
      return {};
    },
    CreateEgressOnlyRule({ params, body: { cidr } }) {
      const { gatewayId, egressOnlyRules } = get(params.gatewayId);
      if (parseCidr(cidr)?.family !== 6) throw badRequest(`cidr: "${cidr}" is not an IPv6 CIDR.`);
      if (egressOnlyRules.some((rule) => rule.cidr === cidr)) throw denied(`${cidr} has a rule already.`);
      const egressOnlyRuleId = account.newId("eor");
      all.patch(gatewayId, { egressOnlyRules: [...egressOnlyRules, { egressOnlyRuleId, cidr }] });
      return { egressOnlyRuleId };
    },
    ListEgressOnlyRule: ({ params, query }) =>
      page(query, "egressOnlyRules", get(params.gatewayId).egressOnlyRules, (rule) => rule.egressOnlyRuleId),
    DeleteEgressOnlyRule({ params: { gatewayId, egressOnlyRuleId } }) {
      const { egressOnlyRules } = get(gatewayId);
      const left = egressOnlyRules.filter((rule) => rule.egressOnlyRuleId !== egressOnlyRuleId);
      if (left.length === egressOnlyRules.length) throw noSuchObject(egressOnlyRuleId);
      all.patch(gatewayId, { egressOnlyRules: left });
      return {};
    },
    CreateRateLimitRule({ params, body }) {
      const { gatewayId, rateLimitRules } = get(params.gatewayId);
      if (parseIp(body.ipv6Address)?.family !== 6)
        throw badRequest(`ipv6Address: "${body.ipv6Address}" is not an IPv6 address.`);
      if (rateLimitRules.some((rule) => rule.ipv6Address === body.ipv6Address))
        throw denied(`${body.ipv6Address} has a limit already.`);
      const rateLimitRuleId = account.newId("rlr");
      all.patch(gatewayId, { rateLimitRules: [...rateLimitRules, { rateLimitRuleId, ...body }] });
      return { rateLimitRuleId };
    },
    ListRateLimitRule: ({ params, query }) =>
      page(query, "rateLimitRules", get(params.gatewayId).rateLimitRules, (rule) => rule.rateLimitRuleId),
    UpdateRateLimitRule({ params, body }) {
      const gateway = get(params.gatewayId);
      const rule = rateRule(gateway, params.rateLimitRuleId);
      const changed = {
        ...rule,
        ingressBandwidthInMbps: body.ingressBandwidthInMbps ?? rule.ingressBandwidthInMbps,
        egressBandwidthInMbps: body.egressBandwidthInMbps ?? rule.egressBandwidthInMbps,
      };
      const rules = gateway.rateLimitRules.map((one) => (one === rule ? changed : one));
      all.patch(gateway.gatewayId, { rateLimitRules: rules });
      return {};
    },
    DeleteRateLimitRule({ params }) {
      const gateway = get(params.gatewayId);
      const rule = rateRule(gateway, params.rateLimitRuleId);
      const rules = gateway.rateLimitRules.filter((one) => one !== rule);
      all.patch(gateway.gatewayId, { rateLimitRules: rules });
      return {};
    },
  };
});
