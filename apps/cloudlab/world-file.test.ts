import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createSimulator, readWorld, worldYamlOf } from "@ccm/baiducloud-simulator";
import { seededRandom, VirtualClock } from "@ccm/base";
import { parse } from "yaml";
import { fetchOnce, startLab } from "./lab.ts";
import { cloudlab, type Ready, send, sendSigned, startCommand } from "./testing/command.ts";

const EXAMPLES = fileURLToPath(new URL("../../examples/worlds/", import.meta.url));

const folder = mkdtempSync(join(tmpdir(), "cloudlab-worlds-"));
const children = new Set<ChildProcess>();
after(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

function fileOf(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const start = (...args: readonly string[]) => startCommand(children, ...args);

async function exportOf({ admin, adminToken }: Ready): Promise<string> {
  return (await send(`${admin}/world`, { headers: { authorization: `Bearer ${adminToken}` } })).text;
}

/** A minute; how long a CCM takes on a busy machine is not what is tested. */
const MOST_LOOKS = 3000;

interface Example {
  readonly accounts: readonly { readonly regions: readonly { readonly name: string }[] }[];
}

describe("cloudlab baiducloud --world", { concurrency: true }, () => {
  for (const example of readdirSync(EXAMPLES)) {
    it(`begins with ${example}, and with what it exports`, async () => {
      const file = join(EXAMPLES, example);
      const first = await start("--world", file);
      const { accounts } = parse(readFileSync(file, "utf8")) as Example;
      assert.equal(first.ready.region, accounts[0]?.regions[0]?.name);
      const answer = JSON.parse((await sendSigned(first.ready, "GET /v1/blb")).text);
      assert.deepEqual(
        answer.blbList.map((blb: { status: string }) => blb.status),
        ["available"],
      );
      const exported = await exportOf(first.ready);
      assert.equal(await first.stop(), 0);
      assert.equal(first.errors(), "");
      const worldFile = readWorld(exported);
      const next = createSimulator({ clock: new VirtualClock(), random: seededRandom("next"), worldFile });
      assert.equal(worldYamlOf(next.world), exported);
    });
  }

  it("prints the keys of all accounts in its one line, goes on with their state, and begins no other world there", async () => {
    const world = join(EXAMPLES, "tight-quotas.yaml");
    const state = join(folder, "world.db");
    const { ready, kill } = await start("--world", world, "--state", state);
    const { accounts, credentials } = ready as Ready & { accounts: Record<string, Ready["credentials"]> };
    assert.deepEqual(Object.keys(accounts), ["production", "staging"]);
    assert.deepEqual(accounts.production, credentials);
    assert.deepEqual(accounts.staging, { accessKeyId: "labstaging", secretAccessKey: "not-a-secret" });
    const staging = { ...ready, credentials: accounts.staging ?? credentials };
    const listed = await sendSigned(staging, "GET /v2/instance", undefined, "bcc.su.baidubce.com");
    assert.equal(JSON.parse(listed.text).instances.length, 2);
    const exported = await exportOf(ready);
    await kill();
    const second = await start("--state", state);
    assert.equal(await exportOf(second.ready), exported);
    assert.deepEqual([second.ready.region, second.ready.vpcId], ["gz", ready.vpcId]);
    await second.stop();
    const { code, out, err } = await cloudlab(["baiducloud", "--world", world, "--state", state]);
    assert.deepEqual([code, out], [1, ""]);
    assert.equal(
      err,
      `cloudlab: ${world}: a world begins with an empty state, this one has the accounts production, staging\n`,
    );
  });

  it("ends with a line for each mistake", async () => {
    const world = fileOf(
      "wrong.yaml",
      "accounts:\n  - id: a\n    regions: [{ name: bj, eips: [{ name: 7 }] }]\n  - ip: b\n",
    );
    const { code, out, err } = await cloudlab(["baiducloud", "--world", world]);
    assert.deepEqual([code, out], [1, ""]);
    assert.deepEqual(err.trimEnd().split("\n"), [
      `cloudlab: ${world}:3: accounts[0].regions[0].eips[0].name: found 7, expected a text of 1 to 65 characters`,
      `${world}:4: accounts[1].ip: is unknown here, the nearest known key is "id"`,
      `${world}:4: accounts[1].id: is missing, expected 1 to 64 letters, digits, _ and -`,
    ]);
  });

  it("forwards from the address of a load balancer to the backends at once", async () => {
    const server = createServer((_, response) => response.end("hello from node-1"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const world = fileOf(
      "traffic.yaml",
      `accounts:
  - id: lab
    regions:
      - name: bj
        vpcs:
          - name: lab
            cidr: 10.0.0.0/16
            subnets:
              - { name: a, zone: cn-bj-a, cidr: 10.0.0.0/24, instances: [{ name: node-1, host: 127.0.0.1 }] }
            loadBalancers:
              - name: web
                subnet: a
                listeners: [{ protocol: TCP, port: 8080, backendPort: ${port} }]
                backends: [{ instance: node-1 }]
        eips: [{ name: web, boundTo: web }]
`,
    );
    const { ready, stop } = await start("--world", world);
    const { eipList } = JSON.parse((await sendSigned(ready, "GET /v1/eip")).text);
    assert.equal(await fetchOnce(`http://${eipList[0].eip}:8080/`), "hello from node-1");
    assert.equal(await stop(), 0);
    server.close();
  });
});

describe("cloudlab up --world", { concurrency: true }, () => {
  it("has the machines of the world's first VPC as nodes, in their zones, those that are off too", async () => {
    const world = readWorld(readFileSync(join(EXAMPLES, "three-zones.yaml"), "utf8"), "three-zones.yaml");
    const lab = await startLab({ nodeCount: 3, world, print: () => {} });
    try {
      const zone = "topology.kubernetes.io/zone";
      const initialised = () => lab.nodes.list().filter(({ metadata }) => metadata.labels?.[zone]);
      for (let looks = 0; initialised().length < 12 && looks < MOST_LOOKS; looks++) await setTimeout(20);
      const zones = Map.groupBy(initialised(), ({ metadata }) => metadata.labels?.[zone]);
      assert.deepEqual([...zones].map(([name, nodes]) => [name, nodes.length]).toSorted(), [
        ["cn-bj-a", 4],
        ["cn-bj-b", 4],
        ["cn-bj-d", 4],
      ]);
      assert.equal(lab.machines.running.includes("node-d-4"), false);
      assert.equal(lab.machines.running.length, 11);
    } finally {
      await lab.close();
    }
  });

  it("says in one line why a world has no nodes", async () => {
    const instances = "instances: [{ name: node }, { name: node }]";
    const subnet = `{ name: a, zone: cn-bj-a, cidr: 10.0.0.0/24, ${instances} }`;
    const text = `accounts: [{ id: a, regions: [{ name: bj, vpcs: [{ name: v, cidr: 10.0.0.0/16, subnets: [${subnet}] }] }] }]`;
    const world = fileOf("twins.yaml", text);
    const { code, err } = await cloudlab(["up", "--world", world]);
    assert.equal(code, 1);
    assert.equal(
      err,
      `cloudlab: ${world}: instance "node": expected a name that a Node can have, and no other instance\n`,
    );
  });
});
