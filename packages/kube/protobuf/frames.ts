const HEADER = 4;
/** More than any object that etcd keeps (1.5 MiB by default), and little enough not to run out of memory for garbage. */
const LARGEST = 64 << 20;
const FIRST_SCRATCH = 64 << 10;

/**
 * Cuts a byte stream into frames: four bytes of length, most significant first, then so many bytes. A frame is valid
 * until the next one is asked for: one that lies within a chunk is a view of it, one that does not is put together in a
 * buffer that is used again.
 */
export class FrameSplitter {
  #scratch = Buffer.alloc(FIRST_SCRATCH);
  /** Bytes in the scratch buffer: of a frame that is not complete. */
  #kept = 0;

  /** The frames that `chunk` completes. Throws a RangeError for a frame of more than 64 MiB. */
  *push(chunk: Uint8Array): Generator<Uint8Array> {
    let at = 0;
    if (this.#kept > 0) {
      at += this.#keep(chunk, at, HEADER);
      if (this.#kept < HEADER) return;
      const end = endOfFrame(this.#scratch, 0);
      at += this.#keep(chunk, at, end);
      if (this.#kept < end) return;
      this.#kept = 0;
      yield this.#scratch.subarray(HEADER, end);
    }
    while (at + HEADER <= chunk.length) {
      const end = endOfFrame(chunk, at);
      if (end > chunk.length) break;
      yield chunk.subarray(at + HEADER, end);
      at = end;
    }
    this.#keep(chunk, at, chunk.length - at);
  }

  /** Bytes that came after the last whole frame. */
  get rest(): number {
    return this.#kept;
  }

  /** Adds bytes of `chunk` from `at` on until `wanted` are kept. How many it took. */
  #keep(chunk: Uint8Array, at: number, wanted: number): number {
    const count = Math.max(0, Math.min(wanted - this.#kept, chunk.length - at));
    if (this.#kept + count > this.#scratch.length) {
      const larger = Buffer.alloc(Math.max(this.#kept + count, 2 * this.#scratch.length));
      larger.set(this.#scratch.subarray(0, this.#kept));
      this.#scratch = larger;
    }
    this.#scratch.set(chunk.subarray(at, at + count), this.#kept);
    this.#kept += count;
    return count;
  }
}

/** Where the frame at `at` ends, whose header is there. */
function endOfFrame(bytes: Uint8Array, at: number): number {
  const length = new DataView(bytes.buffer, bytes.byteOffset + at, HEADER).getUint32(0);
  if (length > LARGEST) throw new RangeError(`a frame of ${length} bytes`);
  return at + HEADER + length;
}
