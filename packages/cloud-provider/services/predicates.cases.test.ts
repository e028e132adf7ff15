/** Upstream's cases for the rules that decide alone: what concerns a load balancer, what is cleaned up, who is a backend. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Node, Service } from "@ccm/kube";
import { NOT_READY, newNode, newService, READY } from "../testing/harness.ts";
import { backendChanged, backendsOf, isBackend } from "./backends.ts";
import { needsCleanup, needsUpdate } from "./needs-update.ts";

const FINALIZER = "service.kubernetes.io/load-balancer-cleanup";
const EXCLUDE = "node.kubernetes.io/exclude-from-external-load-balancers";

describe("needsUpdate", () => {
  type Spec = NonNullable<Service["spec"]>;
  const of = (spec: Spec, uid = "1") => newService("web", { ports: [{ port: 80 }], ...spec }, { uid });
  const target = (targetPort: number | string) => of({ ports: [{ port: 80, targetPort }] });
  const app = (appProtocol: string) => of({ ports: [{ port: 80, appProtocol }] });
  const rows: readonly (readonly [id: string, before: Service, after: Service, expected: boolean])[] = [
    ["SD-159: (SD01) another type", of({}), of({ type: "ClusterIP" }), true],
    ["SD-161: (SD03) one external IP becomes two", of({ externalIPs: ["a"] }), of({ externalIPs: ["b", "c"] }), true],
    ["SD-162: (SD04) other external IPs", of({ externalIPs: ["a", "b"] }), of({ externalIPs: ["c", "d"] }), true],
    ["SD-163: (SD05) another UID", of({}), of({}, "2"), true],
    ["SD-165: (SD07) a health check's port", of({ healthCheckNodePort: 0 }), of({ healthCheckNodePort: 30123 }), true],
    ["SD-166: (SD08) another target port", target(20), target(21), true],
    ["SD-167: (SD09) a target port that becomes a name", target(22), target("dns"), true],
    ["SD-169: (SD11) a second family", of({ ipFamilies: ["IPv4"] }), of({ ipFamilies: ["IPv4", "IPv6"] }), true],
    ["SD-170: (SD12) a family less", of({ ipFamilies: ["IPv4", "IPv6"] }), of({ ipFamilies: ["IPv4"] }), true],
    ["SD-171: (SD13) the same family", of({ ipFamilies: ["IPv4"] }), of({ ipFamilies: ["IPv4"] }), false],
    ["SD-173: (SD15) another app protocol", app("http"), app("tcp"), true],
  ];
  for (const [id, before, after, expected] of rows) {
    it(`${id}: ${expected ? "yes" : "no"}`, () => assert.equal(needsUpdate(before, after), expected));
  }
});

describe("needsCleanup", () => {
  const metadata = { name: "web", finalizers: [FINALIZER] };
  it("SL-174: (SL01) an empty Service without finalizer: no", () => {
    assert.equal(needsCleanup({ metadata: { name: "web" } }), false);
  });
  it("SL-175: (SL02) of another type with our finalizer: yes", () => {
    assert.equal(needsCleanup({ metadata, spec: { type: "NodePort" } }), true);
  });
  it("SL-177: (SL04) deleted, of no type, with our finalizer: yes", () => {
    assert.equal(needsCleanup({ metadata: { ...metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } }), true);
  });
});

/** The properties that the tables below change, on a node that has the others in order. */
interface Facts {
  /** Value of the exclude label. */
  readonly exclude?: string;
  readonly autoscaler?: boolean;
  readonly other?: boolean;
  readonly label?: boolean;
  readonly ready?: "True" | "False" | "absent";
  readonly disk?: "True" | "False";
  readonly otherCondition?: "True" | "False";
  readonly deleted?: boolean;
  readonly id?: string;
}
function node(facts: Facts): Node {
  const { exclude, autoscaler, other, label, ready = "True", disk, otherCondition, deleted, id = "fake://a" } = facts;
  return newNode("a", {
    labels: { ...(exclude === undefined ? {} : { [EXCLUDE]: exclude }), ...(label ? { other: "x" } : {}) },
    ...(deleted ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {}),
    spec: {
      ...(id === "" ? {} : { providerID: id }),
      taints: [
        ...(autoscaler ? [{ key: "ToBeDeletedByClusterAutoscaler", value: "1700000000", effect: "NoSchedule" }] : []),
        ...(other ? [{ key: "Other", effect: "NoSchedule" }] : []),
      ],
    },
    status: {
      conditions: [
        ...(ready === "absent" ? [] : [ready === "True" ? READY : NOT_READY]),
        ...(disk ? [{ type: "DiskPressure", status: disk }] : []),
        ...(otherCondition ? [{ type: "Other", status: otherCondition }] : []),
      ],
    },
  });
}

describe("a backend", () => {
  const rows: readonly (readonly [id: string, node: Node, expected: boolean])[] = [
    ["SB-192: (SB01) deviates: an empty node is one, readiness does not count", newNode("a"), true],
    ["SB-193: (SB02) a ready node with a provider ID", node({}), true],
    ["SB-194: (SB03) a ready node without a provider ID", node({ id: "" }), true],
    [
      "SB-195: (SB04) deviates: a node that is not ready is one, readiness does not count",
      node({ ready: "False" }),
      true,
    ],
    ["SB-196: (SB05) with an empty label map", newNode("a", { labels: {}, spec: { providerID: "fake://a" } }), true],
    ["SB-197: (SB06) excluded by an empty value", node({ exclude: "" }), false],
    ["SB-198: (SB07) not excluded by false", node({ exclude: "false" }), true],
    ["SB-199: (SB08) excluded by true", node({ exclude: "true" }), false],
    ["SB-200: (SB09) excluded by any other word", node({ exclude: "foo" }), false],
    ["SB-201: (SB10) about to be deleted by the autoscaler", node({ autoscaler: true }), false],
  ];
  for (const [id, given, expected] of rows) {
    it(`${id}: ${expected ? "yes" : "no"}`, () => assert.equal(isBackend(given), expected));
  }

  const phases = Array.from({ length: 5 }, (_, i) =>
    newNode(`node-${i}`, { labels: { phase: i % 2 === 1 ? "Running" : "Pending" } }),
  );
  const listed: readonly (readonly [id: string, phase: string, expected: readonly string[]])[] = [
    ["SB-202: (SB11)", "Running", ["node-1", "node-3"]],
    ["SB-203: (SB12)", "Pending", ["node-0", "node-2", "node-4"]],
    ["SB-204: (SB13)", "Terminated", []],
  ];
  for (const [id, phase, expected] of listed) {
    it(`${id} deviates: nodes are narrowed by labels, here phase=${phase}, not by any function`, () => {
      assert.deepEqual(
        backendsOf(phases, { phase }).map(({ metadata }) => metadata.name),
        expected,
      );
    });
  }
});

describe("a change of a node that is a reason to look at load balancers", () => {
  const scaled = { autoscaler: true };
  const excluded = { exclude: "" };
  const sick: Facts = { ready: "False" };
  const unknown = { id: "" };
  const rows: readonly (readonly [id: string, before: Facts, after: Facts, expected: boolean])[] = [
    ["SI-205: (SI01) nothing", {}, {}, false],
    ["SI-206: (SI02) becomes excluded", {}, { exclude: "" }, true],
    ["SI-207: (SI03) is excluded no more", { exclude: "" }, {}, true],
    ["SI-209: (SI05) gets another taint", {}, { other: true }, false],
    ["SI-210: (SI06) loses another taint", { other: true }, {}, false],
    ["SI-211: (SI07) gets another label", {}, { label: true }, false],
    ["SI-213: (SI09) stays not ready", sick, sick, false],
    ["SI-214: (SI10) loses the condition Ready", sick, { ready: "absent" }, false],
    ["SI-215: (SI11) gets the condition Ready, false", { ready: "absent" }, sick, false],
    ["SI-217: (SI13) not ready, disk pressure comes", { ...sick, disk: "False" }, { ...sick, disk: "True" }, false],
    ["SI-218: (SI14) not ready, disk pressure goes", { ...sick, disk: "True" }, { ...sick, disk: "False" }, false],
    ["SI-219: (SI15) another condition", { otherCondition: "False" }, { otherCondition: "True" }, false],
    ["SI-221: (SI17) its deletion begins", {}, { deleted: true }, false],
    ["SI-222: (SI18) gets its provider ID", unknown, {}, true],
    ["SI-223: (SI19) gets its provider ID (listed twice upstream)", unknown, {}, true],
    ["SI-225: (SI21) another provider ID", {}, { id: "fake://b" }, true],

    ["SJ-226: (SJ01) about to be deleted, becomes excluded", scaled, { ...scaled, exclude: "" }, true],
    ["SJ-227: (SJ02) about to be deleted, is excluded no more", { ...scaled, exclude: "" }, scaled, true],
    ["SJ-229: (SJ04) about to be deleted, loses its provider ID", scaled, { ...scaled, id: "" }, true],
    ["SJ-230: (SJ05) about to be deleted, another provider ID", scaled, { ...scaled, id: "fake://b" }, true],
    ["SJ-231: (SJ06) about to be deleted, becomes ready", { ...scaled, ...sick }, scaled, false],
    ["SJ-233: (SJ08) excluded, the autoscaler's taint comes", excluded, { ...excluded, ...scaled }, false],
    ["SJ-234: (SJ09) excluded, the autoscaler's taint goes", { ...excluded, ...scaled }, excluded, false],
    ["SJ-235: (SJ10) excluded, becomes ready", { ...excluded, ...sick }, excluded, false],
    ["SJ-237: (SJ12) excluded, gets its provider ID", { ...excluded, id: "" }, excluded, true],
    ["SJ-238: (SJ13) excluded, loses its provider ID", excluded, { ...excluded, id: "" }, true],
    ["SJ-239: (SJ14) excluded, another provider ID", excluded, { ...excluded, id: "fake://b" }, true],
    ["SJ-241: (SJ16) not ready, the autoscaler's taint goes", { ...sick, ...scaled }, sick, false],
    ["SJ-242: (SJ17) not ready, becomes excluded", sick, { ...sick, exclude: "" }, true],
    ["SJ-243: (SJ18) not ready, is excluded no more", { ...sick, exclude: "" }, sick, true],
    ["SJ-245: (SJ20) not ready, loses its provider ID", sick, { ...sick, id: "" }, true],
    ["SJ-246: (SJ21) not ready, another provider ID", sick, { ...sick, id: "fake://b" }, true],
    ["SJ-247: (SJ22) without provider ID, becomes excluded", unknown, { ...unknown, exclude: "" }, true],
    ["SJ-249: (SJ24) without provider ID, stays ready", unknown, unknown, false],
    ["SJ-250: (SJ25) without provider ID, not ready any more", unknown, { ...unknown, ...sick }, false],
    ["SJ-251: (SJ26) without provider ID, the autoscaler's taint goes", { ...unknown, ...scaled }, unknown, false],
  ];
  for (const [id, before, after, expected] of rows) {
    it(`${id}: ${expected ? "yes" : "no"}`, () => assert.equal(backendChanged(node(before), node(after)), expected));
  }
});
