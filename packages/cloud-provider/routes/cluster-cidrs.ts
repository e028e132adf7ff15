import { type Cidr, parseCidr } from "@ccm/base";

/** The value of --cluster-cidr: one range, or one of each family. Throws a RangeError that names the flag. */
export function parseClusterCidrs(text: string): readonly Cidr[] {
  const fault = (reason: string) =>
    new RangeError(
      `--cluster-cidr "${text}": ${reason}: expected one CIDR, or an IPv4 and an IPv6 one separated by a comma ` +
        "(or --configure-cloud-routes=false to leave routes alone)",
    );
  if (text.trim() === "") throw fault("missing, but the route controller needs it");
  const cidrs = text.split(",").map((part) => {
    const cidr = parseCidr(part.trim());
    if (!cidr) throw fault(`"${part.trim()}" is not a CIDR`);
    return cidr;
  });
  if (cidrs.length > 2) throw fault("more than two");
  if (cidrs.length === 2 && cidrs[0]?.family === cidrs[1]?.family) throw fault("two of one family");
  return cidrs;
}

/** Whether a route to this destination is the route controller's business: its first or last address is a Pod's. */
export function isResponsibleFor(destinationCidr: string, clusterCidrs: readonly Cidr[]): boolean {
  const route = parseCidr(destinationCidr);
  if (!route) return false;
  return clusterCidrs.some(
    ({ family, first, last }) =>
      family === route.family &&
      ((route.first >= first && route.first <= last) || (route.last >= first && route.last <= last)),
  );
}
