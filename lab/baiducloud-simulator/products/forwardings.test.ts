import assert from "node:assert/strict";
import { it } from "node:test";
import { createQuietDataPlane, type Forwarding } from "../data-plane/data-plane.ts";
import { createScene } from "../testing/client.ts";

/** The forwarding of each listener by protocol, after the given listeners were made on one load balancer. */
async function forwardingsFor(listeners: Readonly<Record<string, object>>) {
  let applied: readonly Forwarding[] = [];
  const apply = (all: readonly Forwarding[]) => {
    applied = all;
  };
  const dataPlane = { ...createQuietDataPlane(), apply };
  const scene = createScene({ dataPlane });
  const { simulator, call, settle } = scene;
  const [subnetId = ""] = simulator.subnetIds;
  const made = await call<{ readonly blbId: string; readonly address: string }>("POST /v1/blb", {
    vpcId: simulator.vpcId,
    subnetId,
    name: "web",
  });
  await settle();
  const { blbId, address } = made.body;
  const machine = simulator.createInstance({ name: "n1", hostname: "n1", host: "127.1.1.1" });
  const backendServerList = [{ instanceId: machine.id, weight: 7 }];
  assert.equal((await call(`POST /v1/blb/${blbId}/backendserver`, { backendServerList })).status, 200);
  await settle();
  for (const [type, body] of Object.entries(listeners)) {
    const usual = { backendPort: 30080, scheduler: "RoundRobin" };
    const answer = await call(`POST /v1/blb/${blbId}/${type}listener`, { ...usual, ...body });
    assert.equal(answer.status, 200, answer.body.message);
    await settle();
  }
  const of = (protocol: string) => {
    const found = applied.find((forwarding) => forwarding.protocol === protocol);
    assert.ok(found, `${protocol} listener`);
    return found;
  };
  return { ...scene, of, blbId, address };
}

it("listeners of all kinds reach the data plane with what their fields say", async () => {
  const { of, address } = await forwardingsFor({
    TCP: { listenerPort: 80, tcpSessionTimeout: 60 },
    UDP: { listenerPort: 53, healthCheckString: "\\00", healthCheckType: "UDP" },
    HTTP: {
      listenerPort: 8080,
      keepSession: true,
      keepSessionType: "rewrite",
      keepSessionCookieName: "sid",
      xForwardFor: true,
      healthCheckURI: "/ok",
      healthCheckPort: 30081,
    },
    HTTPS: { listenerPort: 443, certIds: ["cert-old", "cert-1"], encryptionType: "tls_cipher_policy_1_2" },
    SSL: { listenerPort: 8443, certIds: ["cert-2"] },
  });
  assert.deepEqual(of("TCP").addresses, [address]);
  assert.equal(of("TCP").timeoutMs, 60_000);
  assert.deepEqual(
    of("TCP").targets.map(({ host, port, weight, running }) => ({ host, port, weight, running })),
    [{ host: "127.1.1.1", port: 30080, weight: 7, running: true }],
  );
  assert.equal(of("UDP").health.type, "UDP");
  assert.equal(of("UDP").health.probe, "\\00");
  assert.deepEqual(of("HTTP").http?.session, { type: "rewrite", cookieName: "sid" });
  assert.equal(of("HTTP").http?.xForwardedFor, true);
  assert.deepEqual([of("HTTP").health.type, of("HTTP").health.uri, of("HTTP").health.port], ["HTTP", "/ok", 30081]);
  assert.deepEqual(of("HTTPS").tls?.certificates, [{ certId: "cert-1" }]);
  assert.equal(of("HTTPS").tls?.minVersion, "TLSv1.2");
  assert.equal(of("SSL").http, undefined);
  assert.equal(of("SSL").tls?.certificates[0]?.certId, "cert-2");
});

it("the ingress rules of a load balancer's security groups filter, and none do when it has no group", async () => {
  const { of, call, settle, simulator, blbId } = await forwardingsFor({ TCP: { listenerPort: 80 } });
  assert.equal(of("TCP").sources, undefined);
  const rule = { ethertype: "IPv4", protocol: "tcp", portRange: "80", sourceIp: "10.0.0.0/8" };
  const group = await call<{ readonly securityGroupId: string }>("POST /v2/securityGroup", {
    name: "lb",
    vpcId: simulator.vpcId,
    rules: [{ ...rule, direction: "ingress" }],
  });
  const securityGroupIds = [group.body.securityGroupId];
  assert.equal((await call(`PUT /v1/blb/${blbId}/securitygroup?bind`, { securityGroupIds })).status, 200);
  await settle();
  const sources = of("TCP").sources ?? [];
  assert.ok(sources.some(({ sourceIp, portRange }) => sourceIp === "10.0.0.0/8" && portRange === "80"));
});
