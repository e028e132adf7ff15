import { networkInterfaces } from "node:os";
import type { Clock } from "@ccm/base";
import { type DataPlane, forwardingKey } from "../data-plane/data-plane.ts";
import { placeAddresses } from "../data-plane/local-addresses.ts";
import { createCertificates } from "./socket-data-plane/certificates.ts";
import { LiveListener } from "./socket-data-plane/live-listener.ts";

export interface SocketDataPlaneOptions {
  readonly clock: Clock;
  /** A port that cannot be opened, in one line. It is tried again. */
  readonly onProblem?: (message: string) => void;
  /** Private addresses (VIPs) are opened on the loopback addresses of this CIDR. Default: they stay closed. */
  readonly vips?: string;
}

/**
 * Listeners of all kinds as real sockets on their addresses, with real health checks of the backends. Where the host has no
 * IPv6, IPv6 addresses stay closed.
 */
export function socketDataPlane({ clock, onProblem = () => {}, vips }: SocketDataPlaneOptions): DataPlane {
  const live = new Map<string, LiveListener>();
  const parts = {
    clock,
    onProblem,
    place: placeAddresses({ vips, ipv6: hasIpv6() }),
    certificates: createCertificates(clock),
  };
  let closed = false;
  return {
    apply(forwardings) {
      // The cloud's objects may still change after the lab has closed its sockets: none is opened again.
      if (closed) return;
      const wanted = new Map(forwardings.map((forwarding) => [forwardingKey(forwarding), forwarding]));
      for (const [key, listener] of live) {
        if (wanted.has(key)) continue;
        live.delete(key);
        void listener.close();
      }
      for (const [key, forwarding] of wanted) {
        const known = live.get(key);
        if (known) known.update(forwarding);
        else live.set(key, new LiveListener(parts, forwarding));
      }
    },
    health: (blbId, protocol, port, instanceId) =>
      live.get(`${blbId} ${protocol}/${port}`)?.health(instanceId) ?? "Unknown",
    endpoints: () => [...live.values()].flatMap((listener) => listener.endpoints()),
    async close() {
      closed = true;
      const all = [...live.values()];
      live.clear();
      await Promise.all(all.map((listener) => listener.close()));
    },
  };
}

/** Whether this machine has the loopback address of IPv6. */
export function hasIpv6(): boolean {
  return Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === "::1"));
}
