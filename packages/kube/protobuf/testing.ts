/** For this room's tests: writes protobuf, from the field numbers up. */
import { BYTES, VARINT } from "./wire.ts";

type Content = string | number | bigint | boolean | Uint8Array;

export function varint(value: number | bigint): Uint8Array {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  return Uint8Array.from([...bytes, Number(rest)]);
}

/** A field: texts and bytes with their length, numbers and booleans as varints. */
export function field(number: number, content: Content): Uint8Array {
  if (typeof content === "string" || content instanceof Uint8Array) {
    const bytes = Buffer.from(content as string);
    return Buffer.concat([varint((number << 3) | BYTES), varint(bytes.length), bytes]);
  }
  return Buffer.concat([
    varint((number << 3) | VARINT),
    varint(typeof content === "boolean" ? Number(content) : content),
  ]);
}

export function fields(...all: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(all);
}

/** An object as an API server sends it. */
export function envelope(kind: string, object: Uint8Array): Uint8Array {
  return fields(Buffer.from("k8s\0"), field(1, fields(field(1, "v1"), field(2, kind))), field(2, object));
}

/** An event of a watch in its frame. */
export function frame(type: string, object: Uint8Array): Uint8Array {
  const event = fields(field(1, type), field(2, field(1, object)));
  const header = Buffer.alloc(4);
  header.writeUInt32BE(event.length);
  return fields(header, event);
}
