import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { jsonResponse, Secret, seededRandom } from "@ccm/base";
import fc from "fast-check";
import { createBceClient } from "./client.ts";
import { clientToken } from "./client-token.ts";
import { staticCredentials } from "./credentials.ts";
import { isBceError } from "./error.ts";
import { fakeCloud, refuse } from "./fake-cloud.ts";

const token = { clientToken: "t" };
const ids = (count: number) => Array.from({ length: count }, (_, i) => `i-${i}`);

/** What a call puts on the wire, as "METHOD target body". */
async function wire(act: (client: ReturnType<typeof fakeCloud>["client"]) => Promise<unknown>, answer: unknown = {}) {
  const cloud = fakeCloud(() => jsonResponse(200, answer));
  await cloud.settled(act(cloud.client));
  return cloud.asked.map(({ method, target, headers, body }) =>
    [headers.host?.split(".")[0], method, target, ...(body === undefined ? [] : [JSON.stringify(body)])].join(" "),
  );
}

describe("calls on the wire", () => {
  const listener = { listenerType: "TCP", listenerPort: 80, backendPort: 30080, scheduler: "RoundRobin" } as const;
  for (const [name, act, expected, answer] of [
    ["an exact name", (c) => c.blb.list({ name: "a b" }), "blb GET /v1/blb?name=a%20b&exactlyMatch=true&maxKeys=1000"],
    ["a load balancer by id", (c) => c.blb.list({ blbId: "lb-1" }), "blb GET /v1/blb?blbId=lb-1&maxKeys=1000"],
    [
      "quotas",
      (c) => c.quotas.list("EIP"),
      "quota-center GET /v1/quota_center?type=QUOTA&serviceType=EIP&region=bj&maxKeys=1000",
    ],
    ["delete", (c) => c.blb.delete("lb-1", token), "blb DELETE /v1/blb/lb-1?clientToken=t"],
    [
      "create a listener",
      (c) => c.blb.createListener("lb-1", listener, token),
      'blb POST /v1/blb/lb-1/TCPlistener?clientToken=t {"listenerPort":80,"backendPort":30080,"scheduler":"RoundRobin"}',
    ],
    [
      "update a listener, without what is undefined",
      (c) => c.blb.updateListener("lb-1", JSON_LIKE, token),
      'blb PUT /v1/blb/lb-1/UDPlistener?listenerPort=53&clientToken=t {"backendPort":1}',
    ],
    [
      "delete listeners, with their types",
      (c) => c.blb.deleteListeners("lb-1", [listener, { ...listener, listenerType: "UDP" }], token),
      'blb PUT /v1/blb/lb-1/listener?batchdelete&clientToken=t {"portTypeList":[{"port":80,"type":"TCP"},{"port":80,"type":"UDP"}]}',
    ],
    [
      "add backends",
      (c) => c.blb.addBackends("lb-1", [{ instanceId: "i-1", weight: 100 }], token),
      'blb POST /v1/blb/lb-1/backendserver?clientToken=t {"backendServerList":[{"instanceId":"i-1","weight":100}]}',
    ],
    [
      "update backends",
      (c) => c.blb.updateBackends("lb-1", [{ instanceId: "i-1", weight: 0 }], token),
      'blb PUT /v1/blb/lb-1/backendserver?update&clientToken=t {"backendServerList":[{"instanceId":"i-1","weight":0}]}',
    ],
    [
      "remove backends",
      (c) => c.blb.removeBackends("lb-1", ["i-1"], token),
      'blb PUT /v1/blb/lb-1/backendserver?clientToken=t {"backendServerList":["i-1"]}',
    ],
    [
      "backend health",
      (c) => c.blb.backendHealth("lb-1", 80),
      "blb GET /v1/blb/lb-1/backendserver?listenerPort=80&maxKeys=1000",
    ],
    [
      "bind an EIP",
      (c) => c.eip.bind("1.2.3.4", { instanceType: "BLB", instanceId: "lb-1" }, token),
      'eip PUT /v1/eip/1.2.3.4?bind&clientToken=t {"instanceType":"BLB","instanceId":"lb-1"}',
    ],
    ["unbind an EIP", (c) => c.eip.unbind("1.2.3.4", token), "eip PUT /v1/eip/1.2.3.4?unbind&clientToken=t"],
    [
      "resize an EIP",
      (c) => c.eip.resize("1.2.3.4", 5, token),
      'eip PUT /v1/eip/1.2.3.4?resize&clientToken=t {"newBandwidthInMbps":5}',
    ],
    ["release an EIP", (c) => c.eip.release("1.2.3.4", token), "eip DELETE /v1/eip/1.2.3.4?clientToken=t"],
    ["the route table", (c) => c.vpc.routeTable("vpc-1"), "bcc GET /v1/route?vpcId=vpc-1", { routeTableId: "rt-1" }],
    ["route rules", (c) => c.vpc.listRouteRules({ vpcId: "vpc-1" }), "bcc GET /v1/route/rule?vpcId=vpc-1&maxKeys=1000"],
    ["delete a rule", (c) => c.vpc.deleteRouteRule("rr-1", token), "bcc DELETE /v1/route/rule/rr-1?clientToken=t"],
    [
      "subnets",
      (c) => c.vpc.listSubnets({ vpcId: "vpc-1", subnetIds: ["s1", "s2"] }),
      "bcc GET /v1/subnet?vpcId=vpc-1&subnetIds=s1%2Cs2&maxKeys=1000",
    ],
    ["an instance", (c) => c.bcc.get("i-1"), "bcc GET /v2/instance/i-1", { instance: { id: "i-1" } }],
    [
      "cluster instances",
      (c) => c.cce.listInstances("cce-1"),
      "cce GET /v2/cluster/cce-1/instances?pageNo=1&pageSize=100",
      { instancePage: { instanceList: null, totalCount: 0 } },
    ],
  ] satisfies readonly (readonly [
    string,
    (c: ReturnType<typeof fakeCloud>["client"]) => Promise<unknown>,
    string,
    unknown?,
  ])[]) {
    it(`are what the API documents: ${name}`, async () => assert.deepEqual(await wire(act, answer), [expected]));
  }

  it("combine the filters of a list of instances, in batches of 100", async () => {
    const sent = await wire((c) => c.bcc.list({ vpcId: "v", ids: ids(150), names: ["a"] }));
    assert.equal(sent.length, 2);
    assert.ok(sent.every((line) => line.includes("vpcId=v") && line.includes("instanceNames=a")));
    assert.deepEqual(await wire((c) => c.bcc.list({ ids: [] })), []);
  });

  it("go to the endpoints that were given, VPC with BCC, and else to the product's host in any region", async () => {
    const { clock, settled } = fakeCloud(() => jsonResponse(200, {}));
    const urls: string[] = [];
    const make = (endpoints: Readonly<Record<string, string>>) =>
      createBceClient({
        region: "a-new-region",
        endpoints,
        credentials: staticCredentials({ accessKeyId: "a", secretAccessKey: new Secret("s") }),
        send: async ({ url }) => {
          urls.push(url);
          return jsonResponse(200, {});
        },
        clock,
        random: seededRandom(1),
      });
    const client = make({ bcc: "http://127.0.0.1:8080/" });
    await settled(client.vpc.listRouteRules({ vpcId: "v" }));
    await settled(client.eip.list());
    assert.deepEqual(urls, [
      "http://127.0.0.1:8080/v1/route/rule?vpcId=v&maxKeys=1000",
      "https://eip.a-new-region.baidubce.com/v1/eip?maxKeys=1000",
    ]);
    for (const bcc of ["127.0.0.1:8080", "http://h/base", "http://user:password@h", "ftp://h", ""]) {
      assert.throws(
        () => make({ bcc }),
        (error: unknown) =>
          error instanceof TypeError && /endpoint of bcc/.test(error.message) && !/password/.test(error.message),
      );
    }
  });
});

describe("look-ups by id", () => {
  it("ask for 100 at a time, each id once", async () => {
    const cloud = fakeCloud(({ body }) =>
      jsonResponse(200, { instances: (body as { instanceIds: string[] }).instanceIds.map((id) => ({ id })) }),
    );
    const { value } = await cloud.settled(cloud.client.bcc.listByIds([...ids(250), ...ids(50)]));
    assert.deepEqual(
      value?.map(({ id }) => id),
      ids(250),
    );
    assert.equal(cloud.asked.length, 3);
  });

  it("leave unknown ids out even where the API refuses the whole call for one of them", async () => {
    const cloud = fakeCloud(({ method }) =>
      method === "POST" ? refuse(400, "NoSuchObject") : jsonResponse(200, { instances: [{ id: "i-0" }] }),
    );
    assert.deepEqual((await cloud.settled(cloud.client.bcc.listByIds(["i-0", "i-gone"]))).value, [{ id: "i-0" }]);
  });
});

describe("row 36: pages by marker", () => {
  it("are followed to the end, whatever their number", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 1, max: 9 }), async (count, size) => {
        const all = ids(count).map((id) => ({ id }));
        const cloud = fakeCloud(({ query }) => {
          const from = Number(query.get("marker") ?? 0);
          const more = from + size < count;
          const page = { instances: all.slice(from, from + size), isTruncated: more };
          return jsonResponse(200, more ? { ...page, nextMarker: String(from + size) } : page);
        });
        assert.deepEqual((await cloud.settled(cloud.client.bcc.list())).value, all);
      }),
      { numRuns: 30 },
    );
  });

  it("take null and absent for an empty list", async () => {
    for (const answer of [{ blbList: null }, {}, { blbList: [], isTruncated: null, unknown: 1 }]) {
      const cloud = fakeCloud(() => jsonResponse(200, answer));
      assert.deepEqual(await cloud.settled(cloud.client.blb.list()), { value: [] });
    }
  });

  for (const [name, most, page] of [
    ["the same marker for ever", 2, () => ({ blbList: [{}], isTruncated: true, nextMarker: "m" })],
    ["two markers in turn", 3, (n) => ({ blbList: [{}], isTruncated: true, nextMarker: `m${n % 2}` })],
    ["a new marker for ever", 1000, (n) => ({ blbList: [], isTruncated: true, nextMarker: `m${n}` })],
    ["truncated without a marker", 1, () => ({ blbList: [{}], isTruncated: true })],
    ["a marker that is not text", 1, () => ({ blbList: [{}], isTruncated: true, nextMarker: 7 })],
    ["no list", 1, () => ({ blbList: {} })],
    ["a hole in the list", 1, () => ({ blbList: [{}, null] })],
  ] satisfies readonly (readonly [string, number, (n: number) => unknown])[]) {
    it(`are an error, not a shorter list, when the server is broken: ${name}`, async () => {
      const limits = { default: { perSecond: 1e6, burst: 1e6 } };
      const cloud = fakeCloud((_, nth) => jsonResponse(200, page(nth)), { limits, retries: 0 });
      const { error } = await cloud.settled(cloud.client.blb.list());
      assert.ok(isBceError(error, "unavailable"), String(error));
      assert.equal(cloud.asked.length, most);
    });
  }
});

describe("row 36: pages by number", () => {
  const nodes = (count: number) =>
    ids(count).map((instanceID) => ({ spec: { machineType: "BCC" }, status: { machine: { instanceID } } }));
  const serve = (pageOf: (pageNo: number) => unknown) =>
    fakeCloud(({ query }) => jsonResponse(200, { instancePage: pageOf(Number(query.get("pageNo"))) }));
  const slice = (count: number, pageNo: number) => nodes(count).slice((pageNo - 1) * 100, pageNo * 100);

  it("are followed to the total, or without one to a short page", async () => {
    for (const count of [0, 1, 100, 250]) {
      for (const totalCount of [count, undefined]) {
        const cloud = serve((pageNo) => ({ instanceList: slice(count, pageNo), totalCount }));
        const { value } = await cloud.settled(cloud.client.cce.listInstances("cce-1"));
        assert.deepEqual(
          value?.map(({ instanceId }) => instanceId),
          ids(count),
        );
      }
    }
  });

  it("are an error when the server is broken: pages repeat, end early, or are none", async () => {
    for (const page of [
      () => ({ instanceList: slice(100, 1), totalCount: 250 }),
      (pageNo: number) => ({ instanceList: slice(150, pageNo), totalCount: 250 }),
      () => undefined,
      () => ({ instanceList: "none" }),
    ]) {
      const cloud = serve(page);
      const { error } = await cloud.settled(cloud.client.cce.listInstances("cce-1"));
      assert.ok(isBceError(error, "unavailable"), String(error));
    }
  });
});

describe("what a create answers", () => {
  it("is ambiguous without an id: the work was done", async () => {
    const cloud = fakeCloud(() => jsonResponse(200, {}));
    const spec = { name: "a", bandwidthInMbps: 1, billing: { paymentTiming: "Postpaid" } } as const;
    assert.ok(isBceError((await cloud.settled(cloud.client.eip.create(spec, token))).error, "ambiguous"));
  });
});

describe("clientToken", () => {
  it("is the same for the same purpose, within the API's limit, and tells purposes apart", () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.array(fc.string()), (a, b) => {
        assert.match(clientToken(...a), /^[\x21-\x7e]{1,64}$/);
        assert.equal(clientToken(...a), clientToken(...a));
        assert.equal(clientToken(...a) === clientToken(...b), JSON.stringify(a) === JSON.stringify(b));
      }),
    );
    assert.notEqual(clientToken("ab", "c"), clientToken("a", "bc"));
  });
});

const JSON_LIKE = {
  listenerType: "UDP",
  listenerPort: 53,
  backendPort: 1,
  ...({ scheduler: undefined } as object),
} as const;
