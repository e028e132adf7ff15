import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ClusterGrant } from "@ccm/baiducloud-simulator";
import { type HttpHandler, jsonResponse, readText } from "@ccm/base";
import { createGrants } from "./grants.ts";

const ok: HttpHandler = async () => jsonResponse(200, {});
const SHOP = "/api/v1/namespaces/shop";

/** Whether a user with the grant may do these, as the API server answers and as it says beforehand. */
async function answers(grant: ClusterGrant | undefined, request: string, groups: readonly string[] = []) {
  const grants = createGrants();
  if (grant) grants.set("ann", [grant]);
  const [method = "", target = ""] = request.split(" ");
  const { status, body } = await grants.guard(ok)({
    method,
    target,
    headers: {},
    body: new Uint8Array(),
    signal: new AbortController().signal,
    peer: { commonName: "ann", organizations: groups },
  });
  return { status, text: await readText(body) };
}

describe("users whom CCE lets into the lab's cluster", () => {
  const readonly = { role: "cce:readonly", namespace: "shop" } as const;
  const devops = { role: "cce:devops", namespace: "all" } as const;
  const table: readonly (readonly [grant: ClusterGrant | undefined, request: string, status: number])[] = [
    [readonly, `GET ${SHOP}/pods?limit=500`, 200],
    [readonly, `GET ${SHOP}/services/web/status`, 200],
    [readonly, "GET /apis/apps/v1/namespaces/shop/deployments", 200],
    [readonly, `DELETE ${SHOP}/pods/web`, 403],
    [readonly, "GET /api/v1/namespaces/other/pods", 403],
    [readonly, "GET /api/v1/pods", 403],
    [readonly, "GET /api/v1/nodes", 403],
    [readonly, SHOP.replace("/", "GET /"), 403],
    [{ ...readonly, namespace: "all" }, "GET /api/v1/pods?watch=1", 200],
    [{ ...readonly, namespace: "all" }, "GET /api/v1/nodes", 403],
    [devops, `POST ${SHOP}/services`, 200],
    [devops, "GET /api/v1/nodes/node-1", 200],
    [devops, "PATCH /api/v1/nodes/node-1", 403],
    [devops, "GET /apis/rbac.authorization.k8s.io/v1/clusterroles", 403],
    [{ ...devops, namespace: "shop" }, "GET /api/v1/nodes", 403],
    [{ role: "cce:admin", namespace: "shop" }, `PUT ${SHOP}/secrets/key`, 200],
    [{ role: "cce:admin", namespace: "shop" }, "GET /api/v1/namespaces/other/secrets", 403],
    [undefined, `GET ${SHOP}/pods`, 403],
    [undefined, "GET /apis", 200],
    [undefined, "GET /openapi/v3", 200],
    [undefined, "POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews", 200],
  ];
  for (const [grant, request, status] of table) {
    const who = grant ? `${grant.role} in ${grant.namespace}` : "nobody in particular";
    it(`${who}: ${request} is ${status === 200 ? "let through" : "refused"}`, async () => {
      assert.equal((await answers(grant, request)).status, status);
    });
  }

  it("are refused in the words of the real one, and not at all as masters", async () => {
    const { text } = await answers(readonly, `DELETE ${SHOP}/pods/web`);
    const { message, reason } = JSON.parse(text) as { readonly message: string; readonly reason: string };
    assert.equal(
      message,
      'pods is forbidden: User "ann" cannot delete resource "pods" in API group "" in the namespace "shop"',
    );
    assert.equal(reason, "Forbidden");
    assert.equal((await answers(undefined, `DELETE ${SHOP}/pods/web`, ["system:masters"])).status, 200);
  });

  it("hear beforehand what they may, until it is taken from them", () => {
    const grants = createGrants();
    const may = (verb: string, namespace: string, resource = "pods") =>
      grants.allows({ user: "ann", groups: [], resourceAttributes: { verb, namespace, resource } });
    grants.set("ann", [readonly]);
    assert.deepEqual(
      [may("list", "shop"), may("create", "shop"), may("list", "other"), may("get", "", "nodes")],
      [true, false, false, false],
    );
    grants.set("ann", []);
    assert.equal(may("list", "shop"), false);
  });
});
