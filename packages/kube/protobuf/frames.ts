const HEADER = 4;
/** More than any object that etcd keeps (1.5 MiB by default), and little enough not to run out of memory for garbage. */
const LARGEST = 64 << 20;

/** Cuts a byte stream into frames: four bytes of length, most significant first, then so many bytes. */
export class FrameSplitter {
  #kept: Uint8Array[] = [];
  #size = 0;

  /** The frames that `chunk` completes. Throws a RangeError for a frame of more than 64 MiB. */
  push(chunk: Uint8Array): readonly Uint8Array[] {
    this.#size += chunk.length;
    this.#kept.push(chunk);
    if (this.#size < this.#wanted()) return [];
    const bytes = this.#kept.length === 1 ? chunk : Buffer.concat(this.#kept, this.#size);
    const frames: Uint8Array[] = [];
    let at = 0;
    for (let end = endOfFrame(bytes, at); end <= bytes.length; end = endOfFrame(bytes, at)) {
      frames.push(bytes.subarray(at + HEADER, end));
      at = end;
    }
    this.#kept = at < bytes.length ? [bytes.subarray(at)] : [];
    this.#size = bytes.length - at;
    return frames;
  }

  /** Bytes that came after the last whole frame. */
  get rest(): number {
    return this.#size;
  }

  /** How many bytes are needed before there is anything to do. */
  #wanted(): number {
    const [first = new Uint8Array(0)] = this.#kept;
    return first.length < HEADER ? HEADER : endOfFrame(first, 0);
  }
}

/** Where the frame at `at` ends; infinitely far away as long as its length is not there. */
function endOfFrame(bytes: Uint8Array, at: number): number {
  if (at + HEADER > bytes.length) return Number.POSITIVE_INFINITY;
  const length = new DataView(bytes.buffer, bytes.byteOffset + at, HEADER).getUint32(0);
  if (length > LARGEST) throw new RangeError(`a frame of ${length} bytes`);
  return at + HEADER + length;
}
