import type { Exchange } from "../api/serve.ts";

/** The field that says which object it is: the first that is named like one. */
const ID_FIELD = /^(id|eip|uuid|.*(Id|ID|Uuid))$/;
const CREATES = /create|add|allocate|purchase|import|copy|apply|run/i;
const READS = /^(list|describe|get|query|show|batchget)/i;

export function isRead({ operation, name }: Exchange): boolean {
  return operation.method === "GET" || READS.test(name);
}

/** The id of an object in an answer. */
export function idOf(item: unknown): string | undefined {
  if (typeof item !== "object" || item === null) return undefined;
  const field = Object.entries(item).find(([name, value]) => typeof value === "string" && ID_FIELD.test(name));
  return field?.[1] as string | undefined;
}

/** The ids of what the call has made. */
export function createdBy(exchange: Exchange, answer: unknown, asked: readonly string[]): readonly string[] {
  if (isRead(exchange) || !CREATES.test(exchange.name)) return [];
  const ids: string[] = [];
  const walk = (value: unknown, name: string): void => {
    if (typeof value === "string") {
      if (/^(id|eip|uuid|.*(Id|ID|Ids|IDs|Uuid|Eips|eips))$/.test(name) && !asked.includes(value)) ids.push(value);
    } else if (Array.isArray(value)) for (const entry of value) walk(entry, name);
    else if (typeof value === "object" && value !== null)
      for (const [field, entry] of Object.entries(value)) walk(entry, field);
  };
  walk(answer, "");
  return ids;
}

/** The object that a call is about: the first one in its path, else the first in its answer. */
export function objectOf(exchange: Exchange, answer: unknown): string | undefined {
  return Object.values(exchange.params)[0] ?? idOf(answer);
}
