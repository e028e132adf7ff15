import type { Infer } from "../../api/schema.ts";
import { type BILLING, monthsOf } from "./terms.ts";

/** Yuan per Mbps: invented, as the simulator sells nothing. */
const MONTH = 20;
const MINUTE = 0.0005;
const GIGABYTE = 0.8;

export const money = (yuan: number): string => yuan.toFixed(5);

/** In texts, and only those that the terms have. */
export function priceOf(billing: Infer<typeof BILLING>, mbps: number): Readonly<Record<string, string>> {
  if (billing.paymentTiming === "Prepaid") return { purchasePrice: money(mbps * MONTH * monthsOf(billing)) };
  if (billing.billingMethod === "ByTraffic") return { configPrice: money(0.001), netrafficPrice: money(GIGABYTE) };
  return { configPrice: money(mbps * MINUTE) };
}
