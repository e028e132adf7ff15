import assert from "node:assert/strict";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { describe, it } from "node:test";
import { systemClock } from "@ccm/base/node";
import { socketDataPlane } from "../socket-data-plane.ts";
import { forwarding, settled, target, until } from "./testing.ts";

const FRONT = "127.98.12.1";

/** Answers `ping` only with its name, and hears all. */
async function talker(host: string, name: string): Promise<Socket & { readonly heard: string[] }> {
  const socket = Object.assign(createSocket("udp4"), { heard: [] as string[] });
  socket.on("message", (message, from) => {
    socket.heard.push(message.toString("latin1"));
    socket.send(name, from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind({ address: host, port: 0 }, resolve));
  return socket;
}

const say = async (client: Socket, text: string): Promise<string> => {
  const answer = once(client, "message");
  client.send(text);
  return String((await answer)[0]);
};

const clientOf = async (port: number): Promise<Socket> => {
  const client = createSocket("udp4");
  await new Promise<void>((resolve) => client.connect(port, FRONT, resolve));
  return client;
};

describe("a UDP listener", () => {
  it("keeps a client with one backend, takes turns with clients, and probes with the string that it is told", async () => {
    const [a, b] = [await talker("127.98.12.11", "a"), await talker("127.98.12.12", "b")];
    const plane = socketDataPlane({ clock: systemClock });
    const targets = [target("a", "127.98.12.11", a.address().port), target("b", "127.98.12.12", b.address().port)];
    const health = { type: "UDP", probe: "\\01hi\\FF" } as const;
    const listener = forwarding({ protocol: "UDP", port: 19101, addresses: [FRONT], targets, health });
    const clients: Socket[] = [];
    try {
      plane.apply([listener]);
      await settled(plane, listener);
      assert.equal(a.heard[0], "\x01hi\xff");
      const names = new Set<string>();
      for (let i = 0; i < 2; i++) {
        const client = await clientOf(19101);
        clients.push(client);
        const name = await say(client, "x");
        assert.equal(await say(client, "x"), name);
        names.add(name);
      }
      assert.equal(names.size, 2);
    } finally {
      for (const socket of [...clients, a, b]) socket.close();
      await plane.close();
    }
  });

  it("finds a backend dead whose port nobody has, and drops what the security groups do not let in", async () => {
    const a = await talker("127.98.12.13", "a");
    const plane = socketDataPlane({ clock: systemClock });
    const targets = [target("a", "127.98.12.13", a.address().port)];
    const health = { type: "UDP", timeoutMs: 50 } as const;
    const rule = { ethertype: "IPv4", protocol: "udp", portRange: "", sourceIp: "127.98.99.0/24" };
    const listener = forwarding({ protocol: "UDP", port: 19102, addresses: [FRONT], targets, health, sources: [rule] });
    const client = await clientOf(19102);
    try {
      plane.apply([listener]);
      await settled(plane, listener);
      client.send("outside");
      plane.apply([{ ...listener, sources: undefined }]);
      assert.equal(await say(client, "inside"), "a");
      a.close();
      await until("a is dead", () => plane.health("lb-1", "UDP", 19102, "a") === "Dead");
    } finally {
      client.close();
      await plane.close();
    }
  });

  it("chooses anew for a client that has been silent for the session timeout", async () => {
    const [a, b] = [await talker("127.98.12.14", "a"), await talker("127.98.12.15", "b")];
    const plane = socketDataPlane({ clock: systemClock });
    const targets = [target("a", "127.98.12.14", a.address().port), target("b", "127.98.12.15", b.address().port)];
    const listener = forwarding({ protocol: "UDP", port: 19103, addresses: [FRONT], targets, timeoutMs: 20 });
    const client = await clientOf(19103);
    try {
      plane.apply([{ ...listener, health: { ...listener.health, type: "UDP" } }]);
      await settled(plane, listener);
      const first = await say(client, "x");
      await until("the other answers", async () => (await say(client, "x")) !== first || (await pause(40)));
    } finally {
      for (const socket of [client, a, b]) socket.close();
      await plane.close();
    }
  });
});

const pause = (ms: number) => new Promise<false>((resolve) => systemClock.schedule(ms, () => resolve(false)));
