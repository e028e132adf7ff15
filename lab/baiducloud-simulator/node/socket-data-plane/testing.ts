import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { connect } from "node:net";
import { sleep } from "@ccm/base";
import { systemClock } from "@ccm/base/node";
import type { DataPlane, Forwarding, Target } from "../../data-plane/data-plane.ts";

export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = systemClock.monotonic() + 20_000;
  while (!(await condition())) {
    assert.ok(systemClock.monotonic() < deadline, `in vain: ${what}`);
    await sleep(systemClock, 10);
  }
}

export interface Backend extends Server {
  readonly target: Target;
}

/** A web server on a loopback address of its own that answers with its name, or as told. */
export async function backend(name: string, host: string, listener?: RequestListener): Promise<Backend> {
  const server = createServer(listener ?? ((_request, response) => response.end(name)));
  await new Promise<void>((resolve) => server.listen({ host, port: 0 }, resolve));
  return Object.assign(server.unref(), { target: target(name, host, portOf(server)) });
}

export function target(instanceId: string, host: string, port: number, weight = 100): Target {
  return { instanceId, host, port, weight, running: true };
}

export function portOf(server: { address(): unknown }): number {
  return (server.address() as { readonly port: number }).port;
}

type Change = Omit<Partial<Forwarding>, "health"> & { readonly health?: Partial<Forwarding["health"]> };

/** A TCP listener that checks its backends many times a second. */
export function forwarding(more: Change & Pick<Forwarding, "targets" | "port" | "addresses">): Forwarding {
  return {
    blbId: "lb-1",
    protocol: "TCP",
    scheduler: "RoundRobin",
    timeoutMs: 20_000,
    ...more,
    health: {
      type: "TCP",
      port: undefined,
      timeoutMs: 1000,
      intervalMs: 30,
      unhealthyThreshold: 2,
      healthyThreshold: 2,
      probe: "ping",
      uri: "/",
      host: "",
      normalStatus: "http_2xx|http_3xx",
      ...more.health,
    },
  };
}

/** Until all backends have the health, and the listener's addresses are open. */
export async function settled(plane: DataPlane, of: Forwarding, health = "Alive"): Promise<void> {
  const { blbId, protocol, port, targets } = of;
  await until(`all backends are ${health}`, () =>
    targets.every(({ instanceId }) => plane.health(blbId, protocol, port, instanceId) === health),
  );
  await until("the listener is open", () => plane.endpoints().some((open) => open.port === port));
}

export const bodyOf = async (message: IncomingMessage): Promise<string> => {
  let text = "";
  for await (const chunk of message) text += chunk;
  return text;
};

/** Each time on a connection of its own. */
export const ask = async (url: string, headers: Record<string, string> = {}): Promise<string> => {
  const response = await fetch(url, { headers: { connection: "close", ...headers } });
  return response.text();
};

export function isOpen(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
