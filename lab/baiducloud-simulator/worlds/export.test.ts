import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parse } from "yaml";
import { createScene } from "../testing/client.ts";
import { worldYamlOf } from "./export.ts";
import type { WorldFile } from "./schema.ts";

describe("the world's file", () => {
  it("has accounts, networks, instances and quotas, and no keys", () => {
    const { simulator } = createScene({ quotas: { blbs: 7 } });
    const one = simulator.createInstance({ name: "node: 1", zoneName: "cn-bj-b" });
    const two = simulator.createInstance({ name: "node-2", zoneName: "cn-bj-b", product: "bbc" });
    simulator.setInstanceStatus(two.id, "Stopped");
    const secret = simulator.addAccount({ id: "other", quotas: { eips: 3 } }).secretAccessKey;
    const text = worldYamlOf(simulator.world);
    const { accounts } = parse(text) as WorldFile;
    assert.deepEqual(
      accounts.map(({ id, quotas }) => [id, quotas]),
      [
        ["lab", { blbs: 7 }],
        ["other", { eips: 3 }],
      ],
    );
    const [region] = accounts[0]?.regions ?? [];
    const [vpc] = region?.vpcs ?? [];
    assert.deepEqual([region?.name, vpc?.id, vpc?.name, vpc?.cidr], ["bj", simulator.vpcId, "lab", "192.168.0.0/16"]);
    assert.deepEqual(vpc?.subnets?.[1], {
      id: simulator.subnetIds[1],
      name: "lab-b",
      zone: "cn-bj-b",
      cidr: "192.168.16.0/20",
      instances: [
        { id: one.id, name: "node: 1", product: "bcc", spec: one.spec, internalIp: one.internalIp },
        { id: two.id, name: "node-2", product: "bbc", spec: two.spec, internalIp: two.internalIp, status: "Stopped" },
      ],
    });
    for (const hidden of [secret, simulator.credentials.secretAccessKey]) assert.ok(!text.includes(hidden));
  });

  it("does not have what is deleted, though the cloud shows it for a while", () => {
    const { simulator } = createScene({ timings: { instanceDelete: 60_000 } });
    simulator.deleteInstance(simulator.createInstance({ name: "gone" }).id);
    assert.deepEqual(
      simulator.inventory().instances.map(({ status }) => status),
      ["Deleted"],
    );
    assert.doesNotMatch(worldYamlOf(simulator.world), /gone/);
  });

  it("does not make what nobody has asked for", () => {
    const { simulator } = createScene();
    simulator.addAccount({ id: "other" });
    worldYamlOf(simulator.world);
    assert.equal(simulator.world.opened().length, 1);
  });
});
