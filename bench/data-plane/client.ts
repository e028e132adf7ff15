/**
 * Asks over `connections` connections, one request in flight on each, as often as it gets answers. Bare sockets, so that the
 * client is not what is measured.
 */
import { connect, type Socket } from "node:net";

const REQUEST = Buffer.from("GET / HTTP/1.1\r\nHost: bench\r\n\r\n");
const END = Buffer.from("hello");

interface Round {
  readonly host: string;
  readonly port: number;
  readonly connections: number;
  readonly requests: number;
  /** Of the connections that were opened, how many ask; the others stay open and silent. */
  readonly asking: number;
}

async function open(host: string, port: number, count: number): Promise<readonly Socket[]> {
  const sockets: Socket[] = [];
  // Not all at the same moment: the queue of connections that wait to be accepted is not endless.
  while (sockets.length < count) {
    const some = Array.from({ length: Math.min(200, count - sockets.length) }, () => connectTo(host, port));
    sockets.push(...(await Promise.all(some)));
  }
  return sockets;
}

function connectTo(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true }, () => resolve(socket));
    socket.on("error", reject);
  });
}

async function run({ host, port, connections, requests, asking }: Round) {
  const openedAt = performance.now();
  const sockets = await open(host, port, connections);
  const errors = { count: 0 };
  /** One request on each connection, so that the connection to the backend is there too. */
  await ask(sockets, sockets.length, errors);
  const openMilliseconds = performance.now() - openedAt;
  const started = performance.now();
  const latencies = await ask(sockets.slice(0, asking), requests, errors);
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage();
  process.send?.({ seconds, openMilliseconds, latencies, errors: errors.count, cpuMicroseconds: user + system });
  process.once("message", () => {
    for (const socket of sockets) socket.destroy();
    process.send?.({});
  });
}

/** Resolves to some of the latencies in milliseconds, sorted. */
function ask(sockets: readonly Socket[], requests: number, errors: { count: number }): Promise<readonly number[]> {
  return new Promise((resolve) => {
    let sent = 0;
    let done = 0;
    const latencies: number[] = [];
    for (const socket of sockets) {
      let at = 0;
      const next = () => {
        if (sent >= requests) return;
        sent++;
        at = performance.now();
        socket.write(REQUEST);
      };
      socket.removeAllListeners("data");
      socket.on("data", (chunk) => {
        if (!chunk.subarray(chunk.length - END.length).equals(END)) {
          errors.count++;
          return;
        }
        if (done % 16 === 0) latencies.push(performance.now() - at);
        if (++done === requests) resolve(latencies.sort((a, b) => a - b));
        else next();
      });
      next();
    }
  });
}

process.once("message", (round: Round) => void run(round));
