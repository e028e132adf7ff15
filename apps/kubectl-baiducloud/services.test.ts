import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SERVICES } from "@ccm/kube";
import { parse } from "yaml";
import { inScene, refuseConnections, type Scene } from "./testing/scene.ts";

interface PlanData {
  readonly services: readonly {
    readonly service: string;
    readonly loadBalancer: string;
    readonly changes: readonly { readonly kind: string; readonly object: string; readonly detail: string }[];
    readonly problems: readonly { readonly reason: string }[];
  }[];
  readonly failed: readonly unknown[];
  readonly summary: Readonly<Record<string, number>>;
}

/** A Service whose load balancer is as it should be. */
async function settled(
  scene: Scene,
  name = "web",
): Promise<{
  readonly blbId: string;
  readonly address: string;
  stop(): Promise<void>;
}> {
  await scene.addNode("node-1");
  await scene.addNode("node-2");
  const { stop } = scene.startCcm();
  await scene.service(name);
  const address = await scene.addressed(name);
  const [blb] = await scene.during(scene.console.blb.list());
  return { blbId: blb?.blbId ?? "", address, stop };
}

describe("kubectl baiducloud plan", () => {
  it("says what a new Service will get, changes nothing, and ends with 3", () =>
    inScene(async (scene) => {
      await scene.addNode("node-1");
      await scene.service("web");
      const { code, out, err } = await scene.kubectl("plan web");
      assert.equal(code, 3);
      assert.match(out, /default\/web +\+ create +load balancer CCE\/SVC\/cce-scene\/default\/web/);
      assert.match(out, /\+ create +listener TCP\/80/);
      assert.match(out, /\+ create +EIP \(IPv4\) +200 Mbps, ByTraffic/);
      assert.match(out, /0 to DELETE, 0 to REPLACE/);
      assert.equal(err, "");
      assert.deepEqual(scene.writes, []);
    }));

  it("ends with 0 when all is as wanted", () =>
    inScene(async (scene) => {
      await settled(scene);
      const { code, out } = await scene.kubectl("plan");
      assert.deepEqual([code, out], [0, "Nothing to change for 1 Service.\n"]);
    }));

  it("lets what is lost stand out, with its old and new values where something changes in place", () =>
    inScene(async (scene) => {
      const { blbId } = await settled(scene);
      const listener = { listenerType: "TCP", listenerPort: 80 } as const;
      await scene.during(scene.console.blb.updateListener(blbId, { ...listener, scheduler: "Hash" }, scene.token()));
      const more = { listenerType: "TCP", listenerPort: 99, backendPort: 31999, scheduler: "RoundRobin" } as const;
      await scene.during(scene.console.blb.createListener(blbId, more, scene.token()));
      const { code, out } = await scene.kubectl("plan");
      assert.equal(code, 3);
      assert.match(out, /~ change +listener TCP\/80 +scheduler: Hash → RoundRobin/);
      assert.match(out, /- DELETE +listener TCP\/99/);
      assert.match(out, /1 to change, 1 to DELETE/);
    }));

  it("calls it a replacement when another load balancer takes the place of the Service's own", () =>
    inScene(async (scene) => {
      const { blbId, stop } = await settled(scene);
      await stop();
      const other = await scene.blb("by-hand", "made by hand");
      const annotations = { "service.beta.kubernetes.io/cce-load-balancer-exist-id": other };
      const body = { metadata: { annotations } };
      await scene.during(scene.kube.patch(SERVICES, { namespace: "default", name: "web" }, { type: "merge", body }));
      const { code, out } = await scene.kubectl("plan web");
      assert.equal(code, 3);
      assert.match(out, new RegExp(`! REPLACE +load balancer ${blbId}`));
      assert.match(out, /1 to REPLACE/);
    }));

  it("foretells what goes with a Service, whether it is deleted or becomes another type", () =>
    inScene(async (scene) => {
      const { blbId, address, stop } = await settled(scene);
      await stop();
      const ref = { namespace: "default", name: "web" };
      await scene.during(scene.kube.patch(SERVICES, ref, { type: "merge", body: { spec: { type: "ClusterIP" } } }));
      const objects = async () => {
        const { data } = await scene.json<PlanData>("plan");
        return data.services[0]?.changes.filter(({ kind }) => kind === "delete").map(({ object }) => object);
      };
      const expected = [`EIP ${address}`, `load balancer ${blbId}`];
      assert.deepEqual(await objects(), expected);
      await scene.during(scene.kube.delete(SERVICES, ref));
      assert.deepEqual(await objects(), expected);
      scene.startCcm();
      await scene.clock.advance(60_000);
      assert.deepEqual(scene.simulator.inventory().blbs, []);
    }));

  it("looks only at the namespace or the Services that are named", () =>
    inScene(async (scene) => {
      await scene.addNode("node-1");
      await scene.service("web");
      await scene.service("dns", { namespace: "kube-system" });
      const services = async (argv: string) =>
        (await scene.json<PlanData>(argv)).data.services.map(({ service }) => service);
      assert.deepEqual(await services("plan"), ["default/web", "kube-system/dns"]);
      assert.deepEqual(await services("plan -n kube-system"), ["kube-system/dns"]);
      assert.deepEqual(await services("plan web"), ["default/web"]);
      assert.deepEqual(await services("plan -n kube-system dns default/web"), ["default/web", "kube-system/dns"]);
    }));

  it("prints the same as JSON and as YAML, with raw steps for programs", () =>
    inScene(async (scene) => {
      await scene.addNode("node-1");
      await scene.service("web", { annotations: { "service.beta.kubernetes.io/cce-load-balancer-scheduler": "Fast" } });
      const { data, code } = await scene.json<PlanData & { services: readonly { steps: readonly { do: string }[] }[] }>(
        "plan",
      );
      assert.equal(code, 3);
      assert.equal(data.services[0]?.steps[0]?.do, "createLoadBalancer");
      assert.deepEqual(
        data.services[0]?.problems.map(({ reason }) => reason),
        ["InvalidAnnotation"],
      );
      const { out } = await scene.kubectl("plan -o yaml");
      assert.deepEqual(parse(out), data);
    }));

  it("refuses a Service that is none, or not ours, with one line", () =>
    inScene(async (scene) => {
      await scene.service("plain", {}, { type: "ClusterIP" });
      await scene.service("other", {}, { loadBalancerClass: "example.com/lb" });
      const refused = async (argv: string) => {
        const { code, out, err } = await scene.kubectl(argv);
        assert.deepEqual([code, out, err.split("\n").length], [1, "", 2]);
        return err;
      };
      assert.match(await refused("plan nope"), /^kubectl-baiducloud: there is no Service default\/nope\n$/);
      assert.match(await refused("plan plain"), /its type is ClusterIP, not LoadBalancer/);
      assert.match(await refused("plan other"), /spec.loadBalancerClass is example.com\/lb/);
    }));

  it("ends with 1 and names each Service when the cloud does not answer, and tells on stderr that it takes a while", () =>
    inScene(async (scene) => {
      await scene.service("web");
      scene.intercept = refuseConnections;
      const { code, out, err } = await scene.kubectl("plan");
      assert.equal(code, 1);
      assert.match(out, /default\/web +.*connection refused/);
      assert.match(out, /1 Service could not be looked at/);
      assert.match(err, /looked at 0 of 1 Services in the cloud … \(2 s\)/);
    }));

  it("plans as the cloud config's switches for all Services have it", () =>
    inScene(async (scene) => {
      await scene.addNode("node-1");
      await scene.service("web");
      const config = { ...JSON.parse(scene.configText), DisableEip: true };
      const files = { "/c": JSON.stringify(config), "/o": JSON.stringify({ ...config, ServiceSelection: "opt-in" }) };
      const { data } = await scene.json<PlanData>("plan --cloud-config /c", { files });
      assert.ok(data.services[0]?.changes.every(({ object }) => !object.startsWith("EIP")));
      const optIn = await scene.json<PlanData>("plan", { files, env: { BAIDUCLOUD_CLOUD_CONFIG: "/o" } });
      assert.deepEqual([optIn.code, optIn.data.services], [0, []]);
    }));
});

describe("kubectl baiducloud drift", () => {
  it("says which field, what was found and what is wanted", () =>
    inScene(async (scene) => {
      const { blbId } = await settled(scene);
      assert.equal((await scene.kubectl("drift")).code, 0);
      await scene.during(scene.console.blb.update(blbId, { desc: "mine" }, scene.token()));
      const { code, data } = await scene.json<{ drift: readonly object[] }>("drift");
      assert.equal(code, 3);
      const object = `load balancer ${blbId}`;
      const wanted = "auto generated by cce:cce-scene";
      assert.deepEqual(data.drift, [{ service: "default/web", object, field: "desc", found: "mine", wanted }]);
      const { out } = await scene.kubectl("drift web");
      assert.match(out, /FIELD +FOUND +WANTED/);
      assert.match(out, /1 field differs in 1 of 1 Service/);
      assert.deepEqual(scene.writes, []);
    }));
});

describe("kubectl baiducloud explain service", () => {
  it("says that all is well, and ends with 0", () =>
    inScene(async (scene) => {
      const { address } = await settled(scene);
      const { code, out } = await scene.kubectl("explain svc/web");
      assert.equal(code, 0);
      assert.match(out, /state: +ready/);
      assert.ok(out.includes(address));
    }));

  it("says why it is pending, what went wrong last, when it is tried again and what to do", () =>
    inScene(async (scene) => {
      await scene.addNode("node-1");
      await scene.service("web", {}, { loadBalancerIP: "203.0.113.9" });
      scene.startCcm();
      await scene.clock.advance(30_000);
      const { code, out } = await scene.kubectl("explain service/web");
      assert.equal(code, 3);
      assert.match(out, /state: +failing/);
      assert.match(out, /last error: +AddressNotFound at 2026-01-02T/);
      assert.match(out, /next retry: +\d\d:\d\d:\d\dZ, in \d+ s/);
      assert.match(out, /to do: +write an EIP of this account and region into spec.loadBalancerIP/);
    }));

  it("says that nobody works on it when no CCM holds the lease", () =>
    inScene(async (scene) => {
      await scene.addNode("node-1");
      await scene.service("web");
      const { code, data } = await scene.json<{ state: string; todo: readonly string[]; nextRetry: string }>(
        "explain svc/web",
      );
      assert.deepEqual([code, data.state], [3, "pending"]);
      assert.match(data.todo[0] ?? "", /start the cloud controller manager/);
      assert.match(data.nextRetry, /not before the cloud controller manager runs again/);
    }));

  it("says of one that is going what keeps it", () =>
    inScene(async (scene) => {
      const { blbId } = await settled(scene);
      await scene.during(scene.console.blb.update(blbId, { allowDelete: false }, scene.token()));
      await scene.during(scene.kube.delete(SERVICES, { namespace: "default", name: "web" }));
      await scene.clock.advance(20_000);
      const { code, out } = await scene.kubectl("explain svc/web");
      assert.equal(code, 3);
      assert.match(out, /It waits until what was made for it in the cloud is gone/);
      assert.match(out, /last error: .*protected against deletion/);
    }));

  it("has nothing to say of one that is not ours", () =>
    inScene(async (scene) => {
      await scene.service("plain", {}, { type: "NodePort" });
      const { code, data } = await scene.json<{ state: string }>("explain svc/plain");
      assert.deepEqual([code, data.state], [0, "not ours"]);
    }));
});

describe("kubectl baiducloud explain node", () => {
  const taints = [{ key: "node.cloudprovider.kubernetes.io/uninitialized", value: "true", effect: "NoSchedule" }];

  it("says why it is not initialised", () =>
    inScene(async (scene) => {
      scene.startCcm();
      await scene.addNode("node-1", { providerID: "cce://i-00000000", taints });
      await scene.clock.advance(60_000);
      const { code, out } = await scene.kubectl("explain node/node-1");
      assert.equal(code, 3);
      assert.match(out, /It is not initialised: the cloud says that there is no such machine/);
      assert.match(out, /last error: +FailedToInitializeNode/);
      assert.match(out, /to do: +delete the Node, or correct its spec.providerID/);
    }));

  it("says that its machine is switched off", () =>
    inScene(async (scene) => {
      const shutdown = { key: "node.cloudprovider.kubernetes.io/shutdown", effect: "NoSchedule" };
      const id = await scene.addNode("node-1", { taints: [shutdown] });
      scene.simulator.stopInstance(id);
      await scene.clock.advance(60_000);
      const { code, out } = await scene.kubectl("explain no/node-1");
      assert.equal(code, 3);
      assert.match(out, /switched off/);
      assert.match(out, /start the machine in the console/);
    }));

  it("still reads the cluster when the cloud cannot be asked", () =>
    inScene(async (scene) => {
      await scene.addNode("node-1", { taints });
      scene.intercept = refuseConnections;
      const { code, out } = await scene.kubectl("explain node/node-1");
      assert.equal(code, 3);
      assert.match(out, /the cloud cannot be asked: .*connection refused/);
    }));

  it("refuses what is no TYPE/NAME, or not there", () =>
    inScene(async (scene) => {
      const usage = await scene.kubectl("explain pod/x");
      assert.equal(usage.code, 2);
      assert.match(usage.err, /expected TYPE\/NAME with TYPE service \(svc\) or node \(no\)/);
      const absent = await scene.kubectl("explain node/nope");
      assert.deepEqual([absent.code, absent.err], [1, "kubectl-baiducloud: there is no Node nope\n"]);
    }));
});
