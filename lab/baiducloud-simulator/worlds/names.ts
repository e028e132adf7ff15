import { quoted } from "./check.ts";
import { nearest } from "./nearest.ts";

export interface Named {
  readonly id: string;
  readonly name: string;
}

/** Things of one kind that can be referred to, by id or by a name that no other has. */
export class Names<T extends Named> {
  readonly #kind: string;
  readonly #byId = new Map<string, T>();
  readonly #byName = new Map<string, T[]>();

  /** `kind` is in the plural: "instances". */
  constructor(kind: string, things: Iterable<T> = []) {
    this.#kind = kind;
    for (const thing of things) this.add(thing);
  }

  add(thing: T): void {
    this.#byId.set(thing.id, thing);
    const same = this.#byName.get(thing.name);
    if (same) same.push(thing);
    else this.#byName.set(thing.name, [thing]);
  }

  /** What the reference means, or why nothing. */
  find(reference: string): T | string {
    const found = this.#byId.get(reference);
    if (found) return found;
    const [first, ...others] = this.#byName.get(reference) ?? [];
    if (first && others.length === 0) return first;
    if (first)
      return `found ${quoted(reference)}, the name of ${others.length + 1} ${this.#kind}: expected the id of one`;
    const close = nearest(reference, [...this.#byName.keys(), ...this.#byId.keys()]);
    const expected = close === "" ? "but there are none here" : `the nearest is ${quoted(close)}`;
    return `found ${quoted(reference)}, expected one of the ${this.#kind}: ${expected}`;
  }

  /** How a file refers to it: by its name where that says it all. */
  referenceTo(id: string): string | undefined {
    const thing = this.#byId.get(id);
    if (!thing) return undefined;
    const isPlain = thing.name !== "" && this.#byName.get(thing.name)?.length === 1 && !this.#byId.has(thing.name);
    return isPlain ? thing.name : id;
  }
}
