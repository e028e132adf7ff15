import { ANY_TEXT } from "../../api/common.ts";
import { badRequest, denied } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { boolean, integer, list, object, oneOf, optional, text } from "../../api/schema.ts";
import { money } from "../eip/prices.ts";
import { BILLING, bought, monthsAfter, monthsOf, prepaidOnly, renewalOf } from "../eip/terms.ts";
import { removeBalancer } from "./balancer-life.ts";
import { LEVEL } from "./balancer-schemas.ts";
import { familyOf, getAny, mutateAny } from "./mutate.ts";

const CHARGE = "/v1/blb/{blbId}/charge";
const ORDER = object({ orderId: text() });
const ERRORS = ["NoSuchObject", "OperationDenied"];

const OPERATIONS = operations({
  UpdateLoadBalancerAcl: {
    summary: "Lets the ACLs of subnets apply to a load balancer, or not.",
    method: "PUT",
    path: "/v1/blb/acl/{blbId}",
    delay: "blbUpdate",
    body: object({ supportAcl: optional(boolean(), true) }),
    errors: ERRORS,
  },
  UpdateModificationProtection: {
    summary: "Protects a load balancer against changes at the console; the API does not heed it.",
    method: "PUT",
    path: "/v1/blb/modification_protection/{blbId}",
    delay: "blbUpdate",
    body: object({
      allowModify: boolean(),
      modificationProtectionReason: optional(text({ max: 128 }), ""),
    }),
    errors: ERRORS,
  },
  ResizeLoadBalancer: {
    summary: "Changes the performance level.",
    method: "POST",
    path: "/v1/blb/{blbId}",
    when: "action=RESIZE",
    delay: "blbUpdate",
    body: object({ performanceLevel: LEVEL }),
    answer: ORDER,
    errors: ERRORS,
  },
  ChangeToPrepaid: {
    summary: "Makes a postpaid load balancer a prepaid one.",
    method: "POST",
    path: CHARGE,
    when: "action=TO_PREPAY",
    delay: "blbUpdate",
    body: object({
      billingMethod: optional(oneOf("BySpec")),
      performanceLevel: optional(LEVEL),
      reservationLength: integer(),
    }),
    answer: ORDER,
    errors: ERRORS,
  },
  ChangeToPostpaid: {
    summary: "Makes a prepaid load balancer a postpaid one, at once or when its term ends.",
    method: "POST",
    path: CHARGE,
    when: "action=TO_POSTPAY",
    delay: "blbUpdate",
    body: object({
      billingMethod: optional(oneOf("BySpec", "ByCapacityUnit")),
      performanceLevel: optional(LEVEL),
      effectiveImmediately: optional(boolean(), false),
    }),
    answer: ORDER,
    errors: ERRORS,
  },
  CancelChangeToPostpaid: {
    summary: "Takes that back before the term has ended.",
    method: "POST",
    path: CHARGE,
    when: "action=CANCEL_TO_POSTPAY",
    delay: "blbUpdate",
    errors: ERRORS,
  },
  StartLoadBalancerAutoRenew: {
    summary: "Lets a prepaid load balancer be prolonged by itself.",
    method: "PUT",
    path: "/v1/blb/autoRenew/{blbId}",
    body: object({ autoRenewLength: optional(integer(0, 9)), autoRenewTimeUnit: optional(oneOf("month", "year")) }),
    errors: ERRORS,
  },
  RefundLoadBalancer: {
    summary: "Gives a prepaid load balancer back before its term ends.",
    method: "PUT",
    path: "/v1/blb/refund/{blbId}",
    errors: ERRORS,
  },
  InquireLoadBalancerPrice: {
    summary: "What load balancers would cost.",
    method: "POST",
    path: "/v1/blb/price",
    body: object({
      blbType: oneOf("normal", "application", "ipv6", "ipv6Application"),
      performanceLevel: optional(LEVEL),
      count: optional(integer(1, 100), 1),
      billing: BILLING,
    }),
    answer: object({
      prices: list(object({ chargeItem: text(), discountPrice: text(), originalPrice: text(), chargeUnit: ANY_TEXT })),
    }),
  },
});

/** Yuan in a month: invented, as the simulator sells nothing. */
const PRICES: Readonly<Record<string, number>> = {
  small1: 100,
  small2: 200,
  medium1: 400,
  medium2: 800,
  large1: 1600,
  large2: 3200,
  large3: 6400,
};

/** Calls that load balancers of both families have at one address. */
export const sharedCalls = part(OPERATIONS, (account) => {
  const order = () => ({ orderId: account.random.uuid().replaceAll("-", "") });
  return {
    UpdateLoadBalancerAcl({ params, body }) {
      mutateAny(account, params.blbId, () => ({ supportAcl: body.supportAcl }));
      return {};
    },
    UpdateModificationProtection({ params, body }) {
      mutateAny(account, params.blbId, () => body);
      return {};
    },
    ResizeLoadBalancer({ params, body: { performanceLevel } }) {
      mutateAny(account, params.blbId, ({ billingMethod }) => {
        if (performanceLevel === "unlimited" && billingMethod !== "ByCapacityUnit")
          throw badRequest(`performanceLevel: "unlimited" goes with ByCapacityUnit only.`);
        return { performanceLevel };
      });
      return order();
    },
    ChangeToPrepaid({ params, body }) {
      mutateAny(account, params.blbId, ({ blbId, paymentTiming, performanceLevel: before }) => {
        if (paymentTiming === "Prepaid") throw denied(`load balancer ${blbId} is prepaid already.`);
        const performanceLevel = body.performanceLevel || before;
        if (performanceLevel === "" || performanceLevel === "unlimited")
          throw badRequest("performanceLevel: expected one of small1 to large3.");
        const expireTime = monthsAfter(account.time(), bought(body.reservationLength, "reservationLength"));
        return { paymentTiming: "Prepaid", billingMethod: "BySpec", performanceLevel, expireTime, toPostpaid: false };
      });
      return order();
    },
    ChangeToPostpaid({ params, body }) {
      mutateAny(account, params.blbId, ({ blbId, paymentTiming, performanceLevel: before }) => {
        prepaidOnly(`load balancer ${blbId}`, paymentTiming);
        if (!body.effectiveImmediately) return { toPostpaid: true };
        const billingMethod = body.billingMethod || "BySpec";
        const performanceLevel = billingMethod === "ByCapacityUnit" ? "unlimited" : body.performanceLevel || before;
        return { paymentTiming: "Postpaid", billingMethod, performanceLevel, expireTime: "", toPostpaid: false };
      });
      return order();
    },
    CancelChangeToPostpaid({ params }) {
      mutateAny(account, params.blbId, ({ blbId, toPostpaid }) => {
        if (!toPostpaid) throw denied(`load balancer ${blbId} does not become postpaid.`);
        return { toPostpaid: false };
      });
      return {};
    },
    StartLoadBalancerAutoRenew({ params, body }) {
      mutateAny(account, params.blbId, ({ blbId, paymentTiming }) => {
        prepaidOnly(`load balancer ${blbId}`, paymentTiming);
        return { renewal: renewalOf(body.autoRenewTimeUnit, body.autoRenewLength) };
      });
      return {};
    },
    RefundLoadBalancer({ params }) {
      const found = getAny(account, params.blbId);
      prepaidOnly(`load balancer ${found.blbId}`, found.paymentTiming);
      if (found.status !== "available" || !found.allowDelete)
        throw denied(`load balancer ${found.blbId} is ${found.allowDelete ? found.status : "protected"}.`);
      removeBalancer(account, familyOf(account, found.blbId), found);
      return {};
    },
    InquireLoadBalancerPrice({ body }) {
      const { billing, count, performanceLevel = "small1" } = body;
      const month = (PRICES[performanceLevel] ?? 0) * count;
      const prepaid = billing.paymentTiming === "Prepaid";
      const price = money(prepaid ? month * monthsOf(billing) : month / 30 / 24);
      const chargeItem = billing.billingMethod === "ByCapacityUnit" ? "lcu" : "spec";
      return {
        prices: [{ chargeItem, discountPrice: price, originalPrice: price, chargeUnit: prepaid ? "month" : "hour" }],
      };
    },
  };
});
