import { parse as parseYaml } from "yaml";
import type { LoggedCall } from "../api/serve.ts";

/** How many calls a run may make. */
export interface Budget {
  readonly total?: number;
  /** By product: "blb". */
  readonly products: Readonly<Record<string, number>>;
  /** By product and operation: "blb/DescribeLoadBalancers". */
  readonly operations: Readonly<Record<string, number>>;
}

export interface BudgetMeter {
  readonly onCall: (call: LoggedCall) => void;
  /** One line for each budget that is exceeded. */
  exceeded(): readonly string[];
}

/** The YAML of a budget file. Throws an Error of one line; `known` are the names that calls can have. */
export function parseBudget(text: string, known: ReadonlySet<string>): Budget {
  const value: unknown = parseYaml(text);
  const top = recordOf(value, "the file");
  const other = Object.keys(top).find((name) => !["total", "products", "operations"].includes(name));
  if (other !== undefined) throw new Error(`${other} is unknown: expected total, products, operations`);
  const limits = (field: "products" | "operations") =>
    Object.fromEntries(
      Object.entries(recordOf(top[field] ?? {}, field)).map(([name, limit]) => {
        if (!known.has(name)) throw new Error(`${field}.${name}: there is no such ${field.slice(0, -1)}`);
        return [name, limitOf(limit, `${field}.${name}`)];
      }),
    );
  return {
    ...(top.total === undefined ? {} : { total: limitOf(top.total, "total") }),
    products: limits("products"),
    operations: limits("operations"),
  };
}

export function createBudgetMeter(budget: Budget): BudgetMeter {
  const made = new Map<string, number>();
  const add = (name: string) => made.set(name, (made.get(name) ?? 0) + 1);
  return {
    onCall({ product, operation }) {
      add("total");
      if (product === undefined) return;
      add(product);
      add(`${product}/${operation}`);
    },
    exceeded: () =>
      Object.entries({
        ...(budget.total === undefined ? {} : { total: budget.total }),
        ...budget.products,
        ...budget.operations,
      }).flatMap(([name, most]) => {
        const calls = made.get(name) ?? 0;
        return calls > most ? [`budget exceeded: ${name}: ${calls} calls, expected at most ${most}`] : [];
      }),
  };
}

function recordOf(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new Error(`${what}: expected an object`);
}

function limitOf(value: unknown, where: string): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0) return value;
  throw new Error(`${where}: expected a whole number, got ${JSON.stringify(value)}`);
}
