import assert from "node:assert/strict";
import { it } from "node:test";
import { readText, seededRandom } from "@ccm/base";
import { createAuthority, listen, openTransport, systemClock } from "@ccm/base/node";
import { loadKubeConfig } from "@ccm/kube";
import { createKubeServer } from "@ccm/kube-server";
import type { ClusterAccess } from "./cluster-access.ts";
import { createCceScene } from "./testing/scene.ts";

const DAY_MS = 86_400_000;

it("the kubeconfig of a simulated cluster signs in at the API server behind it, as whom the cloud says", async () => {
  const [serving, clients] = await Promise.all(
    ["serving", "clients"].map((commonName) => createAuthority({ commonName, clock: systemClock })),
  );
  if (!serving || !clients) return assert.fail();
  const { certPem: cert, keyPem: key } = await serving.issue({
    commonName: "apiserver",
    ipAddresses: ["127.0.0.1"],
    server: true,
  });
  const kube = createKubeServer({ clock: systemClock, random: seededRandom("kube") });
  const tls = { cert, key, clientCa: clients.certPem };
  const socket = await listen({ host: "127.0.0.1", port: 0, handler: kube.handler, tls });
  const clusterAccess: ClusterAccess = {
    async issue({ user, groups, lifeMs }) {
      const days = lifeMs / DAY_MS;
      const issued = await clients.issue({ commonName: user, organizations: groups, client: true, days });
      return { server: `https://127.0.0.1:${socket.port}`, caPem: serving.certPem, ...issued };
    },
  };
  try {
    const { cluster, call } = createCceScene({ clusterAccess });
    const id = await cluster();
    const { id: userID } = (await call<{ id: string }>("POST /v1/user", { name: "ann" })).body;
    const grant = { clusterID: id, userID, role: "cce:readonly", namespace: "team", temp: true, expireHours: 2 };
    const admin = (await call<{ kubeConfig: string }>(`GET /v2/kubeconfig/${id}/vpc`)).body.kubeConfig;
    const temporary = (await call<{ temporaryKubeConfig: string }>("POST /v2/rbac", grant)).body.temporaryKubeConfig;
    assert.deepEqual(await whoAmI(admin), { username: "lab", groups: ["system:masters", "system:authenticated"] });
    assert.deepEqual(await whoAmI(temporary), { username: `${userID}-temp-1`, groups: ["system:authenticated"] });
  } finally {
    await socket.close();
    kube.close();
  }
});

/** What an API server says about who signs in with a kubeconfig. */
async function whoAmI(text: string): Promise<unknown> {
  const none = () => assert.fail("nothing outside of the kubeconfig is needed");
  const machine = { env: {}, now: () => systemClock.now(), readFile: none, run: none };
  const connection = await loadKubeConfig({ ...machine, text, source: "kubeconfig" });
  const { send, close } = openTransport(connection.tls);
  try {
    const answer = await send({
      method: "POST",
      url: `${connection.server}/apis/authentication.k8s.io/v1/selfsubjectreviews`,
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ kind: "SelfSubjectReview", apiVersion: "authentication.k8s.io/v1" }),
    });
    return JSON.parse(await readText(answer.body)).status.userInfo;
  } finally {
    await close();
  }
}
