import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Listener } from "@ccm/bce";
import { inLab, type Lab, OWN, PREFIX } from "./testing/lab.ts";

const LB = `${PREFIX}cce-load-balancer-`;

const listeners = async (lab: Lab): Promise<readonly Listener[]> => {
  const [blb] = await lab.during(lab.console.blb.list());
  return blb ? lab.during(lab.console.blb.listListeners(blb.blbId)) : [];
};
const keys = (found: readonly Listener[]) =>
  found.map(({ listenerType, listenerPort }) => `${listenerType}/${listenerPort}`).sort();
const BOTH = [
  { name: "dns", port: 53, protocol: "UDP" as const },
  { name: "dns-tcp", port: 53, protocol: "TCP" as const },
];

describe("the listeners of a Service", () => {
  it("row 15: have the scheduler, the health checks and the UDP text that the annotations say", () =>
    inLab(async (lab) => {
      const annotations = {
        [`${LB}scheduler`]: "LeastConnection",
        [`${LB}health-check-timeout-in-second`]: "7",
        [`${LB}health-check-interval`]: "5",
        [`${LB}unhealthy-threshold`]: "2",
        [`${LB}healthy-threshold`]: "4",
        [`${LB}health-check-string`]: "ping",
      };
      await lab.apply("web", { annotations, spec: { ports: BOTH } });
      assert.deepEqual((await lab.ensure("web")).problems, []);
      for (const listener of await listeners(lab)) {
        assert.equal(listener.scheduler, "WeightLeastConn", "by its name of today");
        assert.deepEqual([listener.healthCheckTimeoutInSecond, listener.healthCheckInterval], [7, 5]);
        assert.deepEqual([listener.unhealthyThreshold, listener.healthyThreshold], [2, 4]);
      }
      assert.equal(
        (await listeners(lab)).find(({ listenerType }) => listenerType === "UDP")?.healthCheckString,
        "ping",
      );
    }));
  it("row 15: may have the scheduler's older name in the cloud, which is the same", () =>
    inLab(async (lab) => {
      await lab.apply("web", { annotations: { [`${LB}scheduler`]: "LeastConnection" } });
      await lab.ensure("web");
      const [blb] = await lab.during(lab.console.blb.list());
      const [made] = await listeners(lab);
      assert.ok(blb && made);
      const older = { ...made, scheduler: "LeastConnection" } as const;
      await lab.during(lab.console.blb.updateListener(blb.blbId, older, lab.token()));
      await lab.clock.advance(5000);
      assert.equal((await listeners(lab))[0]?.scheduler, "LeastConnection", "the cloud gives back what was stored");
      lab.calls.length = 0;
      await lab.ensure("web");
      assert.deepEqual(
        lab.calls.filter((call) => !call.startsWith("GET")),
        [],
      );
    }));
  it("row 24: are one for TCP and one for UDP on the same port, and each goes alone", () =>
    inLab(async (lab) => {
      await lab.apply("dns", { spec: { ports: BOTH } });
      assert.deepEqual((await lab.ensure("dns")).problems, []);
      assert.deepEqual(keys(await listeners(lab)), ["TCP/53", "UDP/53"]);
      await lab.apply("dns", { spec: { ports: [{ name: "dns", port: 53, protocol: "UDP" }] } });
      await lab.ensure("dns");
      assert.deepEqual(keys(await listeners(lab)), ["UDP/53"]);
    }));
  it("row 24: have the session timeouts that the annotations say, and follow them", () =>
    inLab(async (lab) => {
      const set = (tcp: string) => ({ [`${OWN}tcp-session-timeout`]: tcp, [`${OWN}udp-session-timeout`]: "20" });
      await lab.apply("dns", { spec: { ports: BOTH }, annotations: set("100") });
      await lab.ensure("dns");
      const timeouts = async () => (await listeners(lab)).map((one) => one.tcpSessionTimeout ?? one.udpSessionTimeout);
      assert.deepEqual(await timeouts(), [100, 20]);
      await lab.apply("dns", { annotations: set("101") });
      await lab.ensure("dns");
      assert.deepEqual(await timeouts(), [101, 20]);
    }));
  it("row 24: speak HTTP, HTTPS and SSL where the annotation says so, and change over from TCP", () =>
    inLab(async (lab) => {
      const ports = [80, 443, 993].map((port) => ({ name: `p${port}`, port }));
      await lab.apply("web", { spec: { ports } });
      await lab.ensure("web");
      assert.deepEqual(keys(await listeners(lab)), ["TCP/443", "TCP/80", "TCP/993"]);
      const annotations = {
        [`${OWN}listener-protocols`]: "80=HTTP,443=HTTPS,993=SSL",
        [`${OWN}certificate-id`]: "cert-1",
        [`${OWN}forwarded-headers`]: "true",
        [`${OWN}health-check-path`]: "/up",
        [`${LB}scheduler`]: "LeastConnection",
      };
      await lab.apply("web", { annotations });
      assert.deepEqual((await lab.ensure("web")).problems, []);
      const found = await listeners(lab);
      assert.deepEqual(keys(found), ["HTTP/80", "HTTPS/443", "SSL/993"]);
      const [http, https] = found;
      assert.deepEqual([http?.healthCheckURI, http?.xForwardFor, http?.scheduler], ["/up", true, "LeastConnection"]);
      assert.deepEqual(https?.certIds, ["cert-1"]);
      lab.calls.length = 0;
      await lab.ensure("web");
      assert.deepEqual(
        lab.calls.filter((call) => !call.startsWith("GET")),
        [],
        "a second look changes nothing",
      );
    }));
  it("row 24: of HTTPS without a certificate are left out, and the others are made", () =>
    inLab(async (lab) => {
      const ports = [80, 443].map((port) => ({ name: `p${port}`, port }));
      await lab.apply("web", { spec: { ports }, annotations: { [`${OWN}listener-protocols`]: "443=HTTPS" } });
      assert.deepEqual((await lab.ensure("web")).reasons, ["NoCertificate"]);
      assert.deepEqual(keys(await listeners(lab)), ["TCP/80"]);
    }));
  it("row 24: wait for a load balancer that somebody else is changing, instead of failing", () =>
    inLab(
      async (lab) => {
        await lab.apply("web");
        await lab.ensure("web");
        const [blb] = await lab.during(lab.console.blb.list());
        await lab.during(lab.console.blb.update(blb?.blbId ?? "", { desc: blb?.desc ?? "" }, lab.token()));
        await lab.apply("web", { spec: { ports: [{ name: "other", port: 8080 }] } });
        assert.deepEqual((await lab.ensure("web")).problems, []);
        assert.deepEqual(keys(await listeners(lab)), ["TCP/8080"]);
      },
      { timings: { blbUpdate: 5000 } },
    ));
  it("row 24: beyond the quota are told, and the others serve", () =>
    inLab(
      async (lab) => {
        const ports = [80, 81, 82].map((port) => ({ name: `p${port}`, port }));
        await lab.apply("web", { spec: { ports } });
        const { reasons, status } = await lab.ensure("web");
        assert.deepEqual(reasons, ["QuotaExceeded"]);
        assert.equal((await listeners(lab)).length, 2);
        assert.ok(status?.ingress?.[0]?.ip, "and the address is there");
      },
      { quotas: { listenersPerBlb: 2 } },
    ));
  it("row 25: send a client to the same backend with sessionAffinity ClientIP, by cookie where they speak HTTP", () =>
    inLab(async (lab) => {
      const ports = [80, 81].map((port) => ({ name: `p${port}`, port }));
      const affinity = {
        sessionAffinity: "ClientIP" as const,
        sessionAffinityConfig: { clientIP: { timeoutSeconds: 600 } },
      };
      await lab.apply("web", {
        spec: { ports, ...affinity },
        annotations: { [`${OWN}listener-protocols`]: "81=HTTP" },
      });
      assert.deepEqual((await lab.ensure("web")).problems, []);
      const [tcp, http] = [...(await listeners(lab))].sort((a, b) => a.listenerPort - b.listenerPort);
      assert.equal(tcp?.scheduler, "Hash");
      assert.deepEqual([http?.scheduler, http?.keepSession, http?.keepSessionDuration], ["RoundRobin", true, 600]);
      await lab.apply("web", { spec: { sessionAffinity: "None" } });
      await lab.ensure("web");
      assert.deepEqual(
        (await listeners(lab)).map(({ scheduler, keepSession }) => [scheduler, keepSession === true]),
        [
          ["RoundRobin", false],
          ["RoundRobin", false],
        ],
      );
    }));
  it("row 28: that speak HTTP ask kube-proxy's port with policy Local", () =>
    inLab(async (lab) => {
      await lab.apply("web", {
        spec: { externalTrafficPolicy: "Local" },
        annotations: { [`${OWN}listener-protocols`]: "80=HTTP" },
      });
      await lab.ensure("web");
      const { spec } = await lab.get("web");
      assert.ok(spec?.healthCheckNodePort);
      const [http] = await listeners(lab);
      assert.deepEqual([http?.healthCheckPort, http?.healthCheckURI], [spec.healthCheckNodePort, "/healthz"]);
    }));
});
