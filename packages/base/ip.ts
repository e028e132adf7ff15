/** IP addresses and ranges as numbers. Strict: no surrounding blanks, no zones, no shorthand such as "10.1". */
export interface Ip {
  readonly family: 4 | 6;
  readonly value: bigint;
}

export interface Cidr {
  readonly family: 4 | 6;
  /** First and last address. */
  readonly first: bigint;
  readonly last: bigint;
  readonly bits: number;
}

/** Undefined for what is no address. Leading zeros in IPv4 parts are read as decimal, as Kubernetes does. */
export function parseIp(text: string): Ip | undefined {
  if (text.includes(":")) return parseIpv6(text);
  const value = parseIpv4(text);
  return value === undefined ? undefined : { family: 4, value };
}

/** `10.0.0.0/8`; host bits may be set and are ignored. Undefined for what is no range. */
export function parseCidr(text: string): Cidr | undefined {
  const match = /^([^/]+)\/(\d{1,3})$/.exec(text);
  const ip = parseIp(match?.[1] ?? "");
  const bits = Number(match?.[2]);
  const size = ip?.family === 4 ? 32 : 128;
  if (!ip || bits > size) return undefined;
  const hostBits = BigInt(size - bits);
  const first = (ip.value >> hostBits) << hostBits;
  return { family: ip.family, first, last: first + (1n << hostBits) - 1n, bits };
}

export function cidrContains(cidr: Cidr, ip: Ip): boolean {
  return cidr.family === ip.family && ip.value >= cidr.first && ip.value <= cidr.last;
}

function parseIpv4(text: string): bigint | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  let value = 0n;
  for (const part of parts) {
    if (!/^\d{1,3}$/.test(part) || Number(part) > 255) return undefined;
    value = (value << 8n) | BigInt(Number(part));
  }
  return value;
}

function parseIpv6(text: string): Ip | undefined {
  let head = text;
  let tail: bigint | undefined;
  // An IPv4 address may stand for the last two groups.
  if (text.includes(".")) {
    const colon = text.lastIndexOf(":");
    tail = parseIpv4(text.slice(colon + 1));
    if (tail === undefined) return undefined;
    head = `${text.slice(0, colon + 1)}${(tail >> 16n).toString(16)}:${(tail & 0xffffn).toString(16)}`;
  }
  const halves = head.split("::");
  if (halves.length > 2) return undefined;
  const groups = halves.map((half) => (half === "" ? [] : half.split(":")));
  const [left = [], right = []] = groups;
  const missing = 8 - left.length - right.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const all = [...left, ...Array.from({ length: halves.length === 2 ? missing : 0 }, () => "0"), ...right];
  let value = 0n;
  for (const group of all) {
    if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return undefined;
    value = (value << 16n) | BigInt(Number.parseInt(group, 16));
  }
  // ::ffff:a.b.c.d is an IPv4 address in IPv6 clothes.
  if (value >> 32n === 0xffffn && tail !== undefined) return { family: 4, value: tail };
  return { family: 6, value };
}
