import type { Account } from "../../account.ts";
import { badRequest, denied } from "../../api/fault.ts";
import { type Infer, integer, object, oneOf, optional, text } from "../../api/schema.ts";

/** How something is paid: addresses, groups and load balancers speak of it alike. */
export const BILLING = object({
  paymentTiming: optional(oneOf("Prepaid", "Postpaid")),
  billingMethod: optional(text()),
  reservation: optional(
    object({
      reservationLength: optional(integer(0, 36)),
      reservationTimeUnit: optional(oneOf("month", "Month", "year", "Year")),
    }),
  ),
});
export const RENEW_UNIT = optional(oneOf("month", "year"));
export const RENEW_TIME = optional(integer(0, 9));
/** Months that can be bought at once. */
const LENGTHS: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 24, 36];

export interface Renewal {
  readonly unit: "month" | "year";
  readonly time: number;
}

export interface Terms {
  readonly paymentTiming: "Prepaid" | "Postpaid";
  /** null when prepaid. */
  readonly billingMethod: string | null;
  readonly expireTime: string | null;
}

type Billing = Infer<typeof BILLING>;

/** The terms that a request asks for, of those that there are. */
export function termsOf(account: Account, billing: Billing, methods: readonly string[]): Terms {
  const { paymentTiming, billingMethod } = billing;
  if (!paymentTiming) throw badRequest("billing.paymentTiming: expected Prepaid or Postpaid.");
  if (paymentTiming === "Prepaid")
    return { paymentTiming, billingMethod: null, expireTime: monthsAfter(account.time(), monthsOf(billing)) };
  if (!billingMethod || !methods.includes(billingMethod))
    throw badRequest(`billingMethod: expected ${methods.join(" or ")}.`);
  return { paymentTiming, billingMethod, expireTime: null };
}

export function monthsOf({ reservation }: Billing): number {
  const { reservationLength = 0, reservationTimeUnit } = reservation ?? {};
  return bought(reservationLength * (/^year$/i.test(reservationTimeUnit ?? "") ? 12 : 1), "reservationLength");
}

/** As many months, or the refusal of the field. */
export function bought(months: number, field: string): number {
  if (!LENGTHS.includes(months))
    throw badRequest(`${field}: ${months} is not for sale: expected 1 to 9, 12, 24 or 36.`);
  return months;
}

export function monthsAfter(time: string, months: number): string {
  const date = new Date(time);
  date.setUTCMonth(date.getUTCMonth() + months);
  return date.toISOString().replace(/\.\d+Z$/, "Z");
}

export function renewalOf(unit: string | undefined, time: number | undefined): Renewal {
  const known = unit === "year" ? "year" : "month";
  const most = known === "year" ? 3 : 9;
  const length = time || 1;
  if (length > most) throw badRequest(`autoRenewTime: ${length} is out of range, expected 1 to ${most}.`);
  return { unit: known, time: length };
}

/** Only what is prepaid has a term that can be renewed or given back. */
export function prepaidOnly(what: string, paymentTiming: string): void {
  if (paymentTiming !== "Prepaid") throw denied(`${what} is postpaid.`);
}
