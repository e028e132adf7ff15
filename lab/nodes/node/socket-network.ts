import { createSocket } from "node:dgram";
import { createServer } from "node:http";
import type { NodeNetwork } from "../network.ts";

/** Node ports as real sockets on loopback addresses. */
export const socketNetwork: NodeNetwork = {
  open: ({ protocol, host, port, reply }) =>
    protocol === "TCP" ? openHttp(host, port, reply) : openDatagram(host, port, reply),
};

function openHttp(host: string, port: number, reply: string): Promise<() => Promise<void>> {
  const server = createServer((_request, response) => {
    // Each request is a new connection, so that every curl goes through the load balancer's choice again.
    response.writeHead(200, { "content-type": "text/plain; charset=utf-8", connection: "close" });
    response.end(reply);
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => {
      server.off("error", reject);
      resolve(
        () =>
          new Promise((closed) => {
            server.close(() => closed());
            server.closeAllConnections();
          }),
      );
    });
  });
}

function openDatagram(host: string, port: number, reply: string): Promise<() => Promise<void>> {
  const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
  socket.on("message", (_message, from) => socket.send(reply, from.port, from.address));
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.bind({ address: host, port, exclusive: true }, () => {
      socket.off("error", reject);
      socket.on("error", () => {});
      resolve(() => new Promise((closed) => socket.close(() => closed())));
    });
  });
}
