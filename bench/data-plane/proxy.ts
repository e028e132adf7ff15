/** The process under test: one data plane. Applies what it is sent, and answers questions about itself. */
import type { Forwarding } from "@ccm/baiducloud-simulator";
import { socketDataPlane } from "@ccm/baiducloud-simulator/node";
import { systemClock } from "@ccm/base/node";

const plane = socketDataPlane({ clock: systemClock, vips: "127.97.64.0/18" });
let listeners: readonly Forwarding[] = [];

process.on("message", async (message: { readonly apply?: readonly Forwarding[] }) => {
  if (message.apply) {
    listeners = message.apply;
    const started = performance.now();
    plane.apply(listeners);
    const ready = () =>
      plane.endpoints().length === listeners.reduce((sum, { addresses }) => sum + addresses.length, 0) &&
      listeners.every(({ blbId, protocol, port, targets }) =>
        targets.every(({ instanceId }) => plane.health(blbId, protocol, port, instanceId) === "Alive"),
      );
    while (!ready()) await new Promise((resolve) => setTimeout(resolve, 1));
    process.send?.({ milliseconds: performance.now() - started, open: plane.endpoints().length });
    return;
  }
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuMicroseconds: user + system, rssBytes: process.memoryUsage.rss() });
});
