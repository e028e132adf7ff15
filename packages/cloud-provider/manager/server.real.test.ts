/** The manager's HTTPS server on a real control plane: who is let in, and which certificate they are shown. */
import assert from "node:assert/strict";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { connect } from "node:tls";
import { readText, type TlsOptions } from "@ccm/base";
import { createAuthority, openTransport, systemClock } from "@ccm/base/node";
import { realControlPlane } from "@ccm/control-plane/node";
import { mintManager, startManager, until } from "./testing/process.ts";

const HOST = "127.0.0.1";
const READERS = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: metrics-reader}
rules: [{nonResourceURLs: [/metrics, /metrics/slis], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: metrics-reader}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: metrics-reader}
subjects:
  - {kind: ServiceAccount, name: scraper, namespace: default}
  - {kind: User, name: scraper-with-certificate, apiGroup: rbac.authorization.k8s.io}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: scraper, namespace: default}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: guest, namespace: default}
`;

async function get(port: number, path: string, headers: Record<string, string> = {}, tls: TlsOptions = {}) {
  const { send, close } = openTransport({ ...tls, insecureSkipVerify: true });
  try {
    const { status, body } = await send({ method: "GET", url: `https://${HOST}:${port}${path}`, headers });
    return { status, text: await readText(body) };
  } finally {
    await close();
  }
}

describe("who may read the manager's server", () => {
  it("is decided by the real API server: by token, by client certificate, and for nobody", async (t) => {
    const plane = await realControlPlane(t);
    if (!plane) return;
    const { kubeconfigFile } = await mintManager(plane);
    await plane.apply(READERS);
    const port = await (await startManager(t, kubeconfigFile)).port();
    const tokenOf = async (account: string): Promise<Record<string, string>> => {
      const answer = await plane.admin.client.post<{ status: { token: string } }>(
        `/api/v1/namespaces/default/serviceaccounts/${account}/token`,
        { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} },
      );
      return { authorization: `Bearer ${answer.status.token}` };
    };
    const [scraper, guest] = [await tokenOf("scraper"), await tokenOf("guest")];
    await until("the rules are known", async () => (await get(port, "/metrics/slis", scraper)).status === 200, 30);
    const status = async (path: string, ...who: [Record<string, string>?, TlsOptions?]) =>
      (await get(port, path, ...who)).status;
    assert.equal(await status("/healthz"), 200);
    assert.equal(await status("/metrics", scraper), 200);
    const { text } = await get(port, "/metrics", scraper);
    assert.match(text, /^kubernetes_build_info\{major="1",minor="36",git_version="v1\.2\.3",git_commit="abcdef",/m);
    assert.match(text, /^rest_client_transport_create_calls_total\{result="miss"\} 2$/m);
    assert.match(text, /^rest_client_requests_total\{code="200",method="GET",host="127\.0\.0\.1:\d+"\} \d+$/m);
    assert.equal(await status("/configz", scraper), 403);
    assert.equal(await status("/metrics", guest), 403);
    assert.equal(await status("/metrics", { authorization: "Bearer nonsense" }), 401);
    assert.equal(await status("/metrics"), 403);
    // The authority of client certificates is the API server's own, by its ConfigMap.
    const { certPem: cert, keyPem: key } = await plane.mintUser("scraper-with-certificate");
    await until("the certificate counts", async () => (await status("/metrics", {}, { cert, key })) === 200, 30);
    const { certPem, keyPem } = plane.admin;
    const shown = await get(port, "/configz", {}, { cert: certPem, key: keyPem });
    assert.equal(shown.status, 200);
    assert.equal(
      JSON.parse(shown.text)["cloudcontrollermanager.config.k8s.io"].KubeCloudShared.CloudProvider.Name,
      "fake",
    );
    const stranger = await createAuthority({ commonName: "stranger", clock: systemClock });
    const forged = await stranger.issue({ commonName: "x", organizations: ["system:masters"], client: true });
    assert.equal(await status("/metrics", {}, { cert: forged.certPem, key: forged.keyPem }), 403);
  });
});

/** The common name of the certificate that who asks for `servername` is shown. */
function shown(port: number, servername: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: HOST, port, servername, rejectUnauthorized: false }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.destroy();
    });
    socket.once("error", reject);
  });
}

describe("the manager's serving certificates", () => {
  it("are shown in their new form soon after the files were replaced, by name too, without a restart", async (t: TestContext) => {
    const plane = await realControlPlane(t);
    if (!plane) return;
    const { kubeconfigFile } = await mintManager(plane);
    const folder = mkdtempSync(join(tmpdir(), "serving-"));
    t.after(() => rmSync(folder, { recursive: true }));
    const file = (name: string) => join(folder, name);
    const write = async (pair: string, commonName: string): Promise<void> => {
      const authority = await createAuthority({ commonName: "ca", clock: systemClock });
      const { certPem, keyPem } = await authority.issue({ commonName, dnsNames: ["named.test"], server: true });
      for (const [name, text] of [
        [`${pair}.crt`, certPem],
        [`${pair}.key`, keyPem],
      ] as const) {
        writeFileSync(file("new"), text);
        renameSync(file("new"), file(name));
      }
    };
    await write("main", "old");
    await write("named", "named-old");
    const manager = await startManager(t, kubeconfigFile, {
      args: [
        `--tls-cert-file=${file("main.crt")}`,
        `--tls-private-key-file=${file("main.key")}`,
        `--tls-sni-cert-key=${file("named.crt")},${file("named.key")}`,
      ],
    });
    const port = await manager.port();
    assert.equal(await shown(port, "other.test"), "old");
    assert.equal(await shown(port, "named.test"), "named-old");
    await write("main", "new");
    await write("named", "named-new");
    await until("the new certificate is shown", async () => (await shown(port, "other.test")) === "new", 30);
    await until("the new one by name, too", async () => (await shown(port, "named.test")) === "named-new", 30);
    assert.equal(manager.ended, undefined);
  });
});
