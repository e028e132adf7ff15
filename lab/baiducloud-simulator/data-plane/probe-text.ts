/** The bytes of a UDP probe: `\00` to `\FF` stand for one each, other characters for themselves. */
export function probeBytes(text: string): Uint8Array {
  const bytes: number[] = [];
  for (let i = 0; i < text.length; i++) {
    const hex = /^\\([0-9A-Fa-f]{2})/.exec(text.slice(i, i + 3))?.[1];
    if (hex) {
      bytes.push(Number.parseInt(hex, 16));
      i += 2;
    } else {
      bytes.push(text.charCodeAt(i) & 0xff);
    }
  }
  return Uint8Array.from(bytes);
}

/** Whether a status is among those of `http_2xx|http_3xx`. */
export function isNormalStatus(normalStatus: string, status: number): boolean {
  return normalStatus.split("|").includes(`http_${Math.floor(status / 100)}xx`);
}
