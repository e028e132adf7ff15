const NEWLINE = 10;

/**
 * Cuts a byte stream at newlines. Works on bytes, so a character split over two chunks comes out whole; the pieces of a
 * long line are joined once, at its end. Empty lines are left out.
 */
export class LineSplitter {
  #kept: Uint8Array[] = [];

  /** The lines that `chunk` completes. */
  push(chunk: Uint8Array): readonly string[] {
    const lines: string[] = [];
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      const line =
        this.#kept.length === 0 ? bytes.toString("utf8", start, end) : this.#join(bytes.subarray(start, end));
      start = end + 1;
      if (line !== "") lines.push(line);
    }
    if (start < bytes.length) this.#kept.push(start === 0 ? bytes : bytes.subarray(start));
    return lines;
  }

  /** What came after the last newline, if anything. */
  end(): string | undefined {
    return this.#kept.length === 0 ? undefined : this.#join(new Uint8Array(0));
  }

  #join(last: Uint8Array): string {
    const line = Buffer.concat([...this.#kept, last]);
    this.#kept = [];
    return line.toString("utf8");
  }
}
