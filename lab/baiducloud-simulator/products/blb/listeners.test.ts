import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { type BalancerScene, createBalancerScene } from "../../testing/balancers.ts";

type Row = Readonly<Record<string, unknown>>;
const TYPES = ["TCP", "UDP", "HTTP", "HTTPS", "SSL"] as const;

/** What a new listener must have, and what it has then: of ordinary ones. */
const NEW: Readonly<Record<string, Row>> = {
  TCP: { backendPort: 8080, scheduler: "RoundRobin" },
  UDP: { backendPort: 8080, scheduler: "Hash", healthCheckString: "hi" },
  HTTP: { backendPort: 8080, scheduler: "LeastConnection" },
  HTTPS: { backendPort: 8080, scheduler: "RoundRobin", certIds: ["cert-1"] },
  SSL: { backendPort: 8080, scheduler: "RoundRobin", certIds: ["cert-1"] },
};
const CHECK = { healthCheckTimeoutInSecond: 3, healthCheckInterval: 3, unhealthyThreshold: 3, healthyThreshold: 3 };
const WEB = {
  keepSession: false,
  keepSessionType: "insert",
  keepSessionCookieName: "",
  xForwardedProto: false,
  additionalAttributes: { gzipJson: "off" },
  serverTimeout: 30,
};
const SECURE = {
  encryptionType: "tls_cipher_policy_default",
  encryptionProtocols: [],
  appliedCiphers: "",
  dualAuth: false,
  clientCertIds: [],
};
const ORDINARY_WEB = {
  ...WEB,
  keepSessionDuration: 3600,
  xForwardFor: false,
  healthCheckType: "HTTP",
  healthCheckPort: 8080,
  healthCheckURI: "/",
  healthCheckHost: "",
  healthCheckNormalStatus: "http_2xx|http_3xx",
};
const APP_WEB = { ...WEB, keepSessionTimeout: 3600, xForwardedFor: false };
const DEFAULTS = {
  blb: {
    TCP: { ...CHECK, healthCheckType: "TCP", tcpSessionTimeout: 900, getBlbIp: false },
    UDP: { ...CHECK, healthCheckType: "UDP", healthCheckPort: 8080, udpSessionTimeout: 90, getBlbIp: false },
    HTTP: { ...CHECK, ...ORDINARY_WEB, redirectPort: 0, getBlbIp: false },
    HTTPS: { ...CHECK, ...ORDINARY_WEB, ...SECURE, additionalCertDomains: [], getBlbIp: false },
    SSL: { ...CHECK, ...SECURE, healthCheckType: "TCP", serverTimeout: 900, getBlbIp: false },
  },
  appblb: {
    TCP: { description: "", tcpSessionTimeout: 900 },
    UDP: { description: "", udpSessionTimeout: 90 },
    HTTP: { description: "", ...APP_WEB, redirectPort: 0 },
    HTTPS: { description: "", ...APP_WEB, ...SECURE, additionalCertDomains: [] },
    SSL: { description: "", ...SECURE },
  },
} as const;
const newOf = (family: "blb" | "appblb", type: string, listenerPort: number): Row => {
  const { backendPort, healthCheckString, ...more } = NEW[type] ?? {};
  return {
    listenerPort,
    ...more,
    ...(family === "blb" ? { backendPort, ...(type === "UDP" ? { healthCheckString } : {}) } : {}),
  };
};

for (const family of ["blb", "appblb"] as const) {
  const at = (id: string, below: string) => `/v1/${family}/${id}/${below}`;
  const list = async (scene: BalancerScene, id: string, below = "listener") =>
    (await scene.must<{ listenerList: Row[] }>(`GET ${at(id, below)}`)).listenerList;

  describe(`listeners of ${family}`, () => {
    for (const type of TYPES) {
      it(`of ${type} are made with the defaults, changed and deleted`, async () => {
        const scene = createBalancerScene();
        const { must, done, end } = scene;
        const id = await scene.balancer(family);
        const body = newOf(family, type, 80);
        await must(`POST ${at(id, `${type}listener`)}`, body);
        assert.equal(
          await end(`POST ${at(id, `${type}listener`)}`, { ...body, listenerPort: 81 }),
          "409 OperationDenied",
        );
        await scene.settle();
        assert.deepEqual((await list(scene, id, `${type}listener`))[0], { ...DEFAULTS[family][type], ...body });
        const [inAll] = await list(scene, id);
        assert.equal(inAll?.listenerType, type);
        assert.equal("listenerType" in ((await list(scene, id, `${type}listener`))[0] ?? {}), false);
        if (family === "appblb" && type === "HTTP")
          assert.deepEqual([inAll.xForwardFor, "xForwardedFor" in inAll], [false, false], "another name in this list");
        const { listener } = await must<{ listener: Row[] }>(`GET /v1/${family}/${id}`);
        assert.deepEqual([listener[0]?.port, listener[0]?.type], ["80", type]);

        await done(`PUT ${at(id, `${type}listener`)}?listenerPort=80`, {
          scheduler: "WeightLeastConn",
          listenerPort: 80,
        });
        assert.deepEqual((await list(scene, id, `${type}listener`))[0], {
          ...DEFAULTS[family][type],
          ...body,
          scheduler: "WeightLeastConn",
        });
        assert.equal(await end(`PUT ${at(id, `${type}listener`)}?listenerPort=81`, {}), "404 NoSuchObject");
        assert.equal(await end(`PUT ${at(id, `${type}listener`)}`, {}), "400 BadRequest");
        assert.equal(await end(`POST ${at(id, `${type}listener`)}`, body), "409 ListenerAlreadyExist");
        assert.equal(await end(`POST ${at("lb-none", `${type}listener`)}`, body), "404 NoSuchObject");
        assert.equal(await end(`GET ${at("lb-none", `${type}listener`)}`), "404 NoSuchObject");
        await done(`PUT ${at(id, "listener")}?batchdelete`, { portList: [80], portTypeList: null });
        assert.deepEqual(await list(scene, id), []);
        assert.equal(await end(`PUT ${at(id, "listener")}?batchdelete`, { portList: [80] }), "404 NoSuchObject");
      });
    }

    const refused = [
      ["HTTP", { scheduler: "Hash" }, "400 BadRequest"],
      ["TCP", { scheduler: undefined }, "400 InappropriateJSON"],
      ["TCP", { listenerPort: 0 }, "400 BadRequest"],
      ["TCP", { tcpSessionTimeout: 9 }, "400 BadRequest"],
      ["UDP", { udpSessionTimeout: 4001 }, "400 BadRequest"],
      ["HTTPS", { certIds: [] }, "400 InappropriateJSON"],
      ["SSL", { certIds: undefined }, "400 InappropriateJSON"],
      ["HTTPS", { encryptionType: "userDefind" }, "400 BadRequest"],
      ["HTTPS", { encryptionType: "rot13" }, "400 BadRequest"],
      ["SSL", { dualAuth: true }, "400 BadRequest"],
      ["HTTP", { keepSession: true, keepSessionType: "rewrite" }, "400 BadRequest"],
    ] as const;
    it("are refused with what does not go together", async () => {
      const scene = createBalancerScene();
      const id = await scene.balancer(family);
      for (const [type, more, expected] of refused) {
        const body = { ...newOf(family, type, 80), ...more };
        assert.equal(await scene.end(`POST ${at(id, `${type}listener`)}`, body), expected, JSON.stringify(more));
      }
      assert.deepEqual(await list(scene, id), []);
    });

    it("are as many as the quota, and listed by pages and by port", async () => {
      const scene = createBalancerScene({ quotas: { listenersPerBlb: 3 } });
      const id = await scene.balancer(family);
      for (const port of [443, 80, 8080]) await scene.done(`POST ${at(id, "TCPlistener")}`, newOf(family, "TCP", port));
      assert.equal(await scene.end(`POST ${at(id, "TCPlistener")}`, newOf(family, "TCP", 1)), "413 ListenerExceeded");
      type Page = { listenerList: Row[]; isTruncated: boolean; nextMarker?: string };
      for (const below of ["listener", "TCPlistener"]) {
        const ports: unknown[] = [];
        let marker: string | undefined = "";
        while (marker !== undefined) {
          const page: Page = await scene.must<Page>(`GET ${at(id, below)}?maxKeys=2&marker=${marker}`);
          ports.push(...page.listenerList.map(({ listenerPort }) => listenerPort));
          marker = page.nextMarker;
        }
        assert.deepEqual(ports, [80, 443, 8080]);
        const one = await scene.must<Page>(`GET ${at(id, below)}?listenerPort=443`);
        assert.deepEqual(
          one.listenerList.map(({ listenerPort }) => listenerPort),
          [443],
        );
      }
      assert.deepEqual(await list(scene, id, "UDPlistener"), []);
    });

    it("share a port for TCP and UDP only, and only where the account may", async () => {
      for (const may of [true, false]) {
        const scene = createBalancerScene({ samePortForTwoProtocols: may });
        const id = await scene.balancer(family);
        await scene.done(`POST ${at(id, "TCPlistener")}`, newOf(family, "TCP", 53));
        const second = await scene.end(`POST ${at(id, "UDPlistener")}`, newOf(family, "UDP", 53));
        assert.equal(second, may ? "200" : "409 ListenerAlreadyExist");
        await scene.settle();
        assert.equal(
          await scene.end(`POST ${at(id, "HTTPlistener")}`, newOf(family, "HTTP", 53)),
          "409 ListenerAlreadyExist",
        );
        if (!may) continue;
        const gone = { portTypeList: [{ port: 53, type: "UDP" }], portList: null };
        await scene.done(`PUT ${at(id, "listener")}?batchdelete`, gone);
        assert.deepEqual(
          (await list(scene, id)).map(({ listenerType }) => listenerType),
          ["TCP"],
        );
        assert.equal(await scene.end(`PUT ${at(id, "listener")}?batchdelete`, gone), "404 NoSuchObject");
        const both = { portTypeList: [...gone.portTypeList, { port: 53, type: "TCP" }] };
        assert.equal(await scene.end(`PUT ${at(id, "listener")}?batchdelete`, both), "404 NoSuchObject");
        assert.equal((await list(scene, id)).length, 1, "all or none");
      }
    });
  });
}

it("a UDP check needs something to send, and follows the backend port until it is given one", async () => {
  const scene = createBalancerScene();
  const id = await scene.balancer("blb");
  const path = `/v1/blb/${id}/UDPlistener`;
  const body = { listenerPort: 53, backendPort: 1, scheduler: "Hash" };
  assert.equal(await scene.end(`POST ${path}`, body), "400 InappropriateJSON");
  assert.equal(await scene.end(`POST ${path}`, { ...body, healthCheckType: "TCP" }), "400 BadRequest");
  await scene.done(`POST ${path}`, { ...body, healthCheckType: "ICMP" });
  const port = async () => (await scene.must<{ listenerList: Row[] }>(`GET ${path}`)).listenerList[0]?.healthCheckPort;
  await scene.done(`PUT ${path}?listenerPort=53`, { backendPort: 2 });
  assert.equal(await port(), 2);
  await scene.done(`PUT ${path}?listenerPort=53`, { healthCheckPort: 9 });
  await scene.done(`PUT ${path}?listenerPort=53`, { backendPort: 3 });
  assert.equal(await port(), 9);
});

it("a domain's certificate may be written in either spelling of its host", async () => {
  const scene = createBalancerScene();
  const id = await scene.balancer("blb");
  const additionalCertDomains = [
    { certId: "cert-2", Host: "a.example" },
    { certId: "cert-3", host: "b.example" },
  ];
  await scene.done(`POST /v1/blb/${id}/HTTPSlistener`, { ...newOf("blb", "HTTPS", 443), additionalCertDomains });
  const { listenerList } = await scene.must<{ listenerList: Row[] }>(`GET /v1/blb/${id}/HTTPSlistener`);
  assert.deepEqual(listenerList[0]?.additionalCertDomains, [
    { certId: "cert-2", host: "a.example" },
    { certId: "cert-3", host: "b.example" },
  ]);
});

it("whatever is made and deleted, no port has two listeners of one transport, and pages cover the list", async () => {
  const step = fc.record({
    does: fc.constantFrom("create", "create", "delete"),
    type: fc.constantFrom(...TYPES),
    port: fc.integer({ min: 1, max: 4 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), fc.integer({ min: 1, max: 4 }), async (steps, maxKeys) => {
      const scene = createBalancerScene();
      const id = await scene.balancer("blb");
      const there = new Set<string>();
      for (const { does, type, port } of steps) {
        const key = `${port} ${type === "UDP" ? "UDP" : "TCP"}`;
        if (does === "create") {
          const ended = await scene.end(`POST /v1/blb/${id}/${type}listener`, newOf("blb", type, port));
          assert.equal(ended, there.has(key) ? "409 ListenerAlreadyExist" : "200");
          there.add(key);
        } else {
          const ended = await scene.end(`PUT /v1/blb/${id}/listener?batchdelete`, { portList: [port] });
          const had = there.delete(`${port} TCP`);
          assert.equal(ended, there.delete(`${port} UDP`) || had ? "200" : "404 NoSuchObject");
        }
        await scene.settle(1000);
      }
      const seen: string[] = [];
      let marker: string | undefined = "";
      while (marker !== undefined) {
        type Page = { listenerList: { listenerPort: number; listenerType: string }[]; nextMarker?: string };
        const page: Page = await scene.must<Page>(`GET /v1/blb/${id}/listener?maxKeys=${maxKeys}&marker=${marker}`);
        seen.push(
          ...page.listenerList.map((one) => `${one.listenerPort} ${one.listenerType === "UDP" ? "UDP" : "TCP"}`),
        );
        marker = page.nextMarker;
      }
      assert.deepEqual(seen.sort(), [...there].sort());
    }),
    { numRuns: 30 },
  );
});
