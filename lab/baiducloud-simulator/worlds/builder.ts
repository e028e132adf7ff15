import type { Account } from "../account.ts";
import { Fault } from "../api/fault.ts";
import { operationsOf, type Product } from "../api/operation.ts";
import { inputOf } from "../api/wire.ts";
import type { World } from "../world.ts";
import { type Path, quoted, type Report } from "./check.ts";
import type { Named, Names } from "./names.ts";
import type { GivenWorld } from "./world-text.ts";

/** What the parts of a world are made with. A part that cannot be made is reported, and all that it holds is passed over. */
export interface Builder {
  readonly report: Report;
  /** Runs `make` unless the part has a mistake already. Undefined when there is nothing. */
  attempt<T>(path: Path, part: object, make: () => T): T | undefined;
  /** The same call that a client would make, by its name; throws the Fault that it would get. */
  call(account: Account, product: string, operation: string, given: CallInput): unknown;
  /** The ids that the next objects get, where the file names any. Throws a Fault for one that is taken. */
  useIds(account: Account, ...ids: readonly (string | undefined)[]): void;
  /** The name of what was made, for refusals that speak of its id, which is in no file. */
  made(id: string, name: string): void;
  /** What a reference means; undefined, and reported, when it means nothing. */
  resolve<T extends Named>(path: Path, reference: string, names: Names<T>): T | undefined;
  /** The same for a list of them. */
  resolveAll<T extends Named>(path: Path, references: readonly string[] | undefined, names: Names<T>): readonly T[];
}

interface CallInput {
  readonly params?: Readonly<Record<string, string>>;
  readonly body?: Readonly<Record<string, unknown>>;
}

/** What the cloud's refusals call a field, where a world's file calls it otherwise. */
const FIELDS: Readonly<Record<string, string>> = {
  zoneName: "zone",
  destinationAddress: "destination",
  sourceAddress: "source",
  nexthopId: "nextHop",
  enableIpv6: "ipv6",
  secondaryCidr: "secondaryCidrs",
  listenerPort: "port",
};

export function createBuilder(world: World, products: readonly Product[], { broken, report }: GivenWorld): Builder {
  const missing = createMissing();
  const names = new Map<string, string>();
  return {
    report,
    attempt(path, part, make) {
      if (broken.has(part)) {
        missing.add(part, kindOf(path));
        return undefined;
      }
      try {
        return make();
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        missing.add(part, kindOf(path));
        const message = error.message.replace(/(?<!["\w-])[a-z]+-\w+/g, (id) => quotedName(names.get(id)) ?? id);
        const [, word = "", rest = ""] = /^(\w+): (.*)$/s.exec(message) ?? [];
        const field = FIELDS[word] ?? word;
        if (Object.hasOwn(part, field)) report([...path, field], rest);
        else report(path, message);
        return undefined;
      }
    },
    call(account, productName, name, { params = {}, body = {} }) {
      const product = products.find((one) => one.name === productName);
      const part = product?.parts.findIndex((one) => Object.hasOwn(one.operations, name)) ?? -1;
      const operation = product && operationsOf(product).find(([known]) => known === name)?.[1];
      if (!product || !operation) throw new Error(`there is no ${productName} ${name}`);
      const input = inputOf(operation.method, { path: operation.path, query: [] }, new Uint8Array());
      const principal = { accountId: account.id, accessKeyId: "", kind: "account" } as const;
      return world.handler(account, product, part, name)({ params, query: {}, body, principal, input });
    },
    useIds(account, ...ids) {
      const given = ids.filter((id) => id !== undefined);
      const taken = given.find((id, index) => world.store.isTaken(id) || given.indexOf(id) !== index);
      if (taken !== undefined) throw new Fault(409, "Taken", `id: found ${quoted(taken)}, which another object has`);
      account.useIds(given);
    },
    made: (id, name) => void names.set(id, name),
    resolve: (path, reference, names) => resolve(path, reference, names),
    resolveAll: (path, references = [], names) =>
      references.flatMap((reference, index) => resolve([...path, index], reference, names) ?? []),
  };

  function resolve<T extends Named>(path: Path, reference: string, names: Names<T>): T | undefined {
    const found = names.find(reference);
    if (typeof found !== "string") return found;
    // What was to have that name has a mistake itself.
    if (!missing.has(reference)) report(path, found);
    return undefined;
  }
}

const quotedName = (name: string | undefined): string | undefined => name && quoted(name);

/** "instances" of `…subnets[0].instances[3]`. */
function kindOf(path: Path): string {
  return String(path.findLast((step) => typeof step === "string") ?? "");
}

/** By what key a file holds what others refer to. */
const NAMED = ["subnets", "instances", "securityGroups", "loadBalancers"];

/** The names and ids of what could not be made, so that references to it are no further mistakes. */
function createMissing() {
  const names = new Set([""]);
  let isUnknown = false;
  const add = (part: unknown, key: string): void => {
    if (typeof part !== "object" || part === null) return;
    const { id, name, count = 1 } = part as { readonly id?: string; readonly name?: string; readonly count?: number };
    if (id === undefined && name === undefined && NAMED.includes(key)) isUnknown = true;
    for (const word of [id, name]) if (word !== undefined) names.add(word);
    for (let index = 1; index <= count && count > 1; index++) names.add(`${name}-${index}`);
    for (const [inner, list] of Object.entries(part)) if (Array.isArray(list)) for (const one of list) add(one, inner);
  };
  return { add, has: (reference: string) => isUnknown || names.has(reference) };
}
