/** A service account's own login (KEP-4412): who may read which Secret is said by a real API server's RBAC. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { sleep } from "@ccm/base";
import { openTransport, systemClock, systemRandom } from "@ccm/base/node";
import { canHaveControlPlane, startControlPlane } from "@ccm/control-plane/node";
import { SECRETS } from "@ccm/kube";
import { run } from "./program.ts";

const AUDIENCE = "https://kubernetes.default.svc.cluster.local";
const RBAC = new URL("../../deploy/rbac-credential-provider.yaml", import.meta.url);
const NODE = "n1";
const TOKEN = /^[\w-]+\.[\w-]+\.[\w-]+$/;
const PODS = { group: "", version: "v1", plural: "pods", kind: "Pod", namespaced: true };
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
apiVersion: v1
kind: Node
metadata: {name: n1}
---
apiVersion: v1
kind: Pod
metadata: {namespace: shop-sa, name: web}
spec: {nodeName: n1, serviceAccountName: web, containers: [{name: web, image: web}]}
---
apiVersion: v1
kind: Pod
metadata: {namespace: shop-sa, name: other}
spec: {nodeName: n1, serviceAccountName: other, containers: [{name: web, image: web}]}
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
  it("pulls with the Secret that it may read, by a token that the kubelet may ask for, and no other account does", async (t) => {
    if (!canHaveControlPlane(t)) return;
    const plane = await startControlPlane({
      apiServerFlags: {
        "authorization-mode": "Node,RBAC",
        "enable-admission-plugins": "NodeRestriction",
        "api-audiences": AUDIENCE,
      },
    });
    t.after(() => plane.stop());
    const { admin } = plane;
    const kubelet = await plane.mintUser(`system:node:${NODE}`, ["system:nodes"]);
    await plane.apply(OBJECTS);
    const base64 = (text: string) => Buffer.from(text).toString("base64");
    const data = { username: base64("ccr$shop"), password: base64("s3cret-of-robot") };
    await admin.client.create(SECRETS, { metadata: { namespace: "shop-sa", name: "ccr-robot" }, data });
    /** As the kubelet asks for a Pod. */
    const tokenOf = async (name: string): Promise<string> => {
      const pod = await admin.client.get(PODS, { namespace: "shop-sa", name });
      const boundObjectRef = { apiVersion: "v1", kind: "Pod", name, uid: pod.metadata.uid };
      const path = `/api/v1/namespaces/shop-sa/serviceaccounts/${name}/token`;
      const spec = { audiences: [AUDIENCE], boundObjectRef };
      const asked = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec };
      return (await kubelet.client.post<{ status: { token: string } }>(path, asked)).status.token;
    };
    /** What the API server knows of nodes and Pods comes to its rules a moment later. */
    const eventually = async (name: string, outcome: RegExp): Promise<string> => {
      const deadline = systemClock.monotonic() + 30_000;
      for (;;) {
        const said = await tokenOf(name).catch((error: Error) => error.message);
        if (outcome.test(said)) return said;
        assert.ok(systemClock.monotonic() < deadline, said);
        await sleep(systemClock, 50);
      }
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
    await eventually("web", /system:node:n1 is not authorized to request tokens for audience/);
    await plane.apply(readFileSync(RBAC, "utf8"));
    const mine = await ask(await eventually("web", TOKEN));
    assert.equal(mine.code, 0, mine.text);
    assert.deepEqual(JSON.parse(mine.text).auth, { [HOST]: { username: "ccr$shop", password: "s3cret-of-robot" } });
    const refused =
      /^credential-provider: Secret shop-sa\/ccr-robot: the Pod's service account may not read it: [^\n]+\n$/;
    const { code, text } = await ask(await eventually("other", TOKEN));
    assert.equal(code, 1);
    assert.match(text, refused);
  });
});
