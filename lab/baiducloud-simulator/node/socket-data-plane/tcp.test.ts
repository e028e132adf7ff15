import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { describe, it } from "node:test";
import { systemClock } from "@ccm/base/node";
import type { DataPlane } from "../../data-plane/data-plane.ts";
import { socketDataPlane } from "../socket-data-plane.ts";
import { ask, backend, forwarding, portOf, settled, target, until } from "./testing.ts";

const FRONT = "127.98.9.1";

const withPlane = async (test: (plane: DataPlane) => Promise<void>): Promise<void> => {
  const plane = socketDataPlane({ clock: systemClock });
  try {
    await test(plane);
  } finally {
    await plane.close();
  }
};

const open = async (port: number, localAddress = "127.0.0.1"): Promise<Socket> => {
  const socket = connect({ host: FRONT, port, localAddress });
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
};

/** Until the connection is cut: how much came. */
const refused = (port: number, localAddress = "127.0.0.1"): Promise<number> =>
  new Promise((resolve) => {
    const socket = connect({ host: FRONT, port, localAddress });
    socket.on("error", () => {});
    socket.once("close", () => resolve(socket.bytesRead));
  });

/** Sends, and resolves to the next that comes back. */
const say = async (socket: Socket, text: string): Promise<string> => {
  const answer = once(socket, "data");
  socket.write(text);
  return String((await answer)[0]);
};

/** Says its name and the client's address to everything that it hears. */
const talker = async (name: string, host: string) => {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", () => socket.write(`${name} ${socket.remoteAddress}`));
  });
  await new Promise<void>((resolve) => server.listen({ host, port: 0 }, resolve));
  return Object.assign(server.unref(), { target: target(name, host, portOf(server)) });
};

describe("a TCP listener", () => {
  it("spreads connections over the healthy backends, and leaves out the dead until they are back", async () => {
    await withPlane(async (plane) => {
      const [a, b] = [await backend("a", "127.98.9.11"), await backend("b", "127.98.9.12")];
      const listener = forwarding({ port: 19001, addresses: [FRONT], targets: [a.target, b.target] });
      const url = `http://${FRONT}:19001/`;
      plane.apply([listener]);
      await settled(plane, listener);
      const names: string[] = [];
      for (let i = 0; i < 10; i++) names.push(await ask(url));
      assert.equal(names.filter((name) => name === "a").length, 5);
      b.close();
      b.closeAllConnections();
      await until("b is dead", () => plane.health("lb-1", "TCP", 19001, "b") === "Dead");
      for (let i = 0; i < 4; i++) assert.equal(await ask(url), "a");
      b.listen({ host: b.target.host, port: b.target.port });
      await until("b is back", () => plane.health("lb-1", "TCP", 19001, "b") === "Alive");
      assert.deepEqual([await ask(url), await ask(url)].sort(), ["a", "b"]);
      a.close();
      b.close();
    });
  });

  it("drains weight 0: what is open goes on, what is new goes elsewhere", async () => {
    await withPlane(async (plane) => {
      const [a, b] = [await talker("a", "127.98.9.13"), await talker("b", "127.98.9.14")];
      const listener = forwarding({ port: 19002, addresses: [FRONT], targets: [a.target, { ...b.target, weight: 0 }] });
      plane.apply([listener]);
      await settled(plane, listener);
      const old = await open(19002);
      assert.match(await say(old, "x"), /^a /);
      plane.apply([{ ...listener, targets: [{ ...a.target, weight: 0 }, b.target] }]);
      for (let i = 0; i < 4; i++) {
        const socket = await open(19002);
        assert.match(await say(socket, "x"), /^b /);
        socket.destroy();
      }
      assert.match(await say(old, "x"), /^a /);
      old.destroy();
      a.close();
      b.close();
    });
  });

  it("shows backends the client's own address, and keeps a source with its backend by the Hash scheduler", async () => {
    await withPlane(async (plane) => {
      const all = [await talker("a", "127.98.9.15"), await talker("b", "127.98.9.16")];
      const targets = all.map((server) => server.target);
      const listener = forwarding({ port: 19003, addresses: [FRONT], scheduler: "Hash", targets });
      plane.apply([listener]);
      await settled(plane, listener);
      const seen = new Set<string>();
      for (let i = 1; i <= 12; i++) {
        const source = `127.98.10.${i}`;
        const answers = new Set<string>();
        for (let n = 0; n < 3; n++) {
          const socket = await open(19003, source);
          answers.add(await say(socket, "x"));
          socket.destroy();
        }
        assert.equal(answers.size, 1);
        const [name, address] = String([...answers][0]).split(" ");
        assert.equal(address, source);
        seen.add(String(name));
      }
      assert.deepEqual([...seen].sort(), ["a", "b"]);
      for (const server of all) server.close();
    });
  });

  it("by least connections fills up the backend with the fewest", async () => {
    await withPlane(async (plane) => {
      const [a, b] = [await talker("a", "127.98.9.17"), await talker("b", "127.98.9.18")];
      const targets = [
        { ...a.target, weight: 10 },
        { ...b.target, weight: 30 },
      ];
      const listener = forwarding({ port: 19004, addresses: [FRONT], scheduler: "LeastConnection", targets });
      plane.apply([listener]);
      await settled(plane, listener);
      const sockets: Socket[] = [];
      const counts = new Map<string, number>();
      for (let i = 0; i < 8; i++) {
        const socket = await open(19004);
        sockets.push(socket);
        const [name = ""] = (await say(socket, "x")).split(" ");
        counts.set(name, (counts.get(name) ?? 0) + 1);
      }
      assert.deepEqual(Object.fromEntries(counts), { a: 2, b: 6 });
      for (const socket of sockets) socket.destroy();
      a.close();
      b.close();
    });
  });

  it("turns away sources that the security groups do not let in, and keeps what is open when they change", async () => {
    await withPlane(async (plane) => {
      const a = await talker("a", "127.98.9.19");
      const rule = { ethertype: "IPv4", protocol: "tcp", portRange: "19005", sourceIp: "127.98.10.0/24" };
      const listener = forwarding({ port: 19005, addresses: [FRONT], targets: [a.target], sources: [rule] });
      plane.apply([listener]);
      await settled(plane, listener);
      const inside = await open(19005, "127.98.10.1");
      assert.match(await say(inside, "x"), /^a /);
      assert.equal(await refused(19005, "127.98.11.1"), 0);
      plane.apply([{ ...listener, sources: [] }]);
      assert.match(await say(inside, "x"), /^a /);
      inside.destroy();
      a.close();
    });
  });

  it("passes on an end of one side while the other still talks, and everything of a long answer", async () => {
    await withPlane(async (plane) => {
      const size = 8_000_000;
      const server = createServer({ allowHalfOpen: true }, (socket) => {
        let heard = 0;
        socket.on("data", (chunk) => {
          heard += chunk.length;
        });
        socket.on("end", () => socket.end(Buffer.alloc(heard, "y")));
      });
      await new Promise<void>((resolve) => server.listen({ host: "127.98.9.20", port: 0 }, resolve));
      const targets = [target("a", "127.98.9.20", portOf(server))];
      const listener = forwarding({ port: 19006, addresses: [FRONT], targets });
      plane.apply([listener]);
      await settled(plane, listener);
      const client = await open(19006);
      client.end(Buffer.alloc(size, "x"));
      let got = 0;
      for await (const chunk of client) got += chunk.length;
      assert.equal(got, size);
      server.close();
    });
  });

  it("ends a connection that has been silent for its session timeout, and refuses all while no backend is alive", async () => {
    await withPlane(async (plane) => {
      const a = await talker("a", "127.98.9.21");
      const listener = forwarding({ port: 19007, addresses: [FRONT], targets: [a.target], timeoutMs: 50 });
      plane.apply([listener]);
      await settled(plane, listener);
      const silent = await open(19007);
      assert.match(await say(silent, "x"), /^a /);
      await once(silent, "close");
      plane.apply([{ ...listener, targets: [{ ...a.target, running: false }] }]);
      await until("a is dead", () => plane.health("lb-1", "TCP", 19007, "a") === "Dead");
      assert.equal(await refused(19007), 0);
      a.close();
    });
  });
});
