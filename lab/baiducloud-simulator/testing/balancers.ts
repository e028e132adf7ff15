import assert from "node:assert/strict";
import type { SimulatorOptions } from "../simulator.ts";
import { createScene, type Reply, type Scene } from "./client.ts";

/** "409 OperationDenied", or "200" for what was done. */
export function outcome({ status, body }: Reply<unknown>): string {
  return status === 200 ? "200" : `${status} ${body.code}`;
}

export interface BalancerScene extends Scene {
  /** The answer of a call that must be done. */
  must<T = Readonly<Record<string, unknown>>>(line: string, body?: unknown): Promise<T>;
  /** The same, and waits until what it began has ended. */
  done<T = Readonly<Record<string, unknown>>>(line: string, body?: unknown): Promise<T>;
  /** How a call ends. */
  end(line: string, body?: unknown): Promise<string>;
  /** A new load balancer that is available. */
  balancer(family: "blb" | "appblb", more?: object): Promise<string>;
  /** A new address that is available. */
  address(more?: object): Promise<string>;
  /** A new machine. */
  machine(name: string): string;
}

export const POSTPAID = { paymentTiming: "Postpaid", billingMethod: "ByTraffic" };
export const PREPAID = {
  paymentTiming: "Prepaid",
  reservation: { reservationLength: 1, reservationTimeUnit: "month" },
};

/** A scene with short cuts to load balancers and addresses. */
export function createBalancerScene(options: Partial<SimulatorOptions> = {}): BalancerScene {
  const scene = createScene(options);
  const { call, settle, simulator } = scene;
  const must = async <T>(line: string, body?: unknown): Promise<T> => {
    const reply = await call<T>(line, body);
    assert.equal(reply.status, 200, `${line}: ${JSON.stringify(reply.body)}`);
    return reply.body;
  };
  const done = async <T>(line: string, body?: unknown): Promise<T> => {
    const answer = await must<T>(line, body);
    await settle();
    return answer;
  };
  return {
    ...scene,
    must,
    done,
    end: async (line, body) => outcome(await call(line, body)),
    async balancer(family, more = {}) {
      const spec = { vpcId: simulator.vpcId, subnetId: simulator.subnetIds[0], ...more };
      return (await done<{ readonly blbId: string }>(`POST /v1/${family}`, spec)).blbId;
    },
    async address(more = {}) {
      return (await done<{ readonly eip: string }>("POST /v1/eip", { billing: POSTPAID, bandwidthInMbps: 5, ...more }))
        .eip;
    },
    machine: (name) => simulator.createInstance({ name }).id,
  };
}
