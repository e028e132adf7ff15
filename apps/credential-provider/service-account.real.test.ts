/** A service account's own login (KEP-4412): who may read which Secret is said by a real API server's RBAC. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openTransport, systemClock, systemRandom } from "@ccm/base/node";
import { realControlPlane } from "@ccm/control-plane/node";
import { SECRETS } from "@ccm/kube";
import { run } from "./program.ts";

const HOST = "ccr-1a2b3c4d-vpc.cnc.bj.baidubce.com";
const OBJECTS = `
apiVersion: v1
kind: Namespace
metadata: {name: shop-sa}
---
apiVersion: v1
kind: ServiceAccount
metadata: {namespace: shop-sa, name: web}
---
apiVersion: v1
kind: ServiceAccount
metadata: {namespace: shop-sa, name: other}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {namespace: shop-sa, name: pull-as-robot}
rules: [{apiGroups: [""], resources: [secrets], resourceNames: [ccr-robot], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {namespace: shop-sa, name: pull-as-robot}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: pull-as-robot}
subjects: [{kind: ServiceAccount, namespace: shop-sa, name: web}]
`;

describe("a service account with a login of its own, on a real API server", () => {
  it("pulls with the Secret that it may read, and no other account and no other token does", async (t) => {
    const plane = await realControlPlane(t);
    if (!plane) return;
    const { admin } = plane;
    await plane.apply(OBJECTS);
    const base64 = (text: string) => Buffer.from(text).toString("base64");
    const data = { username: base64("ccr$shop"), password: base64("s3cret-of-robot") };
    await admin.client.create(SECRETS, { metadata: { namespace: "shop-sa", name: "ccr-robot" }, data });
    const tokenOf = async (name: string, audiences?: readonly string[]): Promise<string> => {
      const path = `/api/v1/namespaces/shop-sa/serviceaccounts/${name}/token`;
      const spec = audiences ? { audiences } : {};
      const asked = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec };
      return (await admin.client.post<{ status: { token: string } }>(path, asked)).status.token;
    };
    const ask = async (serviceAccountToken: string) => {
      const request = {
        kind: "CredentialProviderRequest",
        apiVersion: "credentialprovider.kubelet.k8s.io/v1",
        image: `${HOST}/shop/web`,
        serviceAccountToken,
        serviceAccountAnnotations: { "image-registry.ccm/login-secret": "ccr-robot" },
      };
      const { server, tls } = admin.connection;
      const said: string[] = [];
      const io = {
        env: {},
        clock: systemClock,
        random: systemRandom,
        openTransport,
        readFile: async () => tls.ca ?? assert.fail(),
        readInput: async () => JSON.stringify(request),
        out: (text: string) => void said.push(text),
        err: (text: string) => void said.push(text),
        signal: new AbortController().signal,
      };
      const code = await run([`--api-server=${server}`, "--api-server-ca=ca.crt"], io);
      const text = said.join("");
      assert.ok(!text.includes(serviceAccountToken));
      return { code, text };
    };
    const mine = await ask(await tokenOf("web"));
    assert.equal(mine.code, 0, mine.text);
    assert.deepEqual(JSON.parse(mine.text).auth, { [HOST]: { username: "ccr$shop", password: "s3cret-of-robot" } });
    const refused =
      /^credential-provider: Secret shop-sa\/ccr-robot: the Pod's service account may not read it: [^\n]+\n$/;
    for (const token of [await tokenOf("other"), await tokenOf("web", ["another-audience"])]) {
      const { code, text } = await ask(token);
      assert.equal(code, 1);
      assert.match(text, refused);
    }
  });
});
