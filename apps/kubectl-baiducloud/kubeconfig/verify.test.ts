import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  inProcessTransport,
  jsonResponse,
  seededRandom,
  silentLogger,
  type TlsOptions,
  TransportError,
  VirtualClock,
} from "@ccm/base";
import { createAuthority } from "@ccm/base/node";
import { verifyAccess } from "@ccm/cluster-access/verify";
import { createKubeClient } from "@ccm/kube";
import { createKubeServer } from "@ccm/kube-server";
import { inScene } from "../testing/scene.ts";

const SERVER = "https://kubernetes.scene";
const signal = new AbortController().signal;

/** Signs in at an embedded API server, or at what `answer` makes of one, with a certificate of `days`. */
async function verify(how: {
  readonly days?: number;
  readonly ageMs?: number;
  readonly answer?: (path: string) => ReturnType<typeof jsonResponse> | undefined;
}) {
  const clock = new VirtualClock(Date.UTC(2026, 0, 2));
  const authority = await createAuthority({ commonName: "clients", clock });
  const issued = await authority.issue({
    commonName: "ann",
    organizations: ["dev"],
    client: true,
    days: how.days ?? 365,
  });
  const server = createKubeServer({ clock, random: seededRandom("verify") });
  const send = inProcessTransport(server.handler);
  const tls: TlsOptions = { cert: issued.certPem, key: issued.keyPem };
  const client = createKubeClient({
    clock,
    random: seededRandom("client"),
    logger: silentLogger,
    baseUrl: SERVER,
    send: async (request, options) => how.answer?.(new URL(request.url).pathname) ?? send(request, options),
  });
  const connection = { server: SERVER, tls, authorize: async () => ({}) };
  const now = clock.now() + (how.ageMs ?? 0);
  let settled = false;
  const verifying = verifyAccess(client, connection, { namespace: "shop", now, signal }).finally(() => {
    settled = true;
  });
  verifying.catch(() => {});
  try {
    await clock.advanceUntil(() => settled, 3_600_000);
    return await verifying;
  } finally {
    server.close();
  }
}

const refusal = (code: number, reason: string) =>
  jsonResponse(code, { kind: "Status", apiVersion: "v1", status: "Failure", code, reason, message: reason });

describe("kubeconfig verify", () => {
  it("says who signed in and what that may, with whatever the API server tells", async () => {
    const access = await verify({});
    assert.equal(access.everything, true);
    assert.deepEqual([access.toldBy, access.certificate?.user, access.certificate?.groups], ["server", "ann", ["dev"]]);
    assert.deepEqual(access.rights[0], { resource: "pods", verbs: ["get", "list", "create", "update", "delete"] });
    const old = await verify({
      answer: (path) => (path.endsWith("/selfsubjectreviews") ? refusal(404, "NotFound") : undefined),
    });
    assert.deepEqual([old.toldBy, old.user, old.groups], ["certificate", "ann", ["dev"]]);
  });

  it("says why it cannot, and what to do", async () => {
    const broken = (code: "tls" | "refused", text: string) => () => {
      throw new TransportError(code, text);
    };
    for (const [how, why] of [
      [
        { answer: () => refusal(401, "Unauthorized") },
        /does not know who this is: the credential was reset, or is of another cluster/,
      ],
      [{ answer: broken("tls", "self-signed certificate") }, /certificate is not of the authority in the kubeconfig/],
      [{ answer: broken("tls", "certificate has expired") }, /not good at this time: is this machine's clock right\?/],
      [
        { answer: broken("refused", "connection refused") },
        /does not answer: an address of the VPC can be reached from inside/,
      ],
      [
        { answer: () => refusal(401, "Unauthorized"), days: 1, ageMs: 2 * 86_400_000 },
        /the client certificate has ended at 2026-01-03T/,
      ],
      [
        { answer: () => refusal(401, "Unauthorized"), ageMs: -86_400_000 },
        /the client certificate begins at 2026-01-01T23:/,
      ],
    ] as const) {
      await assert.rejects(verify(how), why);
    }
  });

  it("prints it for people and for programs", () =>
    inScene(async (scene) => {
      const { code, out } = await scene.kubectl("kubeconfig verify -n shop");
      assert.equal(code, 0);
      assert.match(
        out,
        /^SIGNED IN\nserver +https:\/\/kubernetes\.scene\nuser +\S+\ngroups +\S.*\ncertificate +none: a token or a plugin\n/,
      );
      assert.match(out, /\nIN NAMESPACE shop +MAY\neverything +everything, in all namespaces\n\nIt works\.\n$/);
      const { data } = await scene.json<{ namespace: string }>("kubeconfig verify -n shop");
      assert.equal(data.namespace, "shop");
    }));
});
