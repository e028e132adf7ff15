/** Chance, as code receives it from outside: the system's in production, a seeded one in tests and in the lab's world. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** A random UUID (version 4), lower case. */
  uuid(): string;
}

/** A small, fast generator (sfc32) that gives the same sequence for the same seed. Not for secrets. */
export function seededRandom(seed: number | string): Random {
  let [a, b, c, d] = hash(String(seed));
  const next32 = (): number => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return t >>> 0;
  };
  for (let i = 0; i < 12; i++) next32();
  return { next: () => next32() / 4294967296, uuid: () => uuidFrom(next32) };
}

/** An integer in [0, bound). */
export function integer(random: Random, bound: number): number {
  return Math.floor(random.next() * bound);
}

/** `length` characters drawn from `alphabet`. */
export function randomText(random: Random, length: number, alphabet: string): string {
  let text = "";
  for (let i = 0; i < length; i++) text += alphabet[integer(random, alphabet.length)];
  return text;
}

/** `ms` lengthened by up to `factor` of itself: jitter(random, 100, 0.5) lies in [100, 150). */
export function jitter(random: Random, ms: number, factor: number): number {
  return ms * (1 + random.next() * factor);
}

function uuidFrom(next32: () => number): string {
  const hex = (n: number, width: number) => n.toString(16).padStart(width, "0");
  const [p, q, r, s] = [next32(), next32(), next32(), next32()];
  const version = hex((q & 0x0fff) | 0x4000, 4);
  const variant = hex(((r >>> 16) & 0x3fff) | 0x8000, 4);
  return `${hex(p, 8)}-${hex(q >>> 16, 4)}-${version}-${variant}-${hex(r & 0xffff, 4)}${hex(s, 8)}`;
}

/** Four 32-bit words from a text (FNV-1a with four offsets). */
function hash(text: string): [number, number, number, number] {
  const words: [number, number, number, number] = [0x811c9dc5, 0x01000193, 0x9e3779b9, 0x85ebca6b];
  for (let i = 0; i < text.length; i++) {
    for (let w = 0; w < 4; w++) words[w] = Math.imul((words[w] as number) ^ (text.charCodeAt(i) + w), 0x01000193);
  }
  return words;
}
