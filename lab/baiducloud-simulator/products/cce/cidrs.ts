import { type Cidr, parseCidr } from "@ccm/base";
import { ipv4Text } from "../../account.ts";

export function overlap(a: Cidr, b: Cidr): boolean {
  return a.family === b.family && a.first <= b.last && b.first <= a.last;
}

/** The blocks of a size inside a network that nothing taken overlaps, the first few. */
export function freeBlocks(network: string, bits: number, taken: readonly Cidr[], most: number): readonly string[] {
  const range = parseCidr(network);
  if (!range || bits < range.bits) return [];
  const size = 1n << BigInt((range.family === 4 ? 32 : 128) - bits);
  const found: string[] = [];
  for (let first = range.first; first <= range.last && found.length < most; ) {
    const block: Cidr = { family: range.family, first, last: first + size - 1n, bits };
    const obstacle = taken.find((one) => overlap(one, block));
    if (!obstacle) found.push(`${textOf(block)}/${bits}`);
    // Past what is in the way, at the next place where such a block may begin.
    const next = obstacle && obstacle.last > block.last ? obstacle.last + 1n : block.last + 1n;
    first = ((next + size - 1n) / size) * size;
  }
  return found;
}

function textOf({ family, first }: Cidr): string {
  if (family === 4) return ipv4Text(first);
  const groups = Array.from({ length: 8 }, (_, index) => ((first >> BigInt(112 - index * 16)) & 0xffffn).toString(16));
  return groups.join(":").replace(/(:0)+$/, "::");
}

/** The smallest power of two that is not below, as an exponent. */
export function bitsFor(count: number): number {
  return Math.ceil(Math.log2(Math.max(1, count)));
}
