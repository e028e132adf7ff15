import { ANY_TEXT } from "../../api/common.ts";
import { badRequest, denied } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { parse } from "../../api/parse.ts";
import { integer, object, optional, text } from "../../api/schema.ts";
import { getEip, passThrough, restingEip } from "./binding.ts";
import { dropEip } from "./create.ts";
import { priceOf } from "./prices.ts";
import { eipsOf } from "./records.ts";
import { BILLING, bought, monthsAfter, monthsOf, prepaidOnly, RENEW_TIME, RENEW_UNIT, renewalOf } from "./terms.ts";

const PATH = "/v1/eip/{eip}";

const OPERATIONS = operations({
  PurchaseReservedEip: {
    summary: "Prolongs a prepaid address.",
    method: "PUT",
    path: PATH,
    when: "purchaseReserved",
    body: object({ billing: BILLING }),
    errors: ["NoSuchObject", "OperationDenied"],
  },
  StartAutoRenewEip: {
    summary: "Lets a prepaid address be prolonged by itself.",
    method: "PUT",
    path: PATH,
    when: "startAutoRenew",
    body: object({ autoRenewTimeUnit: RENEW_UNIT, autoRenewTime: RENEW_TIME }),
    errors: ["NoSuchObject", "OperationDenied"],
  },
  StopAutoRenewEip: {
    summary: "Ends that again.",
    method: "PUT",
    path: PATH,
    when: "stopAutoRenew",
    errors: ["NoSuchObject", "OperationDenied"],
  },
  EipPostpayToPrepay: {
    summary: "Makes a postpaid address a prepaid one.",
    method: "PUT",
    path: PATH,
    when: "action=TO_PREPAY",
    delay: "eipBind",
    body: object({ purchaseLength: integer(), bandWidth: integer() }),
    errors: ["NoSuchObject", "OperationDenied"],
  },
  RefundEip: {
    summary: "Gives a prepaid address back before its term ends.",
    method: "PUT",
    path: "/v1/eip/refund/{eip}",
    errors: ["NoSuchObject", "OperationDenied"],
  },
  GetEipPrice: {
    summary: "What addresses would cost.",
    method: "POST",
    path: "/v1/eip/price",
    body: object({
      bandwidthInMbps: integer(1, 5000),
      count: optional(integer(1, 100), 1),
      purchaseType: ANY_TEXT,
      billing: BILLING,
    }),
    answer: object({
      prices: object({ purchasePrice: ANY_TEXT, configPrice: ANY_TEXT, netrafficPrice: optional(text()) }),
    }),
  },
});

export const payment = part(OPERATIONS, (account) => {
  const all = eipsOf(account);
  return {
    PurchaseReservedEip({ params, body }) {
      const { eip, paymentTiming, expireTime } = restingEip(account, params.eip);
      prepaidOnly(`EIP ${eip}`, paymentTiming);
      all.patch(eip, { expireTime: monthsAfter(expireTime ?? account.time(), monthsOf(body.billing)) });
      return {};
    },
    StartAutoRenewEip({ params, body }) {
      const { eip, paymentTiming } = getEip(account, params.eip);
      prepaidOnly(`EIP ${eip}`, paymentTiming);
      all.patch(eip, { renewal: renewalOf(body.autoRenewTimeUnit, body.autoRenewTime) });
      return {};
    },
    StopAutoRenewEip({ params }) {
      const { eip, renewal } = getEip(account, params.eip);
      if (!renewal) throw denied(`EIP ${eip} is not prolonged by itself.`);
      all.patch(eip, { renewal: null });
      return {};
    },
    EipPostpayToPrepay({ params, body }) {
      const { eip, status, paymentTiming, shareGroupId, routeType } = restingEip(account, params.eip);
      if (paymentTiming === "Prepaid") throw denied(`EIP ${eip} is prepaid already.`);
      if (shareGroupId !== "") throw denied(`EIP ${eip} is in ${shareGroupId}.`);
      const months = bought(body.purchaseLength, "purchaseLength");
      const room = routeType === "BGP_S" ? integer(100, 5000) : integer(1, 500);
      const bandwidthInMbps = parse(room, body.bandWidth, "bandWidth") as number;
      const expireTime = monthsAfter(account.time(), months);
      all.patch(eip, { paymentTiming: "Prepaid", billingMethod: null, bandwidthInMbps, expireTime });
      passThrough(account, eip, "updating", status, account.timings.eipBind);
      return {};
    },
    RefundEip({ params }) {
      const eip = getEip(account, params.eip);
      prepaidOnly(`EIP ${eip.eip}`, eip.paymentTiming);
      if (eip.status !== "available") throw denied(`EIP ${eip.eip} is ${eip.status}: unbind it first.`);
      if (eip.deleteProtect) throw denied(`EIP ${eip.eip} is protected against release (deleteProtect).`);
      dropEip(account, eip);
      return {};
    },
    GetEipPrice({ body }) {
      const { billing, bandwidthInMbps, count } = body;
      if (!billing.paymentTiming) throw badRequest("billing.paymentTiming: expected Prepaid or Postpaid.");
      return { prices: priceOf(billing, bandwidthInMbps * count) };
    },
  };
});
