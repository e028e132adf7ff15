/** A web server with keep-alive that says the same to all: as little work as node:http allows. */
import { createServer } from "node:http";

const server = createServer((_request, response) => response.writeHead(200, { "content-length": "5" }).end("hello"));
server.keepAliveTimeout = 600_000;
server.listen({ host: process.argv[2] ?? "", port: Number(process.argv[3]), backlog: 4096 }, () => process.send?.({}));
process.on("message", () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuMicroseconds: user + system, rssBytes: process.memoryUsage.rss() });
});
