import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { VirtualClock } from "@ccm/base";
import { createAuthority } from "@ccm/base/node";
import { createQuietDataPlane, type Forwarding } from "../../data-plane/data-plane.ts";
import { createBalancerScene } from "../../testing/balancers.ts";

type Row = Readonly<Record<string, unknown>>;

const authority = await createAuthority({ commonName: "test", clock: new VirtualClock() });
const issue = async (commonName: string, days = 30) => {
  const dnsNames = [commonName, `www.${commonName}`];
  const { certPem, keyPem } = await authority.issue({ commonName, dnsNames, server: true, days });
  return { certName: commonName, certServerData: certPem, certPrivateData: keyPem };
};

describe("a certificate", () => {
  it("is uploaded with its key, which is never given out", async () => {
    const { must, call } = createBalancerScene();
    const upload = await issue("a.example");
    const { certId, certName } = await must<Row>("POST /v1/certificate", upload);
    assert.match(String(certId), /^cert-/);
    assert.equal(certName, "a.example");
    const meta = await must<Row>(`GET /v1/certificate/${certId}`);
    assert.deepEqual([meta.certCommonName, meta.certType], ["a.example", 1]);
    assert.match(String(meta.certFingerprint), /^[0-9a-f]{40}$/);
    assert.match(String(meta.certStopTime), /^\d{4}-\d\d-\d\dT.*Z$/);
    assert.deepEqual(await must("GET /v1/certificate"), { certs: [meta] });
    const detail = await must<Row>(`GET /v1/certificate/${certId}/detail`);
    const more = { certDNSNames: "a.example,www.a.example", resources: [], status: "normal", expired: false };
    assert.deepEqual(detail, { ...meta, ...more });
    assert.deepEqual(await must("GET /v1/certificate/detail"), { certs: [detail] });
    for (const path of ["", "/detail", `/${certId}`, `/${certId}/detail`]) {
      const { body } = await call(`GET /v1/certificate${path}`);
      assert.doesNotMatch(JSON.stringify(body), /PRIVATE|BEGIN/);
    }
  });

  it("is refused where it is none, or not that of the key", async () => {
    const { end, must } = createBalancerScene();
    const [one, other] = [await issue("a.example"), await issue("b.example")];
    const rows = [
      { ...one, certServerData: "none" },
      { ...one, certPrivateData: "none" },
      { ...one, certPrivateData: other.certPrivateData },
      { ...one, certPrivateData: undefined },
      { ...one, certLinkData: "none" },
    ];
    for (const body of rows) assert.equal(await end("POST /v1/certificate", body), "400 BadRequest");
    assert.deepEqual(await must("GET /v1/certificate"), { certs: [] });
    const ca = { certName: "ca", certServerData: authority.certPem, certType: 2 };
    const { certId } = await must<Row>("POST /v1/certificate", ca);
    assert.equal((await must<Row>(`GET /v1/certificate/${certId}`)).certType, 2);
  });

  it("is renamed, replaced and expires", async () => {
    const { must, end, clock } = createBalancerScene();
    const { certId } = await must<Row>("POST /v1/certificate", await issue("a.example"));
    await must(`PUT /v1/certificate/${certId}?certName`, { certName: "other" });
    const before = await must<Row>(`GET /v1/certificate/${certId}`);
    assert.equal(before.certName, "other");
    await must(`PUT /v1/certificate/${certId}?certData`, await issue("b.example", 1));
    const after = await must<Row>(`GET /v1/certificate/${certId}`);
    assert.deepEqual([after.certName, after.certCommonName], ["b.example", "b.example"]);
    assert.notEqual(after.certFingerprint, before.certFingerprint);
    await clock.advance(2 * 86_400_000);
    const { expired, status } = await must<Row>(`GET /v1/certificate/${certId}/detail`);
    assert.deepEqual([expired, status], [true, "expired"]);
    const body = await issue("c.example");
    const calls = [
      "GET /v1/certificate/cert-none",
      "GET /v1/certificate/cert-none/detail",
      "DELETE /v1/certificate/cert-none",
    ];
    for (const line of [...calls, "PUT /v1/certificate/cert-none?certName", "PUT /v1/certificate/cert-none?certData"])
      assert.equal(await end(line, body), "404 NoSuchObject", line);
  });

  it("stays while a listener uses it, and is what the listener shows", async () => {
    let forwarded: readonly Forwarding[] = [];
    const dataPlane = {
      ...createQuietDataPlane(),
      apply(all: readonly Forwarding[]) {
        forwarded = all;
      },
    };
    const scene = createBalancerScene({ dataPlane });
    const { must, done, end } = scene;
    const upload = await issue("a.example");
    const { certId } = await must<Row>("POST /v1/certificate", upload);
    for (const family of ["blb", "appblb"] as const) {
      const blbId = await scene.balancer(family);
      const body = { listenerPort: 443, backendPort: 1, scheduler: "RoundRobin", certIds: [certId] };
      await done(`POST /v1/${family}/${blbId}/HTTPSlistener`, body);
      const { resources } = await must<{ resources: Row[] }>(`GET /v1/certificate/${certId}/detail`);
      assert.deepEqual(
        resources.map(({ serviceName, resourceId }) => [serviceName, resourceId]),
        [["BLB", blbId]],
      );
      assert.equal(await end(`DELETE /v1/certificate/${certId}`), "409 OperationDenied");
      if (family === "blb") {
        const [certificate] = forwarded.flatMap(({ tls }) => tls?.certificates ?? []);
        assert.equal(certificate?.pem?.key, upload.certPrivateData);
      }
      await done(`PUT /v1/${family}/${blbId}/listener?batchdelete`, { portList: [443] });
    }
    await must(`DELETE /v1/certificate/${certId}`);
    assert.equal(await end(`DELETE /v1/certificate/${certId}`), "404 NoSuchObject");
  });
});
