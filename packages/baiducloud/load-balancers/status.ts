import type { LoadBalancerIngress, LoadBalancerStatus, Service } from "@ccm/kube";
import { readAnnotations } from "./annotations.ts";
import type { Desired } from "./desired.ts";
import { familyOf, isOwnListener, type Observed, privateAddress, publicAddress } from "./observed.ts";

/** Undefined until there is an address: an address that users know is not taken away by a passing failure. */
export function statusOf(service: Service, desired: Desired, observed: Observed): LoadBalancerStatus | undefined {
  const { blb, ownEips, givenEip } = observed;
  if (!blb) return undefined;
  const ips = desired.addresses.flatMap(({ family, kind }) => {
    if (kind === "internal") return privateAddress(blb, family) || [];
    const bound = [...ownEips, ...(givenEip ? [givenEip] : [])].find(
      (eip) => eip.instanceId === blb.id && eip.status === "binded" && familyOf(eip.eip) === family,
    );
    return (bound?.eip ?? publicAddress(blb, family)) || [];
  });
  if (ips.length === 0) return undefined;
  const { ipMode } = readAnnotations(service.metadata.annotations ?? {}).settings;
  // Where TLS or HTTP ends at the load balancer, traffic from inside must not go around it.
  const ends = desired.listeners.some(({ listenerType }) => listenerType !== "TCP" && listenerType !== "UDP");
  const mode = ipMode || (ends ? "Proxy" : "");
  const entry = (ip: string): LoadBalancerIngress => ({ ip, ...(mode === "" ? {} : { ipMode: mode }) });
  if (blb.ours) return { ingress: ips.map(entry) };
  // On a load balancer that others use too, the status keeps the record of which listeners are ours.
  const ports = desired.listeners
    .filter((wanted) =>
      blb.listeners.some((there) => there.listenerPort === wanted.listenerPort && isOwnListener(blb, there)),
    )
    .map(({ listenerPort, listenerType }) => ({
      port: listenerPort,
      protocol: listenerType === "UDP" ? ("UDP" as const) : ("TCP" as const),
    }));
  return { ingress: ips.map((ip) => ({ ...entry(ip), ports })) };
}
