/** The wire types of protobuf that Kubernetes uses, and the two that have to be skipped. */
export const VARINT = 0;
export const FIXED64 = 1;
export const BYTES = 2;
export const FIXED32 = 5;

/** Seven bytes hold 49 bits, which a number keeps exactly. */
const EXACT_BYTES = 7;
const LONGEST_VARINT = 10;
/**
 * The keys and values of labels, types, reasons …: the texts of objects are much the same, and the one that was last read at
 * its place is taken again instead of a new one. A number of bytes beyond which texts are seldom seen twice.
 */
const LONGEST_SHARED = 64;
const SLOTS = 4096;
const shared: string[] = Array.from({ length: SLOTS }, () => "");

/** Equal as ASCII; a text with other characters has fewer of them than bytes, or differs here. */
function same(text: string, bytes: Uint8Array, start: number): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) !== bytes[start + at]) return false;
  return true;
}

/**
 * Reads protobuf from bytes that are all there. Throws a RangeError where they are not what protobuf allows; its message
 * names a position and quotes nothing.
 */
export class WireReader {
  readonly #bytes: Buffer;
  #at: number;
  #end: number;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = 0;
    this.#end = bytes.byteLength;
  }

  /** Whether the message that is being read goes on. */
  get more(): boolean {
    return this.#at < this.#end;
  }

  /** An int32, int64 or bool; beyond 53 bits the nearest number. */
  varint(): number {
    const start = this.#at;
    let value = 0;
    let scale = 1;
    for (let read = 0; read < EXACT_BYTES; read++) {
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 0x80;
    }
    this.#at = start;
    return this.#longVarint();
  }

  text(): string {
    const end = this.#stop();
    const start = this.#at;
    this.#at = end;
    const bytes = this.#bytes;
    const length = end - start;
    if (length === 0) return "";
    if (length > LONGEST_SHARED) return bytes.toString("utf8", start, end);
    let hash = length;
    for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + (bytes[at] ?? 0)) | 0;
    const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1);
    const known = shared[slot] ?? "";
    if (known.length === length && same(known, bytes, start)) return known;
    const text = bytes.toString("utf8", start, end);
    shared[slot] = text;
    return text;
  }

  bytes(): Uint8Array {
    const end = this.#stop();
    const bytes = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return bytes;
  }

  /** Goes into a message inside this one; `leave` with what it returned goes back. */
  enter(): number {
    const outer = this.#end;
    this.#end = this.#stop();
    return outer;
  }

  leave(outer: number): void {
    this.#end = outer;
  }

  skip(wireType: number): void {
    if (wireType === BYTES) this.#at = this.#stop();
    else if (wireType === VARINT) this.varint();
    else if (wireType === FIXED64) this.#advance(8);
    else if (wireType === FIXED32) this.#advance(4);
    else throw new RangeError(`unknown wire type ${wireType} at byte ${this.#at}`);
  }

  #byte(): number {
    if (this.#at >= this.#end) throw new RangeError(`cut off at byte ${this.#at}`);
    return this.#bytes[this.#at++] ?? 0;
  }

  #advance(count: number): void {
    if (count > this.#end - this.#at) throw new RangeError(`cut off at byte ${this.#at}`);
    this.#at += count;
  }

  /** Reads a length; where the field with it ends. */
  #stop(): number {
    const length = this.varint();
    if (length < 0 || length > this.#end - this.#at) {
      throw new RangeError(`a field at byte ${this.#at} is longer than what it is in`);
    }
    return this.#at + length;
  }

  /** Negative numbers take all ten bytes. */
  #longVarint(): number {
    let value = 0n;
    for (let read = 0; read < LONGEST_VARINT; read++) {
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << BigInt(7 * read);
      if (byte < 0x80) return Number(BigInt.asIntN(64, value));
    }
    throw new RangeError(`a number at byte ${this.#at} does not end`);
  }
}
