import { type Cidr, cidrContains, parseCidr, parseIp } from "@ccm/base";

/** An ingress rule of a security group, as the cloud's API writes it: "" and "all" leave a field open. */
export interface SourceRule {
  /** "IPv4" or "IPv6". */
  readonly ethertype: string;
  /** "tcp", "udp", "icmp". */
  readonly protocol: string;
  /** "80" or "1-65535". */
  readonly portRange: string;
  /** An address or a CIDR. */
  readonly sourceIp: string;
}

/** Whether a packet may come in: by one rule that allows it. Without security groups everything may. */
export function allowsSource(
  rules: readonly SourceRule[] | undefined,
  packet: { readonly protocol: "tcp" | "udp"; readonly port: number; readonly source: string },
): boolean {
  if (!rules) return true;
  const source = parseIp(plainAddress(packet.source));
  if (!source) return false;
  return rules.some(
    ({ ethertype, protocol, portRange, sourceIp }) =>
      (isOpen(ethertype) || ethertype === `IPv${source.family}`) &&
      (isOpen(protocol) || protocol.toLowerCase() === packet.protocol) &&
      covers(portRange, packet.port) &&
      (isOpen(sourceIp) || containsIp(sourceIp, source)),
  );
}

/** An IPv4 address that came in on a socket for both families is written `::ffff:127.0.0.1`. */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, "");
}

const isOpen = (field: string): boolean => field === "" || field.toLowerCase() === "all";

function covers(portRange: string, port: number): boolean {
  if (isOpen(portRange)) return true;
  return portRange.split(",").some((part) => {
    const [from = Number.NaN, to = from] = part.split("-").map(Number);
    return from <= port && port <= to;
  });
}

function containsIp(text: string, ip: NonNullable<ReturnType<typeof parseIp>>): boolean {
  const cidr: Cidr | undefined = parseCidr(text.includes("/") ? text : `${text}/${text.includes(":") ? 128 : 32}`);
  return cidr !== undefined && cidrContains(cidr, ip);
}
