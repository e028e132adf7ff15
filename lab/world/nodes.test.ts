import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { InstanceStatus, MachineProduct } from "@ccm/baiducloud-simulator";
import { TransportError } from "@ccm/base";
import { look, metadataOf, node, reasonOf, SOURCES, sourced } from "./node-scene.ts";
import { createProviderScene, refusal } from "./provider-scene.ts";

describe("row 2: names", () => {
  it("are the former CCM's: provider cce, provider ID cce://<id>, a bare id accepted, another cloud's not", async () => {
    const scene = await createProviderScene();
    const { id } = scene.simulator.createInstance({ name: "a" });
    assert.equal(scene.provider.name, "cce");
    assert.equal(scene.provider.hasClusterId, true);
    const [full, bare, foreign] = await look(
      scene,
      node("a", { providerID: `cce://${id}` }),
      node("a", { providerID: id }),
      node("a", { providerID: `aws:///${id}` }),
    );
    assert.equal(metadataOf(full).providerId, `cce://${id}`);
    assert.equal(metadataOf(bare).providerId, `cce://${id}`);
    assert.match(reasonOf(foreign), /is not one of Baidu AI Cloud \(cce:\/\/i-…\)/);
  });
});

describe("row 7: look-ups", () => {
  for (const source of SOURCES) {
    it(`of a thousand nodes cost a call for each hundred at most, and the next moment none (${source})`, async () => {
      const scene = await sourced(source);
      const nodes = Array.from({ length: 1000 }, (_, i) => {
        const { id } = scene.simulator.createInstance({ name: `n${i}` });
        return node(`n${i}`, { providerID: `cce://${id}` });
      });
      const first = await scene.callsOf(async () => {
        const found = await look(scene, ...nodes);
        assert.ok(found.every(({ state }) => state === "found"));
      });
      assert.ok(first.length <= 10, `${first.length} calls: ${first.slice(0, 12)}`);
      assert.deepEqual(await scene.callsOf(() => look(scene, ...nodes)), []);
    });
  }

  it("of few nodes ask for their ids, a hundred in a call, and not for the whole VPC", async () => {
    const scene = await sourced("bcc");
    const nodes = Array.from({ length: 150 }, (_, i) => {
      const { id } = scene.simulator.createInstance({ name: `n${i}` });
      return node(`n${i}`, { providerID: `cce://${id}` });
    });
    const calls = await scene.callsOf(() => look(scene, ...nodes));
    assert.deepEqual(calls, Array(2).fill("POST bcc/v2/instance/listByInstanceId"));
  });

  it("for several at once share one reading of the list", async () => {
    const scene = await sourced("bcc");
    scene.simulator.createInstance({ name: "a" });
    const calls = await scene.callsOf(() => Promise.all([1, 2, 3].map(() => look(scene, node("a")))));
    assert.equal(calls.filter((call) => call.startsWith("GET bcc/v2/instance")).length, 1, String(calls));
  });

  const machines: readonly MachineProduct[] = ["bcc", "bbc", "hpas"];
  for (const source of SOURCES) {
    for (const product of machines) {
      it(`find a machine of ${product} by id, by name and by address (${source})`, async () => {
        const scene = await sourced(source);
        const made = scene.simulator.createInstance({ name: "m1", product });
        scene.simulator.createInstance({ name: "m2" });
        const [byId, byName, byAddress] = await look(
          scene,
          node("x", { providerID: `cce://${made.id}` }),
          node("m1"),
          node("y", { ip: made.internalIp }),
        );
        for (const lookup of [byId, byName, byAddress]) {
          const metadata = metadataOf(lookup);
          assert.equal(metadata.providerId, `cce://${made.id}`);
          assert.equal(metadata.zone, made.zoneName);
          assert.equal(metadata.additionalLabels["cce.baidubce.com/vpc-id"], scene.simulator.vpcId);
          assert.equal(metadata.wellKnownLabels?.["topology.kubernetes.io/subnet"], made.subnetId);
        }
      });
    }
  }

  it("find with CCE also machines that CCE does not know", async () => {
    const scene = await sourced("cce");
    const { id } = scene.simulator.createInstance({ name: "own", inCluster: false });
    const found = await look(scene, node("own"), node("x", { providerID: `cce://${id}` }));
    assert.ok(found.every((one) => metadataOf(one).providerId === `cce://${id}`));
  });
});

describe("row 8: a name", () => {
  it("that is two machines' is an error with both ids, never a guess", async () => {
    for (const source of SOURCES) {
      const scene = await sourced(source);
      const ids = [1, 2].map(() => scene.simulator.createInstance({ name: "twin" }).id).sort();
      const [lookup] = await look(scene, node("twin"));
      assert.match(
        reasonOf(lookup),
        new RegExp(`^several machines fit node "twin": ${ids.join(", ")}; set its provider ID`),
      );
    }
  });

  it("that is one machine's host name and another's name in the console is such an error as well", async () => {
    const scene = await sourced("bcc");
    scene.simulator.createInstance({ name: "console", hostname: "web" });
    scene.simulator.createInstance({ name: "web", hostname: "other" });
    assert.match(reasonOf((await look(scene, node("web")))[0]), /several machines fit/);
  });

  it("yields to an address that the kubelet was given or reports", async () => {
    const scene = await sourced("bcc");
    const made = scene.simulator.createInstance({ name: "twin" });
    scene.simulator.createInstance({ name: "twin" });
    const given = { "alpha.kubernetes.io/provided-node-ip": made.internalIp };
    for (const asked of [
      node("twin", { ip: made.internalIp }),
      node("twin", { annotations: given }),
      node(made.internalIp),
    ]) {
      assert.equal(metadataOf((await look(scene, asked))[0]).providerId, `cce://${made.id}`);
    }
  });

  it("that CCE itself gave decides over everything else", async () => {
    const scene = await sourced("cce");
    const made = scene.simulator.createInstance({ name: "console", hostname: "node-1" });
    const other = scene.simulator.createInstance({ name: "other" });
    const [lookup] = await look(scene, node("node-1", { ip: other.internalIp }));
    assert.equal(metadataOf(lookup).providerId, `cce://${made.id}`);
  });

  it("of nobody is unknown: no reason to delete the Node", async () => {
    const scene = await sourced("bcc");
    assert.match(
      reasonOf((await look(scene, node("nobody")))[0]),
      /no machine with host name, name or address "nobody"/,
    );
  });

  it("of a machine that is gone belongs to the one that has come in its place", async () => {
    const scene = await sourced("bcc");
    const gone = scene.simulator.createInstance({ name: "again" });
    scene.simulator.setInstanceStatus(gone.id, "Recycled");
    const made = scene.simulator.createInstance({ name: "again" });
    assert.equal(metadataOf((await look(scene, node("again")))[0]).providerId, `cce://${made.id}`);
  });
});

describe("row 9: addresses", () => {
  for (const source of SOURCES) {
    it(`are internal ones of both families, external, and the Node's name as host name (${source})`, async () => {
      const scene = await sourced(source);
      const [ipv6, publicIp] = ["2001:db8::7", "120.1.2.3"];
      const made = scene.simulator.createInstance({ name: "a", hostname: "host-a", ipv6, publicIp });
      const [lookup] = await look(scene, node("a-node", { providerID: `cce://${made.id}` }));
      assert.deepEqual(metadataOf(lookup).addresses, [
        { type: "InternalIP", address: made.internalIp },
        { type: "InternalIP", address: "2001:db8::7" },
        { type: "ExternalIP", address: "120.1.2.3" },
        { type: "Hostname", address: "a-node" },
      ]);
    });
  }
});

describe("row 10: type and labels", () => {
  it("are the machine's own type and CCE's keys", async () => {
    for (const source of SOURCES) {
      const scene = await sourced(source);
      const made = scene.simulator.createInstance({ name: "a", spec: "bcc.g5.c8m32" });
      const metadata = metadataOf((await look(scene, node("a")))[0]);
      assert.equal(metadata.instanceType, "bcc.g5.c8m32");
      assert.equal(metadata.region, "bj");
      assert.deepEqual(metadata.additionalLabels, {
        "cce.baidubce.com/vpc-id": scene.simulator.vpcId,
        "cce.baidubce.com/available-zone": made.zoneName,
        "cce.baidubce.com/instanceid": made.id,
      });
      assert.deepEqual(metadata.wellKnownLabels, { "topology.kubernetes.io/subnet": made.subnetId });
    }
  });

  it("are GPU and BCC, and a label for machines with GPUs, when the cloud config asks for them", async () => {
    for (const source of SOURCES) {
      const scene = await sourced(source, { InstanceTypeLabel: "legacy", GpuLabel: true });
      scene.simulator.createInstance({ name: "cpu" });
      scene.simulator.createInstance({ name: "gpu", gpuCard: "V100" });
      const [cpu, gpu] = (await look(scene, node("cpu"), node("gpu"))).map(metadataOf);
      assert.deepEqual([cpu?.instanceType, gpu?.instanceType], ["BCC", "GPU"]);
      assert.equal(cpu?.wellKnownLabels?.["beta.kubernetes.io/instance-gpu"], undefined);
      assert.equal(gpu?.wellKnownLabels?.["beta.kubernetes.io/instance-gpu"], "true");
      const usual = await sourced(source);
      usual.simulator.createInstance({ name: "gpu", gpuCard: "V100" });
      const [unlabelled] = (await look(usual, node("gpu"))).map(metadataOf);
      assert.equal(unlabelled?.wellKnownLabels?.["beta.kubernetes.io/instance-gpu"], undefined);
    }
  });

  it("are always values that the API server takes", async () => {
    const scene = await sourced("bcc");
    scene.simulator.createInstance({ name: "a", spec: `/规格 ${"x".repeat(80)}/` });
    const { instanceType } = metadataOf((await look(scene, node("a")))[0]);
    assert.match(instanceType, /^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/);
  });
});

describe("row 11: what the cloud says of a machine", () => {
  const STATES: readonly (readonly [MachineProduct, Partial<Record<InstanceStatus, "on" | "off" | "gone">>])[] = [
    [
      "bcc",
      {
        ...{ Running: "on", Starting: "on", Stopping: "on", Scaling: "on", Error: "on", SnapshotProcessing: "on" },
        ...{ ImageProcessing: "on", ChangeVpc: "on", ChangeSubnet: "on" },
        ...{ Stopped: "off", Expired: "off", Deleted: "gone", Recycled: "gone" },
      },
    ],
    [
      "bbc",
      {
        Running: "on",
        Recharging: "on",
        Error: "on",
        Stopped: "off",
        Expired: "off",
        Deleted: "gone",
        Recycled: "gone",
      },
    ],
    ["hpas", { Running: "on", Creating: "on", Reboot: "on", Error: "on", Stopped: "off", Expired: "off" }],
  ];
  for (const source of SOURCES) {
    for (const [product, states] of STATES) {
      it(`makes it on, off or gone by its product's table: ${product} (${source})`, async () => {
        const scene = await sourced(source);
        const { id } = scene.simulator.createInstance({ name: "a", product });
        for (const [status, expected] of Object.entries(states)) {
          scene.simulator.setInstanceStatus(id, status as InstanceStatus);
          await scene.clock.advance(3000);
          const [lookup] = await look(scene, node("a", { providerID: `cce://${id}` }));
          const seen = lookup?.state === "found" ? (lookup.metadata.shutdown ? "off" : "on") : "gone";
          assert.equal(lookup?.state, expected === "gone" ? "absent" : "found", `${status}: ${JSON.stringify(lookup)}`);
          assert.equal(seen, expected, status);
        }
      });
    }

    it(`is absent only when BCC and BBC each say so in their own words, with the request ids (${source})`, async () => {
      const scene = await sourced(source);
      const [lookup] = await look(scene, node("a", { providerID: "cce://i-gone1234" }));
      assert.equal(lookup?.state, "absent");
      assert.match(lookup.evidence, /bcc\.get: NoSuchObject.*request id.*bbc\.get: NoSuchObject.*request id/);
    });
  }

  it("is never absence when the cloud fails, refuses, or answers what is not its own", async () => {
    const answers = [
      ["down", () => refusal(500, "InternalError")],
      ["forbidden", () => refusal(403, "AccessDenied")],
      ["a proxy's 404", () => ({ ...refusal(404, ""), headers: {} })],
      ["a wrong endpoint", () => refusal(404, "InvalidURI")],
      ["throttled", () => refusal(429, "RateLimitExceeded")],
    ] as const;
    for (const [name, answer] of answers) {
      const scene = await sourced("bcc");
      const { id } = scene.simulator.createInstance({ name: "a" });
      scene.intercept = answer;
      const outcome = await look(scene, node("a", { providerID: `cce://${id}` })).then(
        ([lookup]) => lookup?.state,
        () => "error",
      );
      assert.ok(outcome === "unknown" || outcome === "error", `${name}: ${outcome}`);
    }
  });

  it("is unknown, with what to do, when BCC knows no such machine and BBC may not be asked", async () => {
    const scene = await sourced("bcc");
    scene.intercept = (call) => (call.includes(" bbc/") ? refusal(403, "AccessDenied") : undefined);
    const [lookup] = await look(scene, node("a", { providerID: "cce://i-gone1234" }));
    assert.match(
      reasonOf(lookup),
      /bbc\.get: AccessDenied.*grant read access to BBC, or leave bbc out of MachineTypes/,
    );
    const without = await sourced("bcc", { MachineTypes: ["bcc"] });
    assert.equal((await look(without, node("a", { providerID: "cce://i-gone1234" })))[0]?.state, "absent");
    const never = await sourced("bcc");
    never.intercept = (call) => (call.includes(" bbc/") ? refusal(403, "OptInRequired") : undefined);
    assert.equal((await look(never, node("a", { providerID: "cce://i-gone1234" })))[0]?.state, "absent");
  });

  it("does not depend on products whose host the region has not got", async () => {
    for (const [code, expected] of [
      ["ENOTFOUND", ["found", "absent"]],
      ["EAI_AGAIN", "error"],
    ] as const) {
      const scene = await sourced("bcc");
      scene.simulator.createInstance({ name: "a" });
      scene.intercept = (call) => {
        if (!/ (bbc|hpas)\//.test(call)) return undefined;
        throw new TransportError("unresolved", "host name not found", Object.assign(new Error("dns"), { code }));
      };
      const lookups = look(scene, node("a"), node("b", { providerID: "cce://i-gone1234" }));
      const states = await lookups.then(
        (all) => all.map(({ state }) => state),
        () => "error",
      );
      assert.deepEqual(states, expected, code);
    }
  });

  it("is not asked about one by one when half of all are missing from the lists", async () => {
    const scene = await sourced("bcc");
    const nodes = Array.from({ length: 200 }, (_, i) => node(`n${i}`, { providerID: `cce://i-gone${i}` }));
    const calls = await scene.callsOf(async () => {
      const states = (await look(scene, ...nodes)).map(({ state }) => state);
      assert.ok(states.filter((state) => state === "absent").length <= 50);
    });
    assert.ok(calls.length <= 110, `${calls.length} calls`);
  });

  it("is not asked for an id that no product has", async () => {
    const scene = await sourced("bcc");
    const [lookup] = await look(scene, node("a", { providerID: "cce://vm-edge-1" }));
    assert.match(reasonOf(lookup), /no id of a machine that can be asked for/);
  });
});
