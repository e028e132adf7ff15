import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createAuthority, systemClock } from "@ccm/base/node";
import fc from "fast-check";
import { stringify } from "yaml";
import { certificateFacts, parseIssued } from "./issued.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");

function kubeconfig(user: object, server = "https://10.0.0.1:6443"): string {
  return stringify({
    clusters: [{ name: "kubernetes", cluster: { server, "certificate-authority-data": base64("CA") } }],
    contexts: [{ name: "x", context: { cluster: "kubernetes", user: "u" } }],
    "current-context": "x",
    users: [{ name: "u", user }],
  });
}

describe("the cloud's kubeconfig", () => {
  it("gives the server, its authority, and the certificate with who it is for and until when", async () => {
    const authority = await createAuthority({ commonName: "ca", clock: systemClock });
    const issued = await authority.issue({ commonName: "ann", organizations: ["a", "b"], client: true, days: 3 });
    const data = { "client-certificate-data": base64(issued.certPem), "client-key-data": base64(issued.keyPem) };
    const { server, caData, user } = parseIssued(kubeconfig(data), "cce-1");
    assert.deepEqual([server, caData], ["https://10.0.0.1:6443", base64("CA")]);
    if (!("certificate" in user)) return assert.fail();
    assert.deepEqual([user.certificate.user, user.certificate.groups], ["ann", ["a", "b"]]);
    const days = (user.certificate.notAfter - systemClock.now()) / 86_400_000;
    assert.ok(days > 2.9 && days < 3.1);
    assert.deepEqual(parseIssued(kubeconfig({ token: "t" }), "cce-1").user, { token: "t" });
  });

  it("is refused in one line that says what is missing and shows nothing of it", () => {
    for (const [text, why] of [
      ["[HUSH", "is not YAML"],
      ["HUSH", "has no current context"],
      ["contexts: [{name: a}, {name: b}]", "has no current context"],
      [kubeconfig({ token: "HUSH" }, "http://HUSH"), "has no server such as https://host:6443"],
      [kubeconfig({ token: "HUSH" }, "https://me:HUSH@x"), "has no server such as https://host:6443"],
      [kubeconfig({ "client-key-data": "HUSH" }), "has neither a client certificate with its key nor a token"],
      [
        kubeconfig({ "client-certificate-data": "HUSH", "client-key-data": "HUSH" }),
        "has a client certificate that cannot be read",
      ],
    ] as const) {
      assert.throws(() => parseIssued(text, "cce-1"), { message: `cce-1: the cloud's kubeconfig ${why}` });
    }
  });

  it("is read or refused, whatever it is", () => {
    const key = fc.constantFrom(
      "clusters",
      "contexts",
      "users",
      "current-context",
      "name",
      "cluster",
      "user",
      "context",
      "x",
    );
    const value = fc.letrec((tie) => ({
      node: fc.oneof(
        { maxDepth: 5 },
        fc.string(),
        fc.constant(null),
        fc.integer(),
        fc.array(tie("node"), { maxLength: 3 }),
        fc.dictionary(key, tie("node"), { maxKeys: 5 }),
      ),
    })).node;
    const text = fc.oneof(
      fc.string(),
      value.map((one) => JSON.stringify(one) ?? ""),
    );
    fc.assert(
      fc.property(text, (given) => {
        try {
          parseIssued(given, "cce-1");
        } catch (error) {
          assert.match((error as Error).message, /^cce-1: the cloud's kubeconfig [a-z ,:/0-9]+$/i);
        }
        assert.equal(certificateFacts(given), undefined);
      }),
    );
  });
});
