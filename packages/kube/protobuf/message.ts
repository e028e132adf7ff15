import { BYTES, VARINT, WireReader } from "./wire.ts";

const FIRST_BYTES = (1 << 3) | BYTES;
const SECOND_BYTES = (2 << 3) | BYTES;

type Target = Record<string, unknown>;

/** How one field is read into the object that has it. */
export interface Kind {
  readonly wireType: number;
  set(target: Target, name: string, reader: WireReader): void;
}

/** The fields of a message that are read, by number. All others are skipped unread: what is not named here costs little. */
export interface Message<T> {
  readonly fields: readonly ((Kind & { readonly name: string }) | undefined)[];
  /** Only carries the type. */
  readonly object?: T;
}

export function message<T>(
  fields: Readonly<Record<number, readonly [name: keyof T & string, kind: Kind]>>,
): Message<T> {
  const byNumber: (Message<T>["fields"][number] | undefined)[] = [];
  for (const [number, [name, { wireType, set }]] of Object.entries(fields)) {
    byNumber[Number(number)] = { name, wireType, set };
  }
  // Without holes, which would make every look-up slower.
  return { fields: Array.from(byNumber, (field) => field) };
}

/** The message as an object that JSON would have given. Throws a RangeError for bytes that are none. */
export function readMessage<T>(from: Message<T>, bytes: Uint8Array): T {
  return readFields(from, new WireReader(bytes)) as T;
}

function readFields({ fields }: Message<unknown>, reader: WireReader): Target {
  const target: Target = {};
  while (reader.more) {
    const tag = reader.varint();
    const wireType = tag & 7;
    const field = fields[tag >>> 3];
    if (field !== undefined && field.wireType === wireType) field.set(target, field.name, reader);
    else reader.skip(wireType);
  }
  return target;
}

/** A text that JSON leaves out when it is empty. */
export const text: Kind = {
  wireType: BYTES,
  set(target, name, reader) {
    const value = reader.text();
    if (value !== "") target[name] = value;
  },
};

/** A text that is there even when it is empty: required, or a pointer in Go. */
export const anyText: Kind = {
  wireType: BYTES,
  set(target, name, reader) {
    target[name] = reader.text();
  },
};

/** A number that JSON leaves out when it is 0. */
export const integer: Kind = {
  wireType: VARINT,
  set(target, name, reader) {
    const value = reader.varint();
    if (value !== 0) target[name] = value;
  },
};

export const anyInteger: Kind = {
  wireType: VARINT,
  set(target, name, reader) {
    target[name] = reader.varint();
  },
};

/** A boolean that JSON leaves out when it is false. */
export const flag: Kind = {
  wireType: VARINT,
  set(target, name, reader) {
    if (reader.varint() !== 0) target[name] = true;
  },
};

export const anyFlag: Kind = {
  wireType: VARINT,
  set(target, name, reader) {
    target[name] = reader.varint() !== 0;
  },
};

export const texts: Kind = {
  wireType: BYTES,
  set(target, name, reader) {
    push(target, name, reader.text());
  },
};

/** runtime.RawExtension: bytes in a message of their own, for another reader. They are not copied: use them at once. */
export const nestedBytes: Kind = {
  wireType: BYTES,
  set(target, name, reader) {
    const outer = reader.enter();
    while (reader.more) {
      const tag = reader.varint();
      if (tag === FIRST_BYTES) target[name] = reader.bytes();
      else reader.skip(tag & 7);
    }
    reader.leave(outer);
  },
};

export function nested(inner: Message<unknown>): Kind {
  return {
    wireType: BYTES,
    set(target, name, reader) {
      target[name] = within(inner, reader);
    },
  };
}

export function listOf(inner: Message<unknown>): Kind {
  return {
    wireType: BYTES,
    set(target, name, reader) {
      push(target, name, within(inner, reader));
    },
  };
}

/** A map of texts: each entry is a message of its own, with the key as field 1 and the value as field 2. */
export const textMap: Kind = {
  wireType: BYTES,
  set(target, name, reader) {
    const outer = reader.enter();
    let key = "";
    let value = "";
    while (reader.more) {
      const tag = reader.varint();
      if (tag === FIRST_BYTES) key = reader.text();
      else if (tag === SECOND_BYTES) value = reader.text();
      else reader.skip(tag & 7);
    }
    reader.leave(outer);
    const map = (target[name] ?? {}) as Record<string, string>;
    target[name] = map;
    // Nothing inherits from what a user names "__proto__".
    if (key === "__proto__")
      Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true });
    else map[key] = value;
  },
};
const TIME = message<{ readonly seconds: number }>({ 1: ["seconds", anyInteger] });

/** metav1.Time, as RFC 3339 in whole seconds. No time at all is an empty message. */
export const time: Kind = {
  wireType: BYTES,
  set(target, name, reader) {
    const { seconds } = within(TIME, reader) as { readonly seconds?: number };
    if (seconds === undefined) return;
    const date = new Date(seconds * 1000);
    if (Number.isNaN(date.getTime())) throw new RangeError(`${seconds} s is not a time`);
    target[name] = date.toISOString().replace(".000Z", "Z");
  },
};

const INT_OR_STRING = message<{ readonly type: number; readonly int: number; readonly text: string }>({
  1: ["type", anyInteger],
  2: ["int", anyInteger],
  3: ["text", anyText],
});

/** intstr.IntOrString: a number or a text. */
export const intOrString: Kind = {
  wireType: BYTES,
  set(target, name, reader) {
    const {
      type = 0,
      int = 0,
      text: string = "",
    } = within(INT_OR_STRING, reader) as {
      readonly type?: number;
      readonly int?: number;
      readonly text?: string;
    };
    target[name] = type === 0 ? int : string;
  },
};

function within(inner: Message<unknown>, reader: WireReader): Target {
  const outer = reader.enter();
  const value = readFields(inner, reader);
  reader.leave(outer);
  return value;
}

function push(target: Target, name: string, value: unknown): void {
  const list = target[name] as unknown[] | undefined;
  if (list) list.push(value);
  else target[name] = [value];
}
