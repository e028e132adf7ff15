import { inspect } from "node:util";

/** A text that must not be printed. However it reaches a log, an error or JSON, only `[redacted]` does. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The text itself: for the one line that sends or signs it. */
  reveal(): string {
    return this.#value;
  }

  get empty(): boolean {
    return this.#value === "";
  }

  toString(): string {
    return "[redacted]";
  }

  toJSON(): string {
    return "[redacted]";
  }

  [inspect.custom](): string {
    return "[redacted]";
  }
}
