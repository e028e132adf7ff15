import type { Server } from "node:net";
import { type Clock, errorText } from "@ccm/base";
import type { Forwarding, Target } from "../../data-plane/data-plane.ts";
import type { LocalAddress } from "../../data-plane/local-addresses.ts";
import type { Certificates } from "./certificates.ts";

/** What an open listener asks for each connection, datagram or request. */
export interface Traffic {
  readonly clock: Clock;
  readonly certificates: Certificates;
  /** As it is now. */
  forwarding(): Forwarding;
  /** Whether the security groups let the source in. */
  admits(source: string): boolean;
  /** A healthy backend with weight; `wanted` if it is still one. */
  choose(source: string, wanted?: string): Target | undefined;
  count(instanceId: string, change: 1 | -1): void;
}

/** An open socket. */
export interface Front {
  readonly localPort: number;
  /** Closes it and cuts what goes through it. */
  close(): Promise<void>;
}

/** Resolves to the port; rejects when it cannot be had. */
export function listenOn(server: Server, { host, port }: LocalAddress): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port, backlog: 4096 }, () => {
      server.off("error", reject);
      server.on("error", () => {});
      const address = server.address();
      resolve(typeof address === "object" && address ? address.port : port);
    });
  });
}

export function explain(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "EACCES")
    return "permission denied: ports below 1024 need root, or net.ipv4.ip_unprivileged_port_start=0";
  if (code === "EADDRINUSE") return "another program uses it";
  if (code === "EADDRNOTAVAIL") return "this system has no such local address";
  return errorText(error);
}
