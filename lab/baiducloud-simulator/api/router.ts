import { Fault } from "./fault.ts";
import type { Operation, Product } from "./operation.ts";
import type { Input } from "./wire.ts";

/** The operation that a request asks for. */
export interface Route {
  readonly product: Product;
  /** Which of the product's parts. */
  readonly part: number;
  readonly name: string;
  readonly operation: Operation;
  readonly params: Readonly<Record<string, string>>;
}

interface Entry extends Omit<Route, "params"> {
  readonly pattern: RegExp;
  /** Segments of the path. */
  readonly depth: number;
  readonly names: readonly string[];
}

export type Router = (input: Input, host?: string) => Route;

/**
 * Finds operations by method, path and action. With the first label of a host name that some product has, only products of
 * that host are looked at; else all of them, in their order. A literal segment wins over a parameter.
 */
export function createRouter(products: readonly Product[]): Router {
  const entries = products.flatMap(entriesOf).sort((a, b) => a.names.length - b.names.length);
  const byDepth = Map.groupBy(entries, (entry) => entry.depth);
  const hosts = new Set(products.flatMap((product) => [product.name, ...product.hosts]));
  return (input, host) => {
    const narrowed = host !== undefined && hosts.has(host);
    const matches = (byDepth.get(depth(input.path)) ?? []).flatMap((entry) => {
      if (narrowed && entry.product.name !== host && !entry.product.hosts.includes(host)) return [];
      const found = entry.pattern.exec(input.path);
      return found ? [{ ...entry, values: found.slice(1) }] : [];
    });
    const first = matches.find(({ operation }) => operation.method === input.method);
    const best = matches.filter(
      ({ operation, pattern }) => operation.method === input.method && pattern.source === first?.pattern.source,
    );
    // Elsewhere on the shared port the same path may be another product's: an action that fits wins over the order.
    const all = matches.filter(({ operation }) => operation.method === input.method);
    const chosen =
      best.find(({ operation }) => operation.when && isAsked(input, operation.when)) ??
      best.find(({ operation }) => !operation.when) ??
      all.find(({ operation }) => !operation.when || isAsked(input, operation.when));
    if (chosen) {
      const { product, part, name, operation, names, values } = chosen;
      const params = Object.fromEntries(names.map((param, index) => [param, values[index] ?? ""]));
      return { product, part, name, operation, params };
    }
    if (first) {
      const actions = best.map(({ operation }) => operation.when ?? "");
      // Calls in RPC style have one path for all.
      const code = first.product.unknownAction ?? (input.path === "/" ? "InvalidAction" : "BadRequest");
      throw new Fault(400, code, `expected one of the actions ${actions.join(", ")}.`);
    }
    if (matches.length > 0)
      throw new Fault(405, "MethodNotAllowed", `${input.method} is not allowed on ${input.path}.`);
    throw new Fault(404, "InvalidURI", `Could not parse the specified URI: ${input.path} is not simulated.`);
  };
}

/** Of each product once: simulators are made by the thousand. */
const known = new WeakMap<Product, readonly Entry[]>();

function entriesOf(product: Product): readonly Entry[] {
  const entries = known.get(product) ?? readEntries(product);
  known.set(product, entries);
  return entries;
}

function readEntries(product: Product): readonly Entry[] {
  return product.parts.flatMap(({ operations }, part) =>
    Object.entries(operations).flatMap(([name, operation]) =>
      [operation.path, ...(operation.aliases ?? [])].map((path) => {
        const source = path.replace(/[.]/g, "\\.").replace(/\{[^}]+\}/g, "([^/]+)");
        const names = [...path.matchAll(/\{([^}]+)\}/g)].map((match) => match[1] ?? "");
        return { product, part, name, operation, pattern: new RegExp(`^${source}$`), depth: depth(path), names };
      }),
    ),
  );
}

function depth(path: string): number {
  return path.split("/").length;
}

function isAsked(input: Input, when: string): boolean {
  const equals = when.indexOf("=");
  return equals < 0 ? input.has(when) : input.param(when.slice(0, equals)) === when.slice(equals + 1);
}
