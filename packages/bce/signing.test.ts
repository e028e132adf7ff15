import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Secret } from "@ccm/base";
import fc from "fast-check";
import { authorization, bceTime, canonicalRequest, contentMd5, encode, type SignableRequest } from "./signing.ts";

const SK = "0123456789abcdef0123456789abcdef";
const AK = "aaaabbbbccccddddeeeeffff00001111";
const TIME = 1_700_000_000_000;
const JSON_TYPE = { "Content-Type": "application/json;charset=utf-8" };
const DATE = { "x-bce-date": "2023-11-14T22:13:20Z" };

interface Vector {
  readonly name: string;
  readonly request: SignableRequest;
  readonly canonical: string;
  readonly expireSeconds?: number;
  readonly headersToSign?: readonly string[];
  /** After the access key and the time. */
  readonly rest: string;
}

const VECTORS: readonly Vector[] = [
  {
    name: "V1 a list with the default headers",
    request: {
      method: "GET",
      path: "/v1/blb",
      query: [
        ["maxKeys", "1000"],
        ["blbId", "lb-d1e64e26"],
      ],
      headers: {
        Host: "blb.bj.baidubce.com",
        ...JSON_TYPE,
        ...DATE,
        "x-bce-request-id": "11111111-2222-4333-8444-555555555555",
        "User-Agent": "test/1",
      },
    },
    canonical:
      "GET\n/v1/blb\nblbId=lb-d1e64e26&maxKeys=1000\ncontent-type:application%2Fjson%3Bcharset%3Dutf-8\n" +
      "host:blb.bj.baidubce.com\nx-bce-date:2023-11-14T22%3A13%3A20Z",
    rest: "1800/content-type;host;x-bce-date/dda876f6b4bf631a3579bb721c1bc6a4678e0c1b649adaf5e7c09e0a8c8e08aa",
  },
  {
    name: "V2 a create with a JSON body",
    request: {
      method: "POST",
      path: "/v1/blb",
      query: [["clientToken", "be31b98c-5e41-4838-9830-9be700de5a20"]],
      headers: {
        Host: "blb.bj.baidubce.com",
        ...JSON_TYPE,
        "Content-Length": "108",
        "Content-Md5": "K2u3PuPmjTBtGpTqqLPxnQ==",
        ...DATE,
        "x-bce-request-id": "11111111-2222-4333-8444-555555555555",
      },
    },
    canonical:
      "POST\n/v1/blb\nclientToken=be31b98c-5e41-4838-9830-9be700de5a20\ncontent-length:108\n" +
      "content-md5:K2u3PuPmjTBtGpTqqLPxnQ%3D%3D\ncontent-type:application%2Fjson%3Bcharset%3Dutf-8\n" +
      "host:blb.bj.baidubce.com\nx-bce-date:2023-11-14T22%3A13%3A20Z",
    rest: "1800/content-length;content-md5;content-type;host;x-bce-date/087e940cbb9ad5c979833d52caecfb0f2f691790789185351202ec7ef6bbf061",
  },
  {
    name: "V3 a bare query flag, a port in the host, no body",
    request: {
      method: "PUT",
      path: "/v1/eip/106.12.94.185",
      query: [
        ["unbind", ""],
        ["clientToken", "tok-1"],
      ],
      headers: { Host: "127.0.0.1:8080", ...JSON_TYPE, ...DATE },
    },
    canonical:
      "PUT\n/v1/eip/106.12.94.185\nclientToken=tok-1&unbind=\ncontent-type:application%2Fjson%3Bcharset%3Dutf-8\n" +
      "host:127.0.0.1%3A8080\nx-bce-date:2023-11-14T22%3A13%3A20Z",
    rest: "1800/content-type;host;x-bce-date/98cb0a5018d570e5e18e0b3a5336584b902d1f2c27e59c858536a97a7a66741e",
  },
  {
    name: "V4 a session token",
    request: {
      method: "GET",
      path: "/v2/instance/i-IyWRtII7",
      query: [["isDeploySet", "false"]],
      headers: {
        Host: "bcc.bj.baidubce.com",
        ...JSON_TYPE,
        ...DATE,
        "x-bce-security-token": "MTIzNDU2Nzg5MGFiY2RlZg==|tok/en+1",
      },
    },
    canonical:
      "GET\n/v2/instance/i-IyWRtII7\nisDeploySet=false\ncontent-type:application%2Fjson%3Bcharset%3Dutf-8\n" +
      "host:bcc.bj.baidubce.com\nx-bce-date:2023-11-14T22%3A13%3A20Z\n" +
      "x-bce-security-token:MTIzNDU2Nzg5MGFiY2RlZg%3D%3D%7Ctok%2Fen%2B1",
    rest: "1800/content-type;host;x-bce-date;x-bce-security-token/c1849cda77d56d7015eca34a92ce5ef69d7d015d735ce8e14ac2e744cc99f916",
  },
  {
    name: "V5 escaping in path and query, UTF-8",
    request: {
      method: "GET",
      path: "/v1/test/测试 a+b:c/~x",
      query: [
        ["text", "this is an example for 测试"],
        ["text1", ""],
        ["Name", "a/b=c&d"],
        ["star", "!'()*-_.~"],
      ],
      headers: { Host: "bcc.gz.baidubce.com", ...JSON_TYPE, ...DATE },
    },
    canonical:
      "GET\n/v1/test/%E6%B5%8B%E8%AF%95%20a%2Bb%3Ac/~x\n" +
      "Name=a%2Fb%3Dc%26d&star=%21%27%28%29%2A-_.~&text1=&text=this%20is%20an%20example%20for%20%E6%B5%8B%E8%AF%95\n" +
      "content-type:application%2Fjson%3Bcharset%3Dutf-8\nhost:bcc.gz.baidubce.com\nx-bce-date:2023-11-14T22%3A13%3A20Z",
    expireSeconds: 3600,
    rest: "3600/content-type;host;x-bce-date/b927d140b1d8fba3e12fcbfc6006009f7831420ddaf228617350cdc7e1515849",
  },
  {
    name: "V6 only the host signed",
    request: {
      method: "DELETE",
      path: "/v1/route/rule/rr-abc123",
      query: [["clientToken", "t"]],
      headers: { Host: "bcc.su.baidubce.com", ...JSON_TYPE },
    },
    canonical: "DELETE\n/v1/route/rule/rr-abc123\nclientToken=t\nhost:bcc.su.baidubce.com",
    headersToSign: ["host"],
    rest: "1800/host/0f5c695f205236a6f15ba2800aa3de714caf245fed65a07ea093ce84fef8d71d",
  },
  {
    name: "V7 header names that are prefixes of each other, padded and empty values",
    request: {
      method: "GET",
      path: "/",
      query: [["action", "DescribeHPASInstances"]],
      headers: { Host: "hpas.bj.baidubce.com", "x-bce-a": "1", "x-bce-a-b": "  2 ", "x-bce-empty": "", ...DATE },
    },
    canonical:
      "GET\n/\naction=DescribeHPASInstances\nhost:hpas.bj.baidubce.com\nx-bce-a-b:2\nx-bce-a:1\n" +
      "x-bce-date:2023-11-14T22%3A13%3A20Z",
    rest: "1800/host;x-bce-a;x-bce-a-b;x-bce-date/f2e5698c60fb135e68b0109df9ab9aa05e95f28c68904798f58f0d3530d039ae",
  },
];

describe("bce-auth-v1", () => {
  for (const { name, request, canonical, expireSeconds, headersToSign, rest } of VECTORS) {
    it(`signs as the official SDK does: ${name}`, () => {
      assert.equal(canonicalRequest(request, headersToSign).text, canonical);
      const header = authorization(request, {
        accessKeyId: AK,
        secretAccessKey: new Secret(SK),
        time: TIME,
        ...(expireSeconds ? { expireSeconds } : {}),
        ...(headersToSign ? { headersToSign } : {}),
      });
      assert.equal(header, `bce-auth-v1/${AK}/2023-11-14T22:13:20Z/${rest}`);
    });
  }

  it("hashes the body of V2 to its content-md5", () => {
    const body =
      '{"vpcId":"vpc-n0pz15kx5xrj","subnetId":"sbn-5t2qrzktw6tv","name":"svc-a","desc":"demo","address":"10.0.0.8"}';
    assert.equal(contentMd5(body), "K2u3PuPmjTBtGpTqqLPxnQ==");
  });

  it("does not depend on the order of query parameters and headers", () => {
    const pairs = fc.uniqueArray(fc.tuple(fc.string(), fc.string()), { selector: ([name]) => name, maxLength: 6 });
    fc.assert(
      fc.property(pairs, (query) => {
        const sign = (ordered: typeof query) =>
          canonicalRequest({ method: "GET", path: "/x", query: ordered, headers: { host: "h", "x-bce-date": "d" } })
            .text;
        assert.equal(sign(query), sign([...query].reverse()));
      }),
    );
  });

  it("encodes so that decoding gives the text back, with nothing left but unreserved characters", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        assert.match(encode(text), /^([A-Za-z0-9\-_.~]|%[0-9A-F]{2})*$/);
        assert.equal(decodeURIComponent(encode(text)), text.toWellFormed());
      }),
    );
  });

  it("writes times in whole seconds", () => {
    assert.equal(bceTime(TIME + 999), "2023-11-14T22:13:20Z");
  });
});
