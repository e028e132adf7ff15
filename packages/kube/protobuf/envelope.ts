import { type Message, message, nested, readMessage, text } from "./message.ts";
import { STATUS_MESSAGE } from "./types.ts";
import { BYTES, WireReader } from "./wire.ts";

export const PROTOBUF = "application/vnd.kubernetes.protobuf";
/** The server answers a watch in the first of these that it knows, and everything else in JSON. */
export const ACCEPT_PROTOBUF_WATCH = `${PROTOBUF};stream=watch, application/json`;

/** Before each object, so that nobody takes it for JSON. */
const MAGIC = Buffer.from("k8s\0");
const RAW_FIELD = 2;

interface TypeMeta {
  readonly apiVersion: string;
  readonly kind: string;
}
const TYPE_META = message<TypeMeta>({ 1: ["apiVersion", text], 2: ["kind", text] });
const UNKNOWN = message<{ readonly typeMeta: Partial<TypeMeta> }>({ 1: ["typeMeta", nested(TYPE_META)] });

export function isProtobuf(headers: Readonly<Record<string, string>>): boolean {
  return headers["content-type"]?.startsWith(PROTOBUF) ?? false;
}

/** The object in its envelope (runtime.Unknown after four bytes of magic). Throws a RangeError for anything else. */
export function readObject<T>(from: Message<T>, bytes: Uint8Array): T {
  return readMessage(from, open(bytes));
}

function open(bytes: Uint8Array): Uint8Array {
  if (bytes.length < MAGIC.length || MAGIC.compare(bytes, 0, MAGIC.length) !== 0) {
    throw new RangeError('the object does not begin with "k8s\\0"');
  }
  const reader = new WireReader(bytes.subarray(MAGIC.length));
  let raw: Uint8Array = new Uint8Array(0);
  while (reader.more) {
    const tag = reader.varint();
    if (tag === ((RAW_FIELD << 3) | BYTES)) raw = reader.bytes();
    else reader.skip(tag & 7);
  }
  return raw;
}

/** A refusal that came in protobuf, as the JSON that it would have been; what is no Status is told by its kind. */
export function statusAsJson(bytes: Uint8Array): string {
  const { typeMeta = {} } = readMessage(UNKNOWN, bytes.subarray(MAGIC.length)) as {
    readonly typeMeta?: Partial<TypeMeta>;
  };
  if (typeMeta.kind !== "Status") return `an object of kind ${typeMeta.kind ?? "unknown"}`;
  return JSON.stringify({ ...readObject(STATUS_MESSAGE, bytes), kind: "Status", apiVersion: "v1" });
}
