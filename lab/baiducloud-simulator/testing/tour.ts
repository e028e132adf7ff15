import assert from "node:assert/strict";
import type { SimulatorOptions } from "../simulator.ts";
import { createScene, type How, type Scene } from "./client.ts";

export interface Tour extends Scene {
  /** The answer of a call that must succeed. */
  ok<T = Readonly<Record<string, string>>>(line: string, body?: unknown, how?: How): Promise<T>;
  /** A call that must be refused: "409 SUBNET_INUSE". */
  refused(outcome: string, line: string, body?: unknown, how?: How): Promise<void>;
}

/** A scene with two words for what a call must come to. */
export function createTour(options: Partial<SimulatorOptions> = {}): Tour {
  const scene = createScene(options);
  return {
    ...scene,
    async ok<T>(line: string, body?: unknown, how?: How) {
      const reply = await scene.call<T>(line, body, how);
      assert.equal(reply.status, 200, `${line}: ${reply.body.code} ${reply.body.message}`);
      return reply.body;
    },
    async refused(outcome, line, body, how) {
      const { status, body: answer } = await scene.call(line, body, how);
      assert.equal(`${status} ${answer.code}`, outcome, `${line}: ${answer.message}`);
    },
  };
}

/** A VPC with a subnet, both with IPv6. */
export async function withNetwork(tour: Tour = createTour()) {
  const { vpcId = "" } = await tour.ok("POST /v1/vpc", { name: "net", cidr: "10.0.0.0/16", enableIpv6: true });
  const subnet = { name: "s", zoneName: "cn-bj-a", cidr: "10.0.1.0/24", vpcId, enableIpv6: true };
  const { subnetId = "" } = await tour.ok("POST /v1/subnet", subnet);
  return { ...tour, vpcId, subnetId, subnet };
}

/** A public address that can be bound. */
export async function newEip({ ok, settle }: Tour): Promise<string> {
  const billing = { paymentTiming: "Postpaid", billingMethod: "ByTraffic" };
  const { eip = "" } = await ok("POST /v1/eip", { billing, bandwidthInMbps: 5 });
  await settle();
  return eip;
}
