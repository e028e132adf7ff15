/** The client, its caches and its credentials on a real API server that restarts, forgets and expires. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { silentLogger, sleep, type Transport, TransportError } from "@ccm/base";
import { openTransport, systemClock, systemRandom } from "@ccm/base/node";
import { type ControlPlane, canHaveControlPlane, startControlPlane } from "@ccm/control-plane/node";
import { stringify } from "yaml";
import type { KubeClient } from "./client.ts";
import { hasCode } from "./error.ts";
import { createKubeClient } from "./kube-client.ts";
import { createInformer } from "./list-watch.ts";
import { connectKube } from "./node/connect.ts";
import { renewingTransport } from "./renewing-transport.ts";
import { NODES, type Node } from "./types/core.ts";

const parts = { clock: systemClock, random: systemRandom, logger: silentLogger };

async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = systemClock.monotonic() + 90_000;
  while (!(await condition())) {
    assert.ok(systemClock.monotonic() < deadline, `waited in vain until ${what}`);
    await sleep(systemClock, 20);
  }
}

async function startPlane(t: TestContext): Promise<ControlPlane | undefined> {
  if (!canHaveControlPlane(t)) return undefined;
  const plane = await startControlPlane();
  t.after(() => plane.stop());
  return plane;
}

/** A cache of all nodes that follows until the test ends, and what it told of each. */
async function follow(t: TestContext, client: KubeClient) {
  const informer = createInformer<Node>({ client, type: NODES, ...parts });
  const told = new Map<string, string[]>();
  const tell = (what: string, { metadata }: Node) => {
    const name = metadata.name ?? "";
    told.set(name, [...(told.get(name) ?? []), what]);
  };
  informer.subscribe({
    add: (node) => tell("add", node),
    update: (_, node) => tell("update", node),
    delete: (node) => tell("delete", node),
  });
  const stopped = new AbortController();
  const running = informer.run(stopped.signal);
  t.after(async () => {
    stopped.abort(new Error("the test is over"));
    await running;
  });
  await informer.waitForSync(stopped.signal);
  return { informer, told };
}

const versions = (nodes: readonly Node[]) =>
  nodes.map(({ metadata }) => `${metadata.name} ${metadata.uid} ${metadata.resourceVersion}`).sort();
const count = (node: Node | undefined) => Number(node?.metadata.labels?.count ?? 0);

describe("on a real API server", () => {
  it("no acknowledged write is lost, and caches agree, when it is stopped and killed under load", async (t) => {
    const plane = await startPlane(t);
    if (!plane) return;
    const { client } = plane.admin;
    const names = Array.from({ length: 20 }, (_, i) => `node-${i}`);
    for (const name of names) await client.create(NODES, { metadata: { name } });
    const caches = await Promise.all([follow(t, client), follow(t, client)]);
    const acknowledged = new Map<string, number>();
    let working = true;
    const load = names.map(async (name) => {
      for (let next = 1; working; next++) {
        const body = { metadata: { labels: { count: String(next) } } };
        try {
          const node = await client.patch(NODES, { name }, { type: "merge", body });
          acknowledged.set(name, count(node));
        } catch (error) {
          assert.ok(hasCode(error, "unreachable", "lost", "unavailable", "throttled", "forbidden"), String(error));
          await sleep(systemClock, 20);
        }
      }
    });
    const progress = () => Math.min(...names.map((name) => acknowledged.get(name) ?? 0));
    for (const how of [undefined, "kill"] as const) {
      const before = progress();
      await until("each node has been written", () => progress() > before);
      await plane.stopApiServer(how);
      await plane.startApiServer();
    }
    const before = progress();
    await until("each node has been written after the last restart", () => progress() > before);
    working = false;
    await Promise.all(load);
    const { items } = await client.list(NODES);
    for (const node of items) {
      const known = acknowledged.get(node.metadata.name ?? "") ?? 0;
      assert.ok(count(node) >= known, `${node.metadata.name}: ${count(node)} where ${known} was acknowledged`);
    }
    for (const { informer } of caches) {
      await until("the cache agrees", () => isSame(versions(informer.list()), versions(items)));
    }
  });

  it("a cache that was cut off while the server forgot its version tells what came, went and was replaced", async (t) => {
    const plane = await startPlane(t);
    if (!plane) return;
    const { client } = plane.admin;
    for (const name of ["goes", "stays", "is-replaced"]) await client.create(NODES, { metadata: { name } });
    const network = cuttable(openTransport(plane.admin.connection.tls).send);
    const cut = createKubeClient({ baseUrl: plane.server, send: network.send, ...parts });
    const { informer, told } = await follow(t, cut);
    network.cut();
    await client.delete(NODES, { name: "goes" });
    await client.delete(NODES, { name: "is-replaced" });
    for (const name of ["is-replaced", "comes"]) await client.create(NODES, { metadata: { name } });
    // Its memory of events begins anew.
    await plane.stopApiServer("kill");
    await plane.startApiServer();
    network.mend();
    const { items } = await client.list(NODES);
    await until("the cache agrees", () => isSame(versions(informer.list()), versions(items)));
    assert.deepEqual(Object.fromEntries(told), {
      goes: ["add", "delete"],
      stays: ["add"],
      "is-replaced": ["add", "delete", "add"],
      comes: ["add"],
    });
    assert.ok(network.answers.includes(410) || network.bodies().includes('"code":410'), "the server never said Gone");
  });

  it("a client goes on when the certificate in its kubeconfig's files is renewed, and its old one runs out", async (t) => {
    const plane = await startPlane(t);
    if (!plane) return;
    const path = (name: string) => join(plane.folder, name);
    const issue = async (days: number) => {
      const user = await plane.mintUser("renewed", ["system:masters"], days);
      writeFileSync(path("renewed.key"), user.keyPem);
      writeFileSync(path("renewed.crt"), user.certPem);
    };
    await issue(4 / 86_400);
    writeFileSync(path("ca.crt"), plane.admin.connection.tls.ca ?? "");
    const kubeconfig = path("renewed.kubeconfig");
    writeFileSync(
      kubeconfig,
      stringify({
        "current-context": "c",
        contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
        clusters: [{ name: "c", cluster: { server: plane.server, "certificate-authority": "ca.crt" } }],
        users: [{ name: "u", user: { "client-certificate": "renewed.crt", "client-key": "renewed.key" } }],
      }),
    );
    const connection = await connectKube({ kubeconfig });
    const transport = renewingTransport({ connection, open: openTransport, clock: systemClock });
    t.after(() => transport.close());
    const { send } = transport;
    const client = createKubeClient({ baseUrl: plane.server, send, authorize: connection.authorize, ...parts });
    await client.list(NODES);
    await until("the old certificate has run out", async () => {
      try {
        await client.list(NODES);
        return false;
      } catch (error) {
        return hasCode(error, "unauthorized");
      }
    });
    await issue(1);
    assert.deepEqual((await client.list(NODES)).items, []);
  });
});

/** A transport whose connections can be cut, and that remembers how the server answered afterwards. */
function cuttable(send: Transport) {
  let cutter = new AbortController();
  let isCut = false;
  const answers: number[] = [];
  const texts: string[] = [];
  const broken = () => new TransportError("reset", "cut off by the test");
  const cuttableSend: Transport = async (request, options = {}) => {
    if (isCut) throw broken();
    const { signal } = cutter;
    const response = await send(request, {
      signal: AbortSignal.any([signal, ...(options.signal ? [options.signal] : [])]),
    });
    answers.push(response.status);
    return { ...response, body: told(response.body, signal) };
  };
  async function* told(body: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of body) {
        texts.push(Buffer.from(chunk).toString("utf8"));
        yield chunk;
      }
    } catch (error) {
      throw signal.aborted ? broken() : error;
    }
  }
  return {
    send: cuttableSend,
    answers,
    bodies: () => texts.join(""),
    cut() {
      isCut = true;
      cutter.abort(broken());
    },
    mend() {
      isCut = false;
      cutter = new AbortController();
    },
  };
}

function isSame(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((value, i) => value === right[i]);
}
