import { createSocket } from "node:dgram";
import { get } from "node:http";
import { connect } from "node:net";
import type { Forwarding, Target } from "../../data-plane/data-plane.ts";
import type { Probe } from "../../data-plane/health-checker.ts";
import { isNormalStatus, probeBytes } from "../../data-plane/probe-text.ts";

/** Asks a backend in the way that its listener's health check says. */
export const probeTarget: Probe = (forwarding, target) => {
  const { health } = forwarding;
  const port = health.port ?? target.port;
  switch (health.type) {
    case "HTTP":
      return probeHttp(target, port, health);
    case "UDP":
      return probeUdp(target, port, health.timeoutMs, probeBytes(health.probe));
    case "ICMP":
      // Machines here are loopback addresses, which always answer a ping: one that is switched off was not asked at all.
      return Promise.resolve(true);
    case "TCP":
      return probeTcp(target, port, health.timeoutMs);
  }
};

function probeTcp({ host }: Target, port: number, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs });
    const end = (well: boolean) => {
      socket.destroy();
      resolve(well);
    };
    socket.once("connect", () => end(true));
    socket.once("timeout", () => end(false));
    socket.once("error", () => end(false));
  });
}

function probeHttp({ host }: Target, port: number, health: Forwarding["health"]): Promise<boolean> {
  return new Promise((resolve) => {
    const headers = { connection: "close", ...(health.host ? { host: health.host } : {}) };
    const request = get({ host, port, path: health.uri, agent: false, headers }, (response) => {
      response.resume();
      resolve(isNormalStatus(health.normalStatus, response.statusCode ?? 0));
      request.destroy();
    });
    request.on("error", () => resolve(false));
    // From the beginning to the answer, whatever trickles in meanwhile.
    const timer = setTimeout(() => request.destroy(new Error("timeout")), health.timeoutMs);
    request.once("close", () => clearTimeout(timer));
  });
}

/** Well when something comes back, or at least no "port unreachable": that is all UDP can tell. */
function probeUdp({ host }: Target, port: number, timeoutMs: number, probe: Uint8Array): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
    let done = false;
    const end = (well: boolean) => {
      if (done) return;
      done = true;
      clearTimeout(timer);
      socket.close();
      resolve(well);
    };
    const timer = setTimeout(() => end(true), timeoutMs);
    socket.once("message", () => end(true));
    socket.on("error", () => end(false));
    socket.connect(port, host, () => socket.send(probe));
  });
}
