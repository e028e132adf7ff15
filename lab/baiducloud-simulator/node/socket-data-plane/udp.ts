import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import type { LocalAddress } from "../../data-plane/local-addresses.ts";
import type { Front, Traffic } from "./front.ts";

/** UDP listeners: datagrams of one client address and port go to one backend until both have been silent for a while. */
export async function openUdp(traffic: Traffic, { host, port }: LocalAddress): Promise<Front> {
  const { clock } = traffic;
  const front = createSocket(host.includes(":") ? "udp6" : "udp4");
  const sessions = new Map<string, { readonly socket: Socket; usedAt: number; cancel: () => void }>();
  const end = (key: string): void => {
    const session = sessions.get(key);
    if (!session) return;
    sessions.delete(key);
    session.cancel();
    session.socket.close();
  };
  const expire = (key: string): void => {
    const session = sessions.get(key);
    if (!session) return;
    const left = session.usedAt + traffic.forwarding().timeoutMs - clock.monotonic();
    if (left <= 0) end(key);
    else session.cancel = clock.schedule(left, () => expire(key));
  };
  const sessionFor = (from: RemoteInfo) => {
    const key = `${from.address} ${from.port}`;
    const known = sessions.get(key);
    if (known) return known;
    const target = traffic.choose(from.address);
    if (!target) return undefined;
    const { instanceId } = target;
    const socket = createSocket(target.host.includes(":") ? "udp6" : "udp4");
    const cancel = clock.schedule(traffic.forwarding().timeoutMs, () => expire(key));
    const session = { socket, usedAt: clock.monotonic(), cancel };
    traffic.count(instanceId, 1);
    socket.once("close", () => traffic.count(instanceId, -1));
    socket.on("message", (message) => {
      session.usedAt = clock.monotonic();
      front.send(message, from.port, from.address);
    });
    socket.on("error", () => end(key));
    socket.connect(target.port, target.host);
    sessions.set(key, session);
    return session;
  };
  front.on("message", (message, from) => {
    if (!traffic.admits(from.address)) return;
    const session = sessionFor(from);
    if (!session) return;
    session.usedAt = clock.monotonic();
    sendWhenConnected(session.socket, message);
  });
  await new Promise<void>((resolve, reject) => {
    front.once("error", reject);
    front.bind({ address: host, port, exclusive: true }, () => {
      front.off("error", reject);
      front.on("error", () => {});
      resolve();
    });
  });
  return {
    localPort: front.address().port,
    close: () =>
      new Promise((resolve) => {
        for (const key of [...sessions.keys()]) end(key);
        front.close(() => resolve());
      }),
  };
}

/** Connecting takes a moment: what comes before is sent after it. */
function sendWhenConnected(socket: Socket, message: Uint8Array): void {
  try {
    socket.remoteAddress();
    socket.send(message);
  } catch {
    socket.once("connect", () => socket.send(message));
  }
}
