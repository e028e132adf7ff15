import { ANY_TEXT, NAME, PAGING, pageOf, TAGS } from "../../api/common.ts";
import { badRequest, denied, Fault } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { page } from "../../api/paging.ts";
import { parse } from "../../api/parse.ts";
import { boolean, csv, type Infer, integer, list, object, oneOf, optional, text } from "../../api/schema.ts";
import { bindEip, getEip, passThrough, restingEip, startBinding } from "./binding.ts";
import { addEip, dropEip, type NewEip, roomForEips } from "./create.ts";
import { eipsOf } from "./records.ts";
import { recycle } from "./recycle.ts";
import { EIP, eipViews } from "./schemas.ts";
import { BILLING, RENEW_TIME, RENEW_UNIT, renewalOf, termsOf } from "./terms.ts";

const PATH = "/v1/eip/{eip}";
const NEW_EIP = {
  name: NAME,
  billing: BILLING,
  bandwidthInMbps: integer(),
  routeType: optional(oneOf("BGP", "BGP_S")),
  ipVersion: optional(oneOf("ipv4", "ipv6")),
  deleteProtect: optional(boolean(), false),
  tags: TAGS,
  resourceGroupId: ANY_TEXT,
  autoRenewTimeUnit: RENEW_UNIT,
  autoRenewTime: RENEW_TIME,
  idc: ANY_TEXT,
};
const NEW_EIP_BODY = object(NEW_EIP);

const OPERATIONS = operations({
  CreateEip: {
    summary: "Creates a public address; it is `creating` for a while.",
    method: "POST",
    path: "/v1/eip",
    delay: "eipCreate",
    body: NEW_EIP_BODY,
    answer: object({ eip: text() }),
    errors: ["QuotaLimitExceeded"],
  },
  BatchCreateEip: {
    summary: "Creates several public addresses that are alike, all or none.",
    method: "POST",
    path: "/v1/eip",
    when: "action=batch",
    delay: "eipCreate",
    body: object({ ...NEW_EIP, count: optional(integer(0, 100)), continuous: optional(boolean()) }),
    answer: object({ eips: list(text()) }),
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
    summary: "Binds an address to a machine, a network card, a load balancer, …",
    method: "PUT",
    path: PATH,
    when: "bind",
    delay: "eipBind",
    body: object({ instanceType: text(), instanceId: text(), instanceIp: ANY_TEXT }),
    errors: ["NoSuchObject", "OperationDenied"],
  },
  UnbindEip: {
    summary: "Takes an address from what it is bound to.",
    method: "PUT",
    path: PATH,
    when: "unbind",
    delay: "eipBind",
    errors: ["NoSuchObject", "UnsupportedOperation"],
  },
  DirectEip: {
    summary: "Puts a bound address itself on the network card.",
    method: "PUT",
    path: PATH,
    when: "direct",
    delay: "eipBind",
    errors: ["NoSuchObject", "UnsupportedOperation"],
  },
  UnDirectEip: {
    summary: "Takes a bound address from the network card again.",
    method: "PUT",
    path: PATH,
    when: "unDirect",
    delay: "eipBind",
    errors: ["NoSuchObject", "UnsupportedOperation"],
  },
  ResizeEip: {
    summary: "Changes the bandwidth.",
    method: "PUT",
    path: PATH,
    when: "resize",
    delay: "eipBind",
    body: object({ newBandwidthInMbps: optional(integer()) }),
    errors: ["NoSuchObject", "OperationDenied"],
  },
  ReleaseEip: {
    summary: "Gives an address back, or puts it into the recycle bin.",
    method: "DELETE",
    path: PATH,
    query: { releaseToRecycle: optional(boolean(), false) },
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
  const { timings } = account;
  const all = eipsOf(account);
  startBinding(account);
  const specOf = (body: Infer<typeof NEW_EIP_BODY>): NewEip => {
    const terms = termsOf(account, body.billing, ["ByTraffic", "ByBandwidth"]);
    const routeType = body.routeType || "BGP";
    const most = terms.billingMethod === "ByTraffic" ? 200 : 500;
    const room = routeType === "BGP_S" ? integer(100, 5000) : integer(1, most);
    parse(room, body.bandwidthInMbps, "bandwidthInMbps");
    const { autoRenewTime, autoRenewTimeUnit } = body;
    const renews = terms.paymentTiming === "Prepaid" && (autoRenewTimeUnit || autoRenewTime);
    return {
      ...terms,
      name: body.name,
      bandwidthInMbps: body.bandwidthInMbps,
      routeType,
      ipVersion: body.ipVersion || "ipv4",
      deleteProtect: body.deleteProtect,
      tags: body.tags,
      renewal: renews ? renewalOf(autoRenewTimeUnit, autoRenewTime) : null,
      shareGroupId: "",
    };
  };
  const onCard = (address: string, direct: boolean): object => {
    const { eip, status, instanceType, direct: before } = getEip(account, address);
    const machine = instanceType !== null && ["BCC", "BBC", "DCC", "ENI"].includes(instanceType);
    if (status !== "binded" || !machine)
      throw new Fault(409, "UnsupportedOperation", `EIP ${eip} must be bound to a machine or a network card.`);
    if (before === direct)
      throw new Fault(409, "UnsupportedOperation", `EIP ${eip} is ${direct ? "already" : "not"} on the network card.`);
    all.patch(eip, { direct });
    passThrough(account, eip, "updating", "binded", timings.eipBind);
    return {};
  };

  return {
    CreateEip({ body }) {
      const spec = specOf(body);
      roomForEips(account, 1);
      return { eip: addEip(account, spec).eip };
    },
    BatchCreateEip({ body }) {
      const spec = specOf(body);
      const count = body.count || 1;
      roomForEips(account, count);
      const made = Array.from({ length: count }, (_, index) =>
        addEip(account, { ...spec, name: spec.name && count > 1 ? `${spec.name}-${index + 1}` : spec.name }),
      );
      return { eips: made.map(({ eip }) => eip) };
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
      return page(query, "eipList", chosen.map(eipViews(account)), ({ eipId }) => eipId);
    },
    BindEip({ params, body }) {
      bindEip(account, params.eip, body.instanceType, body.instanceId, body.instanceIp || undefined);
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
    DirectEip: ({ params }) => onCard(params.eip, true),
    UnDirectEip: ({ params }) => onCard(params.eip, false),
    ResizeEip({ params, body }) {
      const { eip, status, shareGroupId, billingMethod, routeType, bandwidthInMbps } = restingEip(account, params.eip);
      if (shareGroupId !== "") throw denied(`EIP ${eip} is in ${shareGroupId}, whose bandwidth it shares.`);
      const most = billingMethod === "ByTraffic" ? 1000 : 500;
      const room = routeType === "BGP_S" ? integer(100, 5000) : integer(1, most);
      const wanted = parse(
        { ...room, optional: true, fallback: bandwidthInMbps },
        body.newBandwidthInMbps,
        "newBandwidthInMbps",
      );
      all.patch(eip, { bandwidthInMbps: wanted as number });
      passThrough(account, eip, "updating", status, timings.eipBind);
      account.changed();
      return {};
    },
    ReleaseEip({ params, query }) {
      const eip = getEip(account, params.eip);
      const { eip: address, status, deleteProtect, paymentTiming, shareGroupId, nativeGroup } = eip;
      if (status !== "available") throw denied(`EIP ${address} is ${status}: it must be available to be released.`);
      if (deleteProtect) throw denied(`EIP ${address} is protected against release (deleteProtect).`);
      if (paymentTiming === "Prepaid")
        throw denied(`EIP ${address} is prepaid: it cannot be released before its term ends.`);
      if (nativeGroup) throw denied(`EIP ${address} belongs to ${shareGroupId}: it is released there.`);
      if (query.releaseToRecycle) recycle(account, eip);
      dropEip(account, eip);
      return {};
    },
    UpdateEipDeleteProtect({ params, body }) {
      const { eip } = getEip(account, params.eip);
      all.patch(eip, { deleteProtect: body.deleteProtect });
      return {};
    },
  };
});
