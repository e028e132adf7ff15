import { createServer } from "node:net";
import { integer, type Random } from "@ccm/base";

/** The last octets that this lab hands out in its /24: nodes from 11, public addresses from 129. */
const FIRST_NODE = 11;
const FIRST_EIP = 129;

export interface Loopback {
  nodeHost(index: number): string;
  /** CIDR that the simulator takes public addresses from; the low half is the nodes'. */
  readonly eips: string;
  /** CIDR for the private addresses of load balancers; no other lab draws from it. */
  readonly vips: string;
}

/**
 * A part of 127.0.0.0/8 for one lab, drawn at random so that several labs fit on a machine. Linux answers on all of it;
 * throws where the system does not (macOS knows 127.0.0.1 only until told otherwise).
 */
export async function chooseLoopback(random: Random): Promise<Loopback> {
  const [second, third] = [64 + integer(random, 60), integer(random, 256)];
  const prefix = `127.${second}.${third}`;
  const probe = `${prefix}.${FIRST_EIP}`;
  try {
    await canListen(probe);
  } catch (error) {
    throw new Error(
      `cannot use ${probe} as a local address: the lab needs 127.0.0.0/8 on the loopback interface ` +
        "(on macOS: run it in a Linux container or virtual machine)",
      { cause: error },
    );
  }
  return {
    nodeHost: (index) => `${prefix}.${FIRST_NODE + index}`,
    eips: `${prefix}.128/25`,
    vips: `127.${second + 64}.${third}.0/24`,
  };
}

/** A port on 127.0.0.1 that is free now. Not the CCM's usual 10258: two labs may start at the same moment. */
export function freePort(): Promise<number> {
  return canListen("127.0.0.1");
}

function canListen(host: string): Promise<number> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port: 0 }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}
