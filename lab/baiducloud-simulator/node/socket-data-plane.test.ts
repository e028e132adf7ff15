import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { createServer, type Server } from "node:http";
import { connect } from "node:net";
import { describe, it } from "node:test";
import { sleep } from "@ccm/base";
import { systemClock } from "@ccm/base/node";
import type { Forwarding, Target } from "../data-plane/data-plane.ts";
import { socketDataPlane } from "./socket-data-plane.ts";

const FRONT = "127.98.7.1";

async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = systemClock.monotonic() + 10_000;
  while (!(await condition())) {
    assert.ok(systemClock.monotonic() < deadline, `in vain: ${what}`);
    await sleep(systemClock, 10);
  }
}

async function backend(host: string, name: string): Promise<Server & { readonly port: number }> {
  const server = createServer((_request, response) => response.writeHead(200, { connection: "close" }).end(name));
  await new Promise<void>((resolve) => server.listen({ host, port: 0 }, resolve));
  const address = server.address();
  return Object.assign(server, { port: typeof address === "object" && address ? address.port : 0 });
}

const forwarding = (more: Partial<Forwarding> & Pick<Forwarding, "targets" | "port">): Forwarding => ({
  blbId: "lb-1",
  protocol: "TCP",
  address: FRONT,
  scheduler: "RoundRobin",
  health: { timeoutMs: 500, intervalMs: 30, unhealthyThreshold: 2, healthyThreshold: 2, probe: "ping" },
  ...more,
});

const ask = async (port: number): Promise<string> => {
  const response = await fetch(`http://${FRONT}:${port}/`, { headers: { connection: "close" } });
  return response.text();
};

const target = (instanceId: string, host: string, port: number, weight = 100): Target => ({
  instanceId,
  host,
  port,
  weight,
  running: true,
});

describe("the data plane", () => {
  it("spreads TCP connections over the healthy backends, drains weight 0, and leaves out the dead", async () => {
    const [a, b] = [await backend("127.98.7.11", "a"), await backend("127.98.7.12", "b")];
    const plane = socketDataPlane({ clock: systemClock });
    const targets = [target("i-a", "127.98.7.11", a.port), target("i-b", "127.98.7.12", b.port)];
    const port = 18080;
    try {
      plane.apply([forwarding({ port, targets })]);
      await until("both are alive", () =>
        ["i-a", "i-b"].every((id) => plane.health("lb-1", "TCP", port, id) === "Alive"),
      );
      const answers = new Map<string, number>();
      for (let i = 0; i < 10; i++) {
        const name = await ask(port);
        answers.set(name, (answers.get(name) ?? 0) + 1);
      }
      assert.deepEqual([...answers].sort(), [
        ["a", 5],
        ["b", 5],
      ]);

      plane.apply([forwarding({ port, targets: [target("i-a", "127.98.7.11", a.port, 0), targets[1] as Target] })]);
      for (let i = 0; i < 4; i++) assert.equal(await ask(port), "b");

      plane.apply([forwarding({ port, targets })]);
      b.close();
      b.closeAllConnections();
      await until("b is dead", () => plane.health("lb-1", "TCP", port, "i-b") === "Dead");
      for (let i = 0; i < 4; i++) assert.equal(await ask(port), "a");
    } finally {
      await plane.close();
      a.close();
      b.close();
    }
  });

  it("forwards UDP both ways", async () => {
    const echo = createSocket("udp4");
    echo.on("message", (message, from) => echo.send(`echo ${message}`, from.port, from.address));
    await new Promise<void>((resolve) => echo.bind({ address: "127.98.7.13", port: 0 }, resolve));
    const plane = socketDataPlane({ clock: systemClock });
    const client = createSocket("udp4");
    try {
      const targets = [target("i-u", "127.98.7.13", echo.address().port)];
      plane.apply([forwarding({ protocol: "UDP", port: 18053, targets })]);
      await until("it is alive", () => plane.health("lb-1", "UDP", 18053, "i-u") === "Alive");
      const answer = new Promise<string>((resolve) => client.once("message", (message) => resolve(String(message))));
      await new Promise<void>((resolve) => client.connect(18053, FRONT, resolve));
      client.send("hello");
      assert.equal(await answer, "echo hello");
    } finally {
      client.close();
      await plane.close();
      echo.close();
    }
  });

  it("says in one line why a port cannot be opened, and opens it when it can", async () => {
    const holder = createServer();
    const a = await backend("127.98.7.14", "a");
    await new Promise<void>((resolve) => holder.listen({ host: FRONT, port: 18081 }, resolve));
    const problems: string[] = [];
    const plane = socketDataPlane({ clock: systemClock, onProblem: (message) => problems.push(message) });
    try {
      plane.apply([forwarding({ port: 18081, targets: [target("i-a", "127.98.7.14", a.port)] })]);
      await until("a problem is told", () => problems.length > 0);
      assert.deepEqual(problems, [`cannot open TCP ${FRONT}:18081: another program uses it`]);
      await new Promise<void>((resolve) => holder.close(() => resolve()));
      await until("the port is open", () =>
        ask(18081).then(
          (name) => name === "a",
          () => false,
        ),
      );
    } finally {
      await plane.close();
      holder.close();
      a.close();
    }
  });

  it("opens nothing any more once it is closed, whatever the cloud's objects do", async () => {
    const plane = socketDataPlane({ clock: systemClock });
    await plane.close();
    plane.apply([forwarding({ port: 18082, targets: [target("i-a", "127.98.7.11", 1)] })]);
    await sleep(systemClock, 100);
    assert.equal(await isOpen(18082), false);
  });
});

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: FRONT, port });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
