import { ANY_TEXT, NAME, PAGING, pageOf, TAGS } from "../../api/common.ts";
import { badRequest, denied, Fault, quotaExceeded } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { page } from "../../api/paging.ts";
import { parse } from "../../api/parse.ts";
import { boolean, csv, integer, object, oneOf, optional, text } from "../../api/schema.ts";
import { bindEip, getEip, passThrough, startBinding } from "./binding.ts";
import { type Eip, eipsOf } from "./records.ts";

const STATUS = oneOf("creating", "available", "binding", "binded", "unbinding", "updating", "paused", "unavailable");
const EIP = object({
  eip: text(),
  eipId: text(),
  name: text(),
  status: STATUS,
  eipInstanceType: oneOf("normal", "shared"),
  instanceType: optional(text()),
  instanceId: optional(text()),
  shareGroupId: optional(text()),
  clusterId: optional(text()),
  bandwidthInMbps: integer(),
  paymentTiming: oneOf("Prepaid", "Postpaid"),
  billingMethod: optional(text()),
  routeType: text(),
  createTime: text(),
  expireTime: optional(text()),
  region: text(),
  tags: TAGS,
  deleteProtect: boolean(),
});

const OPERATIONS = operations({
  CreateEip: {
    summary: "Creates a public address; it is `creating` for a while.",
    method: "POST",
    path: "/v1/eip",
    delay: "eipCreate",
    body: object({
      name: NAME,
      billing: object({
        paymentTiming: oneOf("Prepaid", "Postpaid"),
        billingMethod: optional(text()),
      }),
      bandwidthInMbps: integer(),
      routeType: optional(oneOf("BGP", "BGP_S")),
      ipVersion: optional(oneOf("ipv4", "ipv6")),
      deleteProtect: optional(boolean(), false),
      tags: TAGS,
    }),
    answer: object({ eip: text() }),
    errors: ["QuotaLimitExceeded"],
  },
  ListEips: {
    summary: "Lists public addresses.",
    method: "GET",
    path: "/v1/eip",
    query: {
      ...PAGING,
      eip: ANY_TEXT,
      eipIds: optional(csv(Number.MAX_SAFE_INTEGER)),
      name: ANY_TEXT,
      status: ANY_TEXT,
      instanceType: ANY_TEXT,
      instanceId: ANY_TEXT,
      ipVersion: ANY_TEXT,
    },
    answer: pageOf("eipList", EIP),
  },
  BindEip: {
    summary: "Binds an address to an instance, a load balancer, …",
    method: "PUT",
    path: "/v1/eip/{eip}",
    when: "bind",
    delay: "eipBind",
    body: object({ instanceType: text(), instanceId: text() }),
    errors: ["NoSuchObject", "OperationDenied"],
  },
  UnbindEip: {
    summary: "Takes an address from what it is bound to.",
    method: "PUT",
    path: "/v1/eip/{eip}",
    when: "unbind",
    delay: "eipBind",
    errors: ["NoSuchObject", "UnsupportedOperation"],
  },
  ResizeEip: {
    summary: "Changes the bandwidth.",
    method: "PUT",
    path: "/v1/eip/{eip}",
    when: "resize",
    delay: "eipBind",
    body: object({ newBandwidthInMbps: optional(integer()) }),
    errors: ["NoSuchObject", "OperationDenied"],
  },
  ReleaseEip: {
    summary: "Gives an address back.",
    method: "DELETE",
    path: "/v1/eip/{eip}",
    errors: ["NoSuchObject", "OperationDenied"],
  },
  UpdateEipDeleteProtect: {
    summary: "Switches the protection against release.",
    method: "PUT",
    path: "/v1/eip/{eip}/deleteProtect",
    body: object({ deleteProtect: optional(boolean(), false) }),
    errors: ["NoSuchObject"],
  },
});

export const addresses = part(OPERATIONS, (account) => {
  const { timings, quotas } = account;
  const all = eipsOf(account);
  startBinding(account);
  const view = ({ ipVersion: _, ...eip }: Eip) => ({
    ...eip,
    eipInstanceType: eip.shareGroupId === "" ? "normal" : "shared",
    shareGroupId: eip.shareGroupId || null,
    clusterId: null,
    expireTime: null,
    region: account.region,
  });

  return {
    CreateEip({ body }) {
      const { paymentTiming, billingMethod } = body.billing;
      if (paymentTiming === "Postpaid" && billingMethod !== "ByTraffic" && billingMethod !== "ByBandwidth")
        throw badRequest("billingMethod: expected ByTraffic or ByBandwidth.");
      const routeType = body.routeType || "BGP";
      const most = billingMethod === "ByTraffic" ? 200 : 500;
      const room = routeType === "BGP_S" ? integer(100, 5000) : integer(1, most);
      parse(room, body.bandwidthInMbps, "bandwidthInMbps");
      if (all.size >= quotas.eips) throw quotaExceeded("EIPs");
      const ipVersion = body.ipVersion || "ipv4";
      const eip =
        ipVersion === "ipv6"
          ? `2400:da00:100::${account.store.next("publicIpv6").toString(16)}`
          : account.nextPublicIp();
      const name = body.name || `eip-${eip}`;
      all.set(eip, {
        eip,
        eipId: account.newId("ip"),
        name,
        paymentTiming,
        billingMethod: paymentTiming === "Prepaid" ? null : (billingMethod ?? null),
        routeType,
        ipVersion,
        deleteProtect: body.deleteProtect,
        shareGroupId: "",
        createTime: account.time(),
        tags: body.tags,
        status: "creating",
        bandwidthInMbps: body.bandwidthInMbps,
        instanceType: null,
        instanceId: null,
      });
      passThrough(account, eip, "creating", "available", timings.eipCreate);
      account.emit({ kind: "eip.created", eip, name });
      return { eip };
    },
    ListEips({ query }) {
      const { eip: address, eipIds, name, status, instanceType, instanceId } = query;
      const ipVersion = query.ipVersion || "ipv4";
      if (instanceId && !instanceType) throw badRequest("instanceId needs instanceType.");
      const chosen = all
        .all()
        .filter(
          (eip) =>
            eip.ipVersion === ipVersion &&
            (!address || eip.eip === address) &&
            (!eipIds || eipIds.includes(eip.eipId)) &&
            (!name || eip.name === name) &&
            (!status || eip.status === status) &&
            (!instanceType || eip.instanceType === instanceType) &&
            (!instanceId || eip.instanceId === instanceId),
        );
      return page(query, "eipList", chosen.map(view), ({ eipId }) => eipId);
    },
    BindEip({ params, body }) {
      bindEip(account, params.eip, body.instanceType, body.instanceId);
      account.changed();
      return {};
    },
    UnbindEip({ params }) {
      const { eip, status } = getEip(account, params.eip);
      if (status !== "binded")
        throw new Fault(409, "UnsupportedOperation", `EIP ${eip} is ${status}: it must be binded.`);
      passThrough(account, eip, "unbinding", "available", timings.eipBind);
      account.changed();
      return {};
    },
    ResizeEip({ params, body }) {
      const { eip, status, shareGroupId, billingMethod, bandwidthInMbps } = getEip(account, params.eip);
      if (status !== "available" && status !== "binded") throw denied(`EIP ${eip} is ${status}.`);
      if (shareGroupId !== "") throw denied(`EIP ${eip} is in ${shareGroupId}, whose bandwidth it shares.`);
      const room = optional(integer(1, billingMethod === "ByTraffic" ? 1000 : 200), bandwidthInMbps);
      const wanted = parse(room, body.newBandwidthInMbps, "newBandwidthInMbps") as number;
      all.patch(eip, { bandwidthInMbps: wanted });
      passThrough(account, eip, "updating", status, timings.eipBind);
      account.changed();
      return {};
    },
    ReleaseEip({ params }) {
      const { eip, status, deleteProtect, paymentTiming, name } = getEip(account, params.eip);
      if (status !== "available") throw denied(`EIP ${eip} is ${status}: it must be available to be released.`);
      if (deleteProtect) throw denied(`EIP ${eip} is protected against release (deleteProtect).`);
      if (paymentTiming === "Prepaid")
        throw denied(`EIP ${eip} is prepaid: it cannot be released before its term ends.`);
      all.delete(eip);
      account.emit({ kind: "eip.released", eip, name });
      account.changed();
      return {};
    },
    UpdateEipDeleteProtect({ params, body }) {
      const { eip } = getEip(account, params.eip);
      all.patch(eip, { deleteProtect: body.deleteProtect });
      return {};
    },
  };
});
