import assert from "node:assert/strict";
import { createServer } from "node:http";
import { describe, it } from "node:test";
import { sleep } from "@ccm/base";
import { systemClock } from "@ccm/base/node";
import { ask, backend, forwarding, isOpen, settled, target, until } from "./socket-data-plane/testing.ts";
import { hasIpv6, socketDataPlane } from "./socket-data-plane.ts";

const FRONT = "127.98.7.1";

describe("the data plane", () => {
  it("says in one line why a port cannot be opened, and opens it when it can", async () => {
    const holder = createServer();
    const a = await backend("a", "127.98.7.14");
    await new Promise<void>((resolve) => holder.listen({ host: FRONT, port: 18081 }, resolve));
    const problems: string[] = [];
    const plane = socketDataPlane({ clock: systemClock, onProblem: (message) => problems.push(message) });
    try {
      plane.apply([forwarding({ port: 18081, addresses: [FRONT], targets: [a.target] })]);
      await until("a problem is told", () => problems.length > 0);
      assert.deepEqual(problems, [`cannot open TCP ${FRONT}:18081: another program uses it`]);
      await new Promise<void>((resolve) => holder.close(() => resolve()));
      await until("the port is open", () =>
        ask(`http://${FRONT}:18081/`).then(
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

  it("opens a private address on one of its loopback addresses, and says where", async () => {
    const a = await backend("a", "127.98.7.15");
    const plane = socketDataPlane({ clock: systemClock, vips: "127.98.8.0/24" });
    const listener = forwarding({ port: 18082, addresses: [FRONT, "192.168.0.5"], targets: [a.target] });
    try {
      plane.apply([listener]);
      await settled(plane, listener);
      await until("both are open", () => plane.endpoints().length === 2);
      const vip = plane.endpoints().find(({ address }) => address === "192.168.0.5");
      assert.equal(await ask(`http://${vip?.localHost}:${vip?.localPort}/`), "a");
      assert.equal(await ask(`http://${FRONT}:18082/`), "a");
      plane.apply([{ ...listener, addresses: ["192.168.0.5"] }]);
      await until("the public address is closed", async () => !(await isOpen(FRONT, 18082)));
      assert.equal(await ask(`http://${vip?.localHost}:${vip?.localPort}/`), "a");
    } finally {
      await plane.close();
      a.close();
    }
  });

  it("opens IPv6 addresses, each on a port of ::1", { skip: hasIpv6() ? false : "this host has no IPv6" }, async () => {
    const a = await backend("a", "127.98.7.16");
    const plane = socketDataPlane({ clock: systemClock });
    const listener = forwarding({ port: 18083, addresses: ["2400:da00::5", "2400:da00::6"], targets: [a.target] });
    try {
      plane.apply([listener]);
      await settled(plane, listener);
      await until("both are open", () => plane.endpoints().length === 2);
      for (const { localHost, localPort } of plane.endpoints()) {
        assert.equal(await ask(`http://[${localHost}]:${localPort}/`), "a");
      }
    } finally {
      await plane.close();
      a.close();
    }
  });

  it("opens nothing any more once it is closed, whatever the cloud's objects do", async () => {
    const plane = socketDataPlane({ clock: systemClock });
    await plane.close();
    plane.apply([forwarding({ port: 18084, addresses: [FRONT], targets: [target("i-a", "127.98.7.11", 1)] })]);
    await sleep(systemClock, 100);
    assert.equal(await isOpen(FRONT, 18084), false);
  });
});
