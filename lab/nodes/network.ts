/** Where a node's ports are opened: real sockets (`@ccm/nodes/node`), or nothing at all under a virtual clock. */
export interface NodeNetwork {
  /**
   * Opens `port` on `host` and answers every HTTP request (TCP) or datagram (UDP) with `reply`. Resolves to a function
   * that closes the port and cuts its connections. Rejects when the port cannot be had.
   */
  open(port: NodePort & { readonly host: string; readonly reply: string }): Promise<() => Promise<void>>;
}

export interface NodePort {
  readonly protocol: "TCP" | "UDP";
  readonly port: number;
}

/** For a world without sockets: every port opens, and nothing is ever sent to it. */
export const noNetwork: NodeNetwork = { open: async () => async () => {} };
