import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { imageHost, parseNamedRegistry, registryAt } from "./place.ts";

describe("the registry of an image", () => {
  for (const [image, host] of [
    ["nginx", "docker.io"],
    ["library/nginx:1.29", "docker.io"],
    ["CCR-1a2b3c4d-pub.cnc.bj.baidubce.com/a/b", "ccr-1a2b3c4d-pub.cnc.bj.baidubce.com"],
    ["localhost/a", "localhost"],
    ["r:5000/a/b@sha256:00", "r:5000"],
  ] as const) {
    it(`is ${host} for ${image}`, () => assert.equal(imageHost(image), host));
  }

  it("is an instance in a region, the personal edition, or none of the cloud's", () => {
    const bj = { edition: "enterprise", instanceId: "ccr-1a2b3c4d", region: "bj" };
    assert.deepEqual(registryAt("ccr-1a2b3c4d-pub.cnc.bj.baidubce.com"), bj);
    assert.deepEqual(registryAt("ccr-1a2b3c4d-vpc.cnc.bj.baidubce.com"), bj);
    assert.deepEqual(registryAt("hub.baidubce.com"), { edition: "personal" });
    for (const host of ["ccr-1a2b3c4d-pub.cnc.bj.baidubce.com.evil.example", "xregistry.baidubce.com", "docker.io"]) {
      assert.equal(registryAt(host), undefined, host);
    }
  });

  it("may be named by a domain of one's own", () => {
    const named = [
      parseNamedRegistry("Images.example.com:5000=ccr-1a2b3c4d@gz"),
      parseNamedRegistry("p.example=personal"),
    ];
    assert.deepEqual(registryAt("images.example.com:5000", named), {
      edition: "enterprise",
      instanceId: "ccr-1a2b3c4d",
      region: "gz",
    });
    assert.deepEqual(registryAt("p.example", named), { edition: "personal" });
    for (const text of ["", "a", "a=b", "a=ccr-1a2b3c4d", "a/b=personal", "a=personal=x", "http://a=personal"]) {
      assert.throws(
        () => parseNamedRegistry(text),
        /^RangeError: expected host=ccr-1a2b3c4d@region or host=personal/,
        text,
      );
    }
  });
});
