export * from "./amount.ts";
export * from "./ledger.ts";
export * from "./words.ts";
