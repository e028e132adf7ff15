import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, it, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { sleep } from "@ccm/base";
import { systemClock as clock, listen, openTransport, systemRandom as random } from "@ccm/base/node";
import { createKubeClient, NODES, type Node, SERVICES, type Service } from "@ccm/kube";
import { createKubeServer } from "@ccm/kube-server";
import { createShelf, TOKEN } from "./testing/cloud.ts";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));

/** The command as a process of its own. */
function start(t: TestContext, args: readonly string[], env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [MAIN, ...args], { env, stdio: ["ignore", "ignore", "pipe"] });
  t.after(() => child.kill("SIGKILL"));
  let output = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const ended = once(child, "close").then(([code]) => ({ code, output }));
  return { ended, output: () => output, runs: () => child.exitCode === null, stop: () => child.kill("SIGTERM") };
}

describe("the program of a provider", () => {
  it("runs against an API server: node initialised, route made, Service with an address; and ends when asked to", async (t) => {
    const server = createKubeServer({ clock, random });
    const shelf = createShelf();
    const [api, cloud] = await Promise.all(
      [server.handler, shelf.handler].map((handler) => listen({ host: "127.0.0.1", port: 0, handler })),
    );
    const transport = openTransport({});
    t.after(() => Promise.all([api?.close(), cloud?.close(), transport.close(), server.close()]));
    const master = `http://127.0.0.1:${api?.port}`;
    const client = createKubeClient({ baseUrl: master, send: transport.send, clock, random });
    shelf.machines.push({ id: "m-1", name: "n1", size: "wide", shelf: "left", ip: "10.0.0.1", on: true });
    const taints = [
      { key: "node.cloudprovider.kubernetes.io/uninitialized", value: "true", effect: "NoSchedule" as const },
    ];
    await client.create(NODES, {
      metadata: { name: "n1" },
      spec: { podCIDR: "10.244.1.0/24", podCIDRs: ["10.244.1.0/24"], taints },
      status: { conditions: [{ type: "Ready", status: "True" }] },
    });
    const spec = { type: "LoadBalancer" as const, ports: [{ name: "http", port: 80 }] };
    await client.create(SERVICES, { metadata: { name: "web", namespace: "default" }, spec });

    const ccm = start(t, [`--master=${master}`, "--cluster-cidr=10.244.0.0/16", "--secure-port=0"], {
      SHELF_ENDPOINT: `http://127.0.0.1:${cloud?.port}`,
      SHELF_CLUSTER: "blue",
      SHELF_TOKEN: TOKEN,
    });
    const deadline = clock.monotonic() + 60_000;
    const isDone = async (): Promise<boolean> => {
      const node = await client.get<Node>(NODES, { name: "n1" });
      const service = await client.get<Service>(SERVICES, { namespace: "default", name: "web" });
      return (
        node.spec?.providerID === "shelf://m-1" &&
        node.status?.conditions?.some(({ reason }) => reason === "RouteCreated") === true &&
        service.status?.loadBalancer?.ingress?.length === 1 &&
        [...shelf.forwarders.values()].some(({ machines }) => machines.includes("m-1"))
      );
    };
    while (!(await isDone())) {
      assert.ok(
        ccm.runs() && clock.monotonic() < deadline,
        `it has ended, or is not done after a minute: ${ccm.output()}`,
      );
      await sleep(clock, 50);
    }
    assert.deepEqual(
      [...shelf.routes.values()].map(({ machine }) => machine),
      ["m-1"],
    );
    ccm.stop();
    const { code, output } = await ccm.ended;
    assert.equal(code, 0, output);
    assert.ok(!output.includes(TOKEN));
  });

  it("says in one line what is missing, and ends with code 2", async (t) => {
    const { code, output } = await start(t, ["--cluster-cidr=10.244.0.0/16"], {}).ended;
    assert.equal(code, 2);
    assert.equal(
      output,
      "shelf-cloud-controller-manager: SHELF_ENDPOINT is missing: expected a URL such as http://shelf.example\n",
    );
  });
});
