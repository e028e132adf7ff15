import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { endpointOf, PRODUCTS } from "./endpoints.ts";

const region = "su";

describe("row 1: endpoints", () => {
  it("are HTTPS and of the region by default; STS and tags have one for all", () => {
    assert.equal(endpointOf("blb", { region }), "https://blb.su.baidubce.com");
    assert.equal(endpointOf("vpc", { region }), "https://bcc.su.baidubce.com");
    assert.equal(endpointOf("sts", { region }), "https://sts.bj.baidubce.com");
    assert.equal(endpointOf("tag", { region }), "https://tag.baidubce.com");
    for (const product of PRODUCTS) assert.match(endpointOf(product, { region }), /^https:/);
  });

  it("can be given for each product, also with plain HTTP, and by a template for the rest", () => {
    const endpointTemplate = "https://{service}.{region}.cloud.example:8443";
    const endpoints = { blb: "http://10.0.0.1:8080/" };
    assert.equal(endpointOf("blb", { region, endpoints, endpointTemplate }), "http://10.0.0.1:8080");
    assert.equal(endpointOf("eip", { region, endpoints, endpointTemplate }), "https://eip.su.cloud.example:8443");
    assert.equal(endpointOf("vpc", { region, endpoints, endpointTemplate }), "https://bcc.su.cloud.example:8443");
  });

  it("follow the host that serves a product as well, where that has been given", () => {
    const endpoints = { bcc: "http://one.example", blb: "http://two.example" };
    assert.equal(endpointOf("vpc", { region, endpoints }), "http://one.example");
    assert.equal(endpointOf("bbc", { region, endpoints }), "http://one.example");
    assert.equal(endpointOf("tag", { region, endpoints }), "http://two.example");
    assert.equal(
      endpointOf("vpc", { region, endpoints: { ...endpoints, vpc: "http://three.example" } }),
      "http://three.example",
    );
  });

  it("are refused, with the product's name, when they are anything else", () => {
    for (const blb of [
      "blb.example",
      "ftp://blb.example",
      "https://blb.example/v1",
      "https://u:secret@blb.example",
      "",
    ]) {
      assert.throws(() => endpointOf("blb", { region, endpoints: { blb } }), /endpoint of blb: expected scheme/);
    }
  });
});
