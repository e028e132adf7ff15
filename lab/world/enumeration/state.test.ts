import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sleep } from "@ccm/base";
import { NODES, SERVICES } from "@ccm/kube";
import { createWorld } from "../world.ts";
import { createStateReader, difference } from "./state.ts";

describe("the state of a world", () => {
  it("is read again only where it has changed, and always as somebody would who reads it for the first time", async () => {
    const world = await createWorld({ seed: "state", nodes: 2 });
    const read = createStateReader(world);
    const { client, during, clock } = world;
    const web = { namespace: "default", name: "web" };
    const story: readonly (() => Promise<unknown>)[] = [
      async () => world.startCcm(),
      () =>
        client.create(SERVICES, {
          metadata: web,
          spec: { type: "LoadBalancer", ports: [{ name: "http", port: 80 }] },
        }),
      () => sleep(clock, 30_000),
      () => client.patch(SERVICES, web, { type: "merge", body: { metadata: { labels: { shade: "red" } } } }),
      () => world.joinNode("late"),
      () => client.patch(NODES, { name: "node-1" }, { type: "merge", body: { spec: { unschedulable: true } } }),
      () => client.delete(SERVICES, web),
      () => sleep(clock, 120_000),
    ];
    let before = await during(read());
    for (const [index, step] of story.entries()) {
      await during(step());
      const found = await during(read());
      assert.deepEqual(found.lines, (await during(createStateReader(world)())).lines, `step ${index}`);
      // A start alone changes nothing yet; all else does.
      if (index > 0) assert.ok(difference(before, found).length > 0, `step ${index} shows`);
      assert.equal(await during(read()), found);
      before = found;
    }
    await world.close();
  });
});
