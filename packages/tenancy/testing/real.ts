/** The operator on a real control plane, with the rights that deploy/tenant-operator.yaml gives it, and its webhooks. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { TestContext } from "node:test";
import { silentLogger, sleep } from "@ccm/base";
import { systemClock as clock, createAuthority, listen, systemRandom as random } from "@ccm/base/node";
import { type ControlPlane, startControlPlane } from "@ccm/control-plane/node";
import { webhookConfigurations } from "../admission.ts";
import { customResourceDefinition, RESOURCES } from "../crd.ts";
import { install } from "../install.ts";
import { createTenantOperator } from "../operator.ts";
import { admissionPolicies } from "../policies.ts";
import { createMemoryCloud } from "./scene.ts";

const MANIFEST = new URL("../../../deploy/tenant-operator.yaml", import.meta.url);

/** Resolves when the condition holds; fails with `what` when it does not within a minute. */
export async function waitFor(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = clock.monotonic() + 60_000;
  while (!(await holds())) {
    assert.ok(clock.monotonic() < deadline, `waited in vain until ${what}`);
    await sleep(clock, 50);
  }
}

export async function startRealOperator(t: TestContext): Promise<ControlPlane> {
  // It fills in what namespaces use, and gives built-in roles their rules.
  const controllers = ["resourcequota-controller", "clusterrole-aggregation-controller"];
  const plane = await startControlPlane({ controllerManager: { controllers } });
  const documents = readFileSync(MANIFEST, "utf8").split("\n---\n");
  await plane.apply(
    ...RESOURCES.map(customResourceDefinition),
    ...documents.filter((text) => !/^kind: (Deployment|Service)$/m.test(text)),
  );
  const { client } = await plane.mintUser("system:serviceaccount:tenant-system:tenant-operator");
  const operator = createTenantOperator({
    client,
    clock,
    random,
    logger: silentLogger,
    operatorNamespace: "tenant-system",
    ...createMemoryCloud(),
  });
  const authority = await createAuthority({ commonName: "tenant-operator-ca", clock });
  const { certPem: cert, keyPem: key } = await authority.issue({
    commonName: "tenant-operator",
    ipAddresses: ["127.0.0.1"],
    server: true,
  });
  const server = await listen({ host: "127.0.0.1", port: 0, handler: operator.handler, tls: { cert, key } });
  const stop = new AbortController();
  await install(
    client,
    [...admissionPolicies(), ...webhookConfigurations({ url: `https://127.0.0.1:${server.port}` }, authority.certPem)],
    stop.signal,
  );
  const running = [operator.serve(stop.signal), operator.lead(stop.signal)];
  t.after(async () => {
    stop.abort(new Error("the test is over"));
    await Promise.allSettled(running);
    await server.close();
    await plane.stop();
  });
  return plane;
}
