import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  DEFAULT_LEADER_MIGRATION,
  type LeaderMigration,
  migrationFaults,
  parseLeaderMigration,
  placementOf,
} from "./leader-migration.ts";
import { UsageError } from "./usage-error.ts";

const GROUP = "controllermanager.config.k8s.io";
const CLOUD = "cloud-controller-manager";
const KUBE = "kube-controller-manager";
const THREE = ["route-controller", "service-controller", "cloud-node-lifecycle-controller"];

const migration = (component: string, resourceLock = "leases"): LeaderMigration => ({
  leaderName: "test",
  resourceLock,
  controllerLeaders: THREE.map((name) => ({ name, component })),
});
const file = (version: string, ...lines: readonly string[]): string =>
  [`apiVersion: ${GROUP}/${version}`, "kind: LeaderMigrationConfiguration", ...lines].join("\n");
const read = (text: string): LeaderMigration => parseLeaderMigration(text, "migration.yaml");
const entries = (...components: readonly string[]): string =>
  [
    "controllerLeaders:",
    ...[...THREE, "node-ipam-controller"].map((name, i) => `- {name: ${name}, component: "${components[i] ?? "*"}"}`),
  ].join("\n");

describe("where a controller runs", () => {
  const cases: readonly [id: string, listed: string, asked: string, three: string, other: string][] = [
    ["LM-386", KUBE, KUBE, "migrated", "deployment-controller"],
    ["LM-387", KUBE, CLOUD, "unowned", "cloud-node"],
    ["LM-388", CLOUD, KUBE, "unowned", "deployment-controller"],
    ["LM-389", CLOUD, CLOUD, "migrated", "cloud-node-controller"],
    ["LM-390", "*", KUBE, "migrated", "deployment-controller"],
    ["LM-391", "*", CLOUD, "migrated", "cloud-node-controller"],
  ];
  for (const [id, listed, asked, three, other] of cases) {
    it(`${id}: three controllers of ${listed}, seen from ${asked}, are ${three}, and ${other} is not listed`, () => {
      for (const name of THREE) assert.equal(placementOf(name, migration(listed), asked), three, name);
      assert.equal(placementOf(other, migration(listed), asked), "non-migrated");
    });
  }

  it("finds today's controllers by the names they had when the list was written (upstream's default finds none of two)", () => {
    for (const name of ["node-route-controller", "service-lb-controller", "cloud-node-lifecycle-controller"]) {
      assert.equal(placementOf(name, DEFAULT_LEADER_MIGRATION, CLOUD), "migrated", name);
    }
    const aliases = { ...migration("*"), controllerLeaders: [{ name: "service", component: "*" }] };
    assert.equal(placementOf("service-lb-controller", aliases, CLOUD), "migrated");
  });
});

describe("the file of --leader-migration-config", () => {
  it("LM-392: without one, the built-in default holds", () => {
    assert.deepEqual(DEFAULT_LEADER_MIGRATION, {
      ...migration("*"),
      leaderName: "cloud-provider-extraction-migration",
    });
  });

  const named = (leaderName: string, resourceLock = "leases") => ({ leaderName, resourceLock, controllerLeaders: [] });
  const good: readonly [id: string, text: string, expected: LeaderMigration][] = [
    [
      "LM-393",
      file("v1alpha1", "leaderName: test-leader-migration", "resourceLock: leases", "controllerLeaders: []"),
      named("test-leader-migration"),
    ],
    [
      "LM-394",
      file("v1beta1", "leaderName: test-leader-migration", "resourceLock: leases", "controllerLeaders: []"),
      named("test-leader-migration"),
    ],
    [
      "LM-395",
      file("v1", "leaderName: test-leader-migration", "controllerLeaders: []"),
      named("test-leader-migration"),
    ],
    [
      "LM-396",
      file("v1", "leaderName: test", entries()),
      {
        leaderName: "test",
        resourceLock: "leases",
        controllerLeaders: [...THREE, "node-ipam-controller"].map((name) => ({ name, component: "*" })),
      },
    ],
    [
      "LM-397",
      file("v1", "leaderName: test", entries(CLOUD, CLOUD, CLOUD, KUBE)),
      {
        leaderName: "test",
        resourceLock: "leases",
        controllerLeaders: [
          ...THREE.map((name) => ({ name, component: CLOUD })),
          { name: "node-ipam-controller", component: KUBE },
        ],
      },
    ],
    [
      "LM-400",
      file("v1alpha1", "leaderName: migration-120-to-121", "resourceLock: leases", "controllerLeaders: []"),
      named("migration-120-to-121"),
    ],
    [
      "LM-401",
      file("v1alpha1", "leaderName: migration-120-to-121", "resourceLock: endpoints", "controllerLeaders: []"),
      named("migration-120-to-121", "endpoints"),
    ],
    [
      "LM-404",
      file(
        "v1alpha1",
        "leaderName: m",
        "resourceLock: leases",
        "controllerLeaders:",
        `- {name: route-controller, component: ${KUBE}}`,
        `- {name: service-controller, component: ${KUBE}}`,
      ),
      {
        ...named("m"),
        controllerLeaders: ["route-controller", "service-controller"].map((name) => ({ name, component: KUBE })),
      },
    ],
  ];
  for (const [id, text, expected] of good) {
    it(`${id}: is read, ${text.includes("\n") ? text.split("\n")[0] : text}`, () =>
      assert.deepEqual(read(text), expected));
  }

  const v1alpha1 = (...lines: readonly string[]) => file("v1alpha1", "leaderName: m", ...lines);
  const refused: readonly [id: string, what: string, text: string, says: RegExp][] = [
    ["LM-398", "empty", "", /expected a LeaderMigrationConfiguration/],
    ["LM-399", "a kubelet's", "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration", /expected kind/],
    ["LM-402", "with an unknown field", v1alpha1("resourceLock: leases", "foo: bar"), /unknown field "foo"/],
    [
      "LM-403",
      "with a field given twice",
      v1alpha1("resourceLock: leases", "resourceLock: leases"),
      /line 5: .*unique/,
    ],
    ["v1 with a lock", "of v1 with a lock", file("v1", "leaderName: m", "resourceLock: leases"), /unknown field/],
    [
      "entries",
      "whose entry lacks a component",
      v1alpha1("resourceLock: leases", "controllerLeaders: [{name: a}]"),
      /component must be set/,
    ],
  ];
  for (const [id, what, text, says] of refused) {
    it(`${id}: ${what}, is refused in one line`, () => {
      assert.throws(
        () => read(text),
        (error) =>
          error instanceof UsageError &&
          error.message.startsWith("--leader-migration-config migration.yaml: ") &&
          says.test(error.message) &&
          !error.message.includes("\n"),
      );
    });
  }

  const validated: readonly [id: string, what: string, value: LeaderMigration, valid: boolean][] = [
    ["LM-405", "no leader name", { ...migration("*"), leaderName: "" }, false],
    ["LM-406", "an unknown lock", migration("*", "invalid"), false],
    ["LM-407", "no entries", { ...migration("*"), controllerLeaders: [] }, true],
    [
      "LM-408",
      "the lock endpoints and one entry",
      { ...migration("*", "endpoints"), controllerLeaders: [{ name: "a", component: "*" }] },
      true,
    ],
  ];
  for (const [id, what, value, valid] of validated) {
    it(`${id}: ${what} is ${valid ? "valid" : "refused"}`, () =>
      assert.equal(migrationFaults(value).length === 0, valid));
  }
});
