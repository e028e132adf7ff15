import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { canHaveControlPlane } from "@ccm/control-plane/node";
import { hasCode, type KubeClient, KubeError } from "@ccm/kube";
import { TENANT_NAMESPACES, TENANTS } from "./tenant.ts";
import { startRealOperator, waitFor } from "./testing/real.ts";

/** What becomes of a request: "", or why the API server does not take it. */
async function ask(client: KubeClient, name: string, tenant: string): Promise<string> {
  try {
    await client.create(TENANT_NAMESPACES, { metadata: { name }, spec: { tenant } });
    return "";
  } catch (error) {
    if (error instanceof KubeError && hasCode(error, "forbidden")) return error.message;
    throw error;
  }
}

describe("a name for a namespace, on a real API server", () => {
  it("is not held by a request of a tenant that may not have it", async (t) => {
    if (!canHaveControlPlane(t)) return;
    const plane = await startRealOperator(t);
    const { client } = plane.admin;
    const owner = (name: string) => [{ kind: "User" as const, name }];
    await client.create(TENANTS, {
      metadata: { name: "a" },
      spec: { owners: owner("alice"), namespaces: { prefix: "a-", max: 1 } },
    });
    await client.create(TENANTS, {
      metadata: { name: "b" },
      spec: { owners: owner("bob"), namespaces: { prefix: "b-", selfService: false } },
    });
    await client.create(TENANTS, { metadata: { name: "c" }, spec: { owners: owner("carol"), suspended: true } });
    const { client: alice } = await plane.mintUser("alice");
    const { client: bob } = await plane.mintUser("bob");
    const { client: carol } = await plane.mintUser("carol");
    await waitFor("alice may ask", async () => (await ask(alice, "b-web", "a")).includes("must begin with a-"));
    assert.equal(await ask(alice, "a-web", "a"), "");
    await waitFor("the tenant is full", async () => {
      const answer = await ask(alice, "a-more", "a").catch(() => "");
      return answer.includes("the tenant has 1 namespaces, and may have 1");
    });
    assert.match(await ask(bob, "b-web", "b"), /forbidden/);
    await waitFor("carol is told", async () => (await ask(carol, "c-web", "c")).includes("suspended"));
    // Nobody has it: the platform can still give it.
    assert.equal(await ask(client, "b-web", "b"), "");
  });
});
