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
  /** Of the path; a parameter is "{…}". */
  readonly segments: readonly string[];
  readonly names: readonly string[];
}

export type Router = (input: Input, host?: string) => Route;

/**
 * Finds operations by method, path and action. With the first label of a host name that some product has, only products of
 * that host are looked at; else all of them, in their order. A literal segment wins over a parameter.
 */
export function createRouter(products: readonly Product[]): Router {
  const entries = products.flatMap(entriesOf).sort((a, b) => a.names.length - b.names.length);
  const hosts = new Set(products.flatMap((product) => [product.name, ...product.hosts]));
  /** By host, number of segments and the first two of them: a handful of some thousand. */
  const candidates = new Map<string, readonly Entry[]>();
  const literals = new Set(entries.flatMap(({ segments }) => segments.slice(0, 3)));
  const candidatesFor = (path: string, host: string): readonly Entry[] => {
    const segments = path.split("/");
    // Paths start with "/": before it is nothing. What no path has can only be a parameter.
    const [, first = "", second = ""] = segments.slice(0, 3).map((segment) => (literals.has(segment) ? segment : "?"));
    const key = `${host}/${segments.length}/${first}/${second}`;
    const known = candidates.get(key);
    if (known) return known;
    const fits = (own = "", asked = "") => own === asked || own.includes("{");
    const chosen = entries.filter(
      ({ product, segments: own }) =>
        own.length === segments.length &&
        fits(own[1], first) &&
        fits(own[2], second) &&
        (host === "" || product.name === host || product.hosts.includes(host)),
    );
    candidates.set(key, chosen);
    return chosen;
  };
  return (input, host) => {
    const narrowed = host !== undefined && hosts.has(host) ? host : "";
    const matches = candidatesFor(input.path, narrowed).flatMap((entry) => {
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
        return { product, part, name, operation, pattern: new RegExp(`^${source}$`), segments: path.split("/"), names };
      }),
    ),
  );
}

function isAsked(input: Input, when: string): boolean {
  const equals = when.indexOf("=");
  return equals < 0 ? input.has(when) : input.param(when.slice(0, equals)) === when.slice(equals + 1);
}
