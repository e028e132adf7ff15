import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inProcessTransport, seededRandom, VirtualClock } from "@ccm/base";
import { createKubeClient, type KubeObject, type ResourceType } from "@ccm/kube";
import { createKubeServer } from "./server.ts";

type Team = KubeObject & { readonly spec?: { readonly size?: number }; readonly status?: { readonly used?: number } };
const KIND = { group: "example.org", version: "v1alpha1", plural: "teams", kind: "Team", namespaced: false } as const;
const TEAMS: ResourceType<Team> = KIND;

describe("a kind that the embedded API server is given", () => {
  it("is kept with its status apart from its spec, and counts generations of the spec alone", async () => {
    const clock = new VirtualClock();
    const server = createKubeServer({ clock, random: seededRandom(1), customKinds: [KIND] });
    const send = inProcessTransport(server.handler);
    const kube = createKubeClient({ baseUrl: "https://kube", send, clock, random: seededRandom(2) });
    const made = await kube.create(TEAMS, { metadata: { name: "a" }, spec: { size: 1 }, status: { used: 9 } });
    assert.deepEqual([made.apiVersion, made.kind, made.status], ["example.org/v1alpha1", "Team", undefined]);
    const status = { type: "merge", body: { spec: { size: 5 }, status: { used: 2 } } } as const;
    const told = await kube.patch(TEAMS, { name: "a" }, status, { subresource: "status" });
    assert.deepEqual([told.spec, told.status, told.metadata.generation], [{ size: 1 }, { used: 2 }, 1]);
    const changed = await kube.patch(
      TEAMS,
      { name: "a" },
      { type: "merge", body: { spec: { size: 3 }, status: null } },
    );
    assert.deepEqual([changed.spec, changed.status, changed.metadata.generation], [{ size: 3 }, { used: 2 }, 2]);
    assert.deepEqual((await kube.list(TEAMS)).items.length, 1);
    assert.match(await kube.read("/apis/example.org/v1alpha1"), /"teams\/status"/);
    server.close();
  });

  it("refuses what its schema does, and says which field it is", async () => {
    const clock = new VirtualClock();
    const mistakes = ({ spec }: { readonly spec?: unknown }) =>
      (spec as { readonly size?: unknown }).size === "big"
        ? [{ field: "spec.size", message: "expected a number" }]
        : [];
    const server = createKubeServer({ clock, random: seededRandom(1), customKinds: [{ ...KIND, mistakes }] });
    const send = inProcessTransport(server.handler);
    const kube = createKubeClient({ baseUrl: "https://kube", send, clock, random: seededRandom(2) });
    const big = { type: "merge", body: { spec: { size: "big" } } } as const;
    await kube.create(TEAMS, { metadata: { name: "a" }, spec: { size: 1 } });
    await assert.rejects(
      kube.patch(TEAMS, { name: "a" }, big),
      /Team\.example\.org "a" is invalid: spec\.size: Invalid value: "big": expected a number/,
    );
    server.close();
  });
});
