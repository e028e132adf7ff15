const NEWLINE = 10;

/** Cuts a byte stream at newlines. Works on bytes, so a character split over two chunks comes out whole. Empty lines are left out. */
export async function* splitLines(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let kept: Uint8Array[] = [];
  for await (const chunk of body) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      const piece = chunk.subarray(start, end);
      start = end + 1;
      const line = kept.length === 0 ? piece : Buffer.concat([...kept, piece]);
      kept = [];
      if (line.length > 0) yield decoder.decode(line);
    }
    if (start < chunk.length) kept.push(start === 0 ? chunk : chunk.subarray(start));
  }
  if (kept.length > 0) yield decoder.decode(Buffer.concat(kept));
}
