import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { equal, type Fields, isFields, setOwn } from "../json.ts";
import { typeNamed } from "../schema.ts";
import { parseFieldSelector, parseLabelSelector } from "../selectors.ts";
import { ApiError } from "../status-errors.ts";
import { applyJsonPatch, PatchError } from "./json.ts";
import { applyMergePatch } from "./merge.ts";
import { applyStrategicPatch } from "./strategic.ts";

const plain = fc.object({ maxDepth: 3, withNullPrototype: false, values: [fc.integer(), fc.string(), fc.boolean()] });
const SERVICE = typeNamed("Service");
const NODE = typeNamed("Node");

/** The merge patch from one document to another. */
function difference(from: Fields, to: Fields): Fields {
  const patch: Fields = {};
  for (const name of Object.keys(from)) if (!Object.hasOwn(to, name)) setOwn(patch, name, null);
  for (const [name, value] of Object.entries(to)) {
    const before = Object.hasOwn(from, name) ? from[name] : undefined;
    if (isFields(before) && isFields(value)) setOwn(patch, name, difference(before, value));
    else if (!equal(before, value)) setOwn(patch, name, value);
  }
  return patch;
}

test("a merge patch made from two documents leads from one to the other", () => {
  fc.assert(fc.property(plain, plain, (a, b) => assert.ok(equal(applyMergePatch(a, difference(a, b)), b))));
});

test("a patch never changes the document it is applied to", () => {
  fc.assert(
    fc.property(plain, plain, (a, b) => {
      const before = JSON.stringify(a);
      applyMergePatch(a, b);
      applyStrategicPatch(a, difference(a, b), SERVICE);
      assert.equal(JSON.stringify(a), before);
    }),
  );
});

test("JSON patch adds, removes, moves, tests, and refuses paths that are not there", () => {
  const document = { a: [1, 2], "b/c": 1 };
  const patched = applyJsonPatch(document, [
    { op: "test", path: "/a/0", value: 1 },
    { op: "add", path: "/a/1", value: 9 },
    { op: "add", path: "/a/-", value: 3 },
    { op: "move", from: "/b~1c", path: "/d" },
    { op: "remove", path: "/a/0" },
  ]);
  assert.deepEqual(patched, { a: [9, 2, 3], d: 1 });
  assert.throws(() => applyJsonPatch(document, [{ op: "remove", path: "/x" }]), PatchError);
  assert.throws(() => applyJsonPatch(document, [{ op: "test", path: "/a", value: [] }]), PatchError);
});

test("a strategic patch merges Service ports by port, and deletes by directive", () => {
  const service = {
    spec: {
      ports: [
        { port: 80, name: "http" },
        { port: 443, name: "https" },
      ],
    },
  };
  const patch = { spec: { ports: [{ port: 80, $patch: "delete" }, { port: 443, nodePort: 30_443 }, { port: 81 }] } };
  assert.deepEqual(applyStrategicPatch(service, patch, SERVICE), {
    spec: { ports: [{ port: 443, name: "https", nodePort: 30_443 }, { port: 81 }] },
  });
});

test("a strategic patch orders by $setElementOrder and replaces by $patch", () => {
  const service = { spec: { ports: [{ port: 1 }, { port: 2 }] } };
  const order = { spec: { "$setElementOrder/ports": [{ port: 3 }, { port: 2 }, { port: 1 }], ports: [{ port: 3 }] } };
  assert.deepEqual(applyStrategicPatch(service, order, SERVICE), {
    spec: { ports: [{ port: 3 }, { port: 2 }, { port: 1 }] },
  });
  const replace = { spec: { ports: [{ port: 9 }, { $patch: "replace" }] } };
  assert.deepEqual(applyStrategicPatch(service, replace, SERVICE), { spec: { ports: [{ port: 9 }] } });
});

test("conditions merge by type, finalizers as a set, taints are replaced", () => {
  const node = {
    metadata: { finalizers: ["a", "b"] },
    spec: { taints: [{ key: "x" }] },
    status: { conditions: [{ type: "Ready", status: "True" }] },
  };
  const patched = applyStrategicPatch(
    node,
    {
      metadata: { finalizers: ["c"], "$deleteFromPrimitiveList/finalizers": ["a"] },
      spec: { taints: [{ key: "y" }] },
      status: { conditions: [{ type: "NetworkUnavailable", status: "False" }] },
    },
    NODE,
  );
  assert.deepEqual(patched, {
    metadata: { finalizers: ["c", "b"] },
    spec: { taints: [{ key: "y" }] },
    status: {
      conditions: [
        { type: "NetworkUnavailable", status: "False" },
        { type: "Ready", status: "True" },
      ],
    },
  });
});

test("$retainKeys drops what the patch does not name", () => {
  const deployment = { spec: { strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1 } } } };
  const patch = { spec: { strategy: { $retainKeys: ["type"], type: "Recreate" } } };
  assert.deepEqual(applyStrategicPatch(deployment, patch, typeNamed("Deployment")), {
    spec: { strategy: { type: "Recreate" } },
  });
});

test("any text is a selector or a bad request, nothing else", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      for (const parse of [parseLabelSelector, parseFieldSelector]) {
        try {
          parse(text);
        } catch (error) {
          assert.ok(error instanceof ApiError && error.code === 400);
        }
      }
    }),
  );
});
