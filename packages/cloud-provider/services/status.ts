import type { LoadBalancerIngress, LoadBalancerStatus } from "@ccm/kube";

/** Equal for users: null and empty are the same, and ipMode defaults to VIP when there is an ip, as the API server has it. */
export function sameStatus(a: LoadBalancerStatus | undefined, b: LoadBalancerStatus | undefined): boolean {
  return text(a) === text(b);
}

function text(status: LoadBalancerStatus | undefined): string {
  const entry = ({ ip, hostname, ipMode, ports }: LoadBalancerIngress) => [
    ip ?? "",
    hostname ?? "",
    ip ? (ipMode ?? "VIP") : (ipMode ?? ""),
    ports ?? [],
  ];
  return JSON.stringify((status?.ingress ?? []).map(entry));
}
