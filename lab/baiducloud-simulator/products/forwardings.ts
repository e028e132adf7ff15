import type { Account } from "../account.ts";
import type { Forwarding } from "../data-plane/data-plane.ts";
import { instancesOf } from "./bcc/records.ts";
import { blbsOf } from "./blb/records.ts";
import { boundEips } from "./eip/binding.ts";

/** The TCP and UDP listeners as the data plane should have them. */
export function forwardingsOf(account: Account): readonly Forwarding[] {
  const forwardings: Forwarding[] = [];
  const boundEip = boundEips(account);
  for (const blb of blbsOf(account).all()) {
    if (blb.status === "creating") continue;
    const address = boundEip(blb.blbId, "ipv4")?.eip;
    for (const { listenerType, listenerPort, fields } of blb.listeners) {
      if (listenerType !== "TCP" && listenerType !== "UDP") continue;
      const seconds = (field: string) => Number(fields[field]) * 1000;
      forwardings.push({
        blbId: blb.blbId,
        protocol: listenerType,
        port: listenerPort,
        address,
        scheduler: String(fields.scheduler),
        health: {
          timeoutMs: seconds("healthCheckTimeoutInSecond"),
          intervalMs: seconds("healthCheckInterval"),
          unhealthyThreshold: Number(fields.unhealthyThreshold),
          healthyThreshold: Number(fields.healthyThreshold),
          probe: String(fields.healthCheckString ?? ""),
        },
        targets: blb.backends.flatMap(({ instanceId, weight }) => {
          const instance = instancesOf(account).get(instanceId);
          if (!instance) return [];
          const host = instance.host ?? instance.internalIp;
          return [
            { instanceId, host, port: Number(fields.backendPort), weight, running: instance.status === "Running" },
          ];
        }),
      });
    }
  }
  return forwardings;
}
