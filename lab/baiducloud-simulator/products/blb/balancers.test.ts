import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type BalancerScene, createBalancerScene, PREPAID } from "../../testing/balancers.ts";

type Row = Readonly<Record<string, unknown>>;

/** What both families do alike: each test runs for both. */
for (const family of ["blb", "appblb"] as const) {
  const path = `/v1/${family}`;
  const detail = (scene: BalancerScene, id: string) => scene.must<Row>(`GET ${path}/${id}`);
  const list = async (scene: BalancerScene, query: string) =>
    (await scene.must<{ blbList: Row[] }>(`GET ${path}?${query}`)).blbList;

  describe(`a load balancer of ${family}`, () => {
    it("is creating at first, and is shown as the cloud shows it", async () => {
      const scene = createBalancerScene();
      const { vpcId, subnetIds } = scene.simulator;
      const eip = await scene.address();
      const spec = {
        vpcId,
        subnetId: subnetIds[0],
        name: "web",
        desc: "d",
        eip,
        allocateIpv6: true,
        clusterProperty: "",
      };
      const made = await scene.must<Row>(`POST ${path}`, spec);
      const id = String(made.blbId);
      assert.match(id, /^lb-/);
      assert.equal((await detail(scene, id)).status, "creating");
      assert.equal(await scene.end(`PUT ${path}/${id}`, { name: "x" }), "409 OperationDenied");
      await scene.settle();
      const [listed] = await list(scene, `blbId=${id}`);
      assert.deepEqual(
        [listed?.status, listed?.publicIp, listed?.subnetId, listed?.allowModify, listed?.paymentTiming],
        ["available", eip, subnetIds[0], true, "Postpaid"],
      );
      const shown = await detail(scene, id);
      assert.deepEqual([shown.ipv6, shown.listener, shown.releaseTime], [made.ipv6, [], ""]);
      assert.equal("subnetId" in shown, false);
      if (family === "appblb") {
        assert.equal(shown.supportAcl, false);
        assert.match(String(shown.subnetCider), /\/\d+$/);
      }
    });

    it("is refused where it cannot be", async () => {
      const scene = createBalancerScene({ quotas: { blbs: 1 } });
      const { vpcId, subnetIds } = scene.simulator;
      const spec = { vpcId, subnetId: subnetIds[0] };
      const rows = [
        [{ ...spec, vpcId: "vpc-none" }, "404 NoSuchObject"],
        [{ ...spec, subnetId: "sbn-none" }, "404 NoSuchObject"],
        [{ vpcId }, "400 InappropriateJSON"],
        [{ ...spec, address: "8.8.8.8" }, "400 BadRequest"],
        [{ ...spec, eip: "127.1.1.1" }, "404 NoSuchObject"],
        [{ ...spec, type: "round" }, "400 BadRequest"],
        [
          { ...spec, performanceLevel: "unlimited", billing: { paymentTiming: "Postpaid", billingMethod: "BySpec" } },
          "400 BadRequest",
        ],
        [{ ...spec, billing: { paymentTiming: "Postpaid", billingMethod: "ByMood" } }, "400 BadRequest"],
      ] as const;
      for (const [body, expected] of rows) assert.equal(await scene.end(`POST ${path}`, body), expected);
      const id = await scene.balancer(family, { address: "192.168.0.100" });
      assert.equal((await detail(scene, id)).address, "192.168.0.100");
      assert.equal(await scene.end(`POST ${path}`, spec), "403 QuotaLimitExceeded");
      const other = family === "blb" ? "appblb" : "blb";
      assert.equal(await scene.end(`POST /v1/${other}`, spec), "403 QuotaLimitExceeded", "the families share a quota");
    });

    it("has an address that nobody else has", async () => {
      const scene = createBalancerScene();
      const first = await detail(scene, await scene.balancer(family));
      const { vpcId, subnetIds } = scene.simulator;
      const spec = { vpcId, subnetId: subnetIds[0], address: first.address };
      assert.equal(await scene.end(`POST ${path}`, spec), "409 PrivateIpInUseException");
    });

    it("is unknown to the other family", async () => {
      const scene = createBalancerScene();
      const id = await scene.balancer(family);
      const other = family === "blb" ? "/v1/appblb" : "/v1/blb";
      for (const call of [`GET ${other}/${id}`, `DELETE ${other}/${id}`, `GET ${other}/${id}/listener`])
        assert.equal(await scene.end(call), "404 NoSuchObject", call);
      assert.deepEqual((await scene.must<{ blbList: Row[] }>(`GET ${other}`)).blbList, []);
    });

    it("is found by parts of its name, or exactly, and by pages", async () => {
      const scene = createBalancerScene();
      const ids = [
        await scene.balancer(family, { name: "web" }),
        await scene.balancer(family, { name: "web-2" }),
      ].sort();
      const six = await scene.balancer(family, { name: "six", type: family === "blb" ? "ipv6" : "ipv6Application" });
      const names = async (query: string) => (await list(scene, query)).map(({ name }) => name).sort();
      assert.deepEqual(await names("name=web"), ["web", "web-2"]);
      assert.deepEqual(await names("name=web&exactlyMatch=true"), ["web"]);
      assert.deepEqual(
        await names(`name=web-2&blbId=${ids[0]}`),
        (await detail(scene, ids[0] ?? "")).name === "web-2" ? ["web-2"] : [],
      );
      assert.deepEqual(await names(family === "blb" ? "type=ipv6" : "type=ipv6Application"), ["six"]);
      assert.match(String((await detail(scene, six)).address), /:/);
      assert.deepEqual(await names("bccId=i-none"), []);
      const page = (query: string) =>
        scene.must<{ blbList: Row[]; nextMarker?: string; isTruncated: boolean }>(`GET ${path}?${query}`);
      const first = await page("maxKeys=1");
      const second = await page(`maxKeys=1&marker=${first.nextMarker}`);
      assert.deepEqual(
        [first, second].map(({ blbList }) => blbList[0]?.blbId),
        ids,
      );
      assert.deepEqual([first.isTruncated, second.isTruncated], [true, false]);
    });

    it("is changed one step at a time", async () => {
      const scene = createBalancerScene();
      const id = await scene.balancer(family);
      await scene.must(`PUT ${path}/${id}`, { name: "other", desc: "new", allocateIpv6: true });
      assert.equal((await detail(scene, id)).status, "updating");
      assert.equal(await scene.end(`PUT ${path}/${id}`, { name: "more" }), "409 OperationDenied");
      assert.equal(await scene.end(`DELETE ${path}/${id}`), "409 OperationDenied");
      await scene.settle();
      const { name, desc, ipv6, status } = await detail(scene, id);
      assert.deepEqual([name, desc, status], ["other", "new", "available"]);
      assert.match(String(ipv6), /:/);
      assert.equal(await scene.end(`PUT ${path}/lb-none`, { name: "x" }), "404 NoSuchObject");
    });

    it("is deleted with all it has, unless it is protected", async () => {
      const scene = createBalancerScene();
      const subnetPath = `GET /v1/subnet/${scene.simulator.subnetIds[0]}`;
      const free = async () => (await scene.must<{ subnet: { availableIp: number } }>(subnetPath)).subnet.availableIp;
      const before = await free();
      const id = await scene.balancer(family, { allowDelete: false });
      assert.equal(await scene.end(`DELETE ${path}/${id}`), "403 OperationDenied");
      await scene.done(`PUT ${path}/${id}`, { allowDelete: true });
      await scene.must(`DELETE ${path}/${id}`);
      assert.equal(await scene.end(`GET ${path}/${id}`), "404 NoSuchObject");
      assert.equal(await scene.end(`DELETE ${path}/${id}`), "404 NoSuchObject");
      assert.deepEqual(await list(scene, ""), []);
      assert.equal(await free(), before, "its address is free again");
    });

    it("is resized, and its terms change", async () => {
      const scene = createBalancerScene();
      const { must, done, end } = scene;
      const id = await scene.balancer(family);
      const terms = async () => {
        const { paymentTiming, billingMethod, performanceLevel, expireTime } = await detail(scene, id);
        return [paymentTiming, billingMethod, performanceLevel, expireTime === "" ? "" : "term"];
      };
      const charge = `POST /v1/blb/${id}/charge?action=`;
      assert.match(
        String((await done<Row>(`POST /v1/blb/${id}?action=RESIZE`, { performanceLevel: "small2" })).orderId),
        /^\w{32}$/,
      );
      assert.deepEqual(await terms(), ["Postpaid", "", "small2", ""]);
      assert.equal(await end(`POST /v1/blb/${id}?action=RESIZE`, { performanceLevel: "unlimited" }), "400 BadRequest");
      assert.equal(await end(`POST /v1/blb/lb-none?action=RESIZE`, { performanceLevel: "small1" }), "404 NoSuchObject");
      assert.equal(await end(`${charge}TO_POSTPAY`, { billingMethod: "BySpec" }), "409 OperationDenied");
      assert.equal(await end(`PUT /v1/blb/autoRenew/${id}`, { autoRenewLength: 1 }), "409 OperationDenied");
      assert.equal(await end(`PUT /v1/blb/refund/${id}`), "409 OperationDenied");
      assert.equal(
        await end(`${charge}TO_PREPAY`, { billingMethod: "BySpec", reservationLength: 11 }),
        "400 BadRequest",
      );
      await done(`${charge}TO_PREPAY`, { billingMethod: "BySpec", reservationLength: 2 });
      assert.deepEqual(await terms(), ["Prepaid", "BySpec", "small2", "term"]);
      assert.equal(await end(`${charge}TO_PREPAY`, { reservationLength: 1 }), "409 OperationDenied");
      await done(`PUT /v1/blb/autoRenew/${id}`, { autoRenewLength: 1, autoRenewTimeUnit: "month" });
      assert.equal(await end(`DELETE ${path}/${id}`), "409 OperationDenied");
      await done(`${charge}TO_POSTPAY`, { billingMethod: "BySpec" });
      assert.deepEqual(await terms(), ["Prepaid", "BySpec", "small2", "term"], "when the term ends, not before");
      await done(`${charge}CANCEL_TO_POSTPAY`);
      assert.equal(await end(`${charge}CANCEL_TO_POSTPAY`), "409 OperationDenied");
      await done(`${charge}TO_POSTPAY`, { billingMethod: "ByCapacityUnit", effectiveImmediately: true });
      assert.deepEqual(await terms(), ["Postpaid", "ByCapacityUnit", "unlimited", ""]);
      const prepaid = await scene.balancer(family, {
        billing: { ...PREPAID, billingMethod: "BySpec" },
        performanceLevel: "small1",
      });
      await must(`PUT /v1/blb/refund/${prepaid}`);
      assert.equal(await end(`GET ${path}/${prepaid}`), "404 NoSuchObject");
    });

    it("heeds the ACLs of subnets, and protects itself at the console, when it is told to", async () => {
      const scene = createBalancerScene();
      const id = await scene.balancer(family);
      await scene.done(`PUT /v1/blb/acl/${id}`, { supportAcl: true });
      if (family === "appblb") assert.equal((await detail(scene, id)).supportAcl, true);
      await scene.done(`PUT /v1/blb/modification_protection/${id}`, {
        allowModify: false,
        modificationProtectionReason: "mine",
      });
      const { allowModify, modificationProtectionReason } = await detail(scene, id);
      assert.deepEqual([allowModify, modificationProtectionReason], [false, "mine"]);
      assert.equal(await scene.end(`PUT ${path}/${id}`, { name: "still" }), "200", "the API does not heed it");
      assert.equal(await scene.end(`PUT /v1/blb/acl/${id}`, { supportAcl: false }), "409 OperationDenied");
      assert.equal(await scene.end("PUT /v1/blb/acl/lb-none", {}), "404 NoSuchObject");
      assert.equal(
        await scene.end(`PUT /v1/blb/modification_protection/lb-none`, { allowModify: true }),
        "404 NoSuchObject",
      );
    });

    it("has security groups of both kinds: binding adds, unbinding removes", async () => {
      const scene = createBalancerScene();
      const { must, done, end } = scene;
      const id = await scene.balancer(family);
      const at = `/v1/blb/${id}/securitygroup`;
      const rules = [{ direction: "ingress", protocol: "tcp", portRange: "80", sourceIp: "10.0.0.0/8" }];
      const group = async (name: string) =>
        (await must<Row>("POST /v2/securityGroup", { name, vpcId: scene.simulator.vpcId, rules })).securityGroupId;
      const [a, b] = [await group("a"), await group("b")];
      assert.deepEqual(await must(`GET ${at}`), { blbSecurityGroups: [] });
      await must(`PUT ${at}?bind`, { securityGroupIds: [a] });
      assert.equal(await end(`PUT ${at}?bind`, { securityGroupIds: [b] }), "409 OperationDenied");
      await scene.settle();
      await done(`PUT ${at}?bind`, { securityGroupIds: [a, b] });
      const groups = async () => (await must<{ blbSecurityGroups: Row[] }>(`GET ${at}`)).blbSecurityGroups;
      assert.deepEqual(
        (await groups()).map(({ securityGroupId }) => securityGroupId),
        [a, b],
      );
      const [rule] = ((await groups())[0]?.securityGroupRules ?? []) as Row[];
      assert.deepEqual([rule?.direction, rule?.sourceIp, rule?.portRange], ["ingress", "10.0.0.0/8", "80"]);
      await done(`PUT ${at}?unbind`, { securityGroupIds: [a] });
      assert.equal(await end(`PUT ${at}?unbind`, { securityGroupIds: [a] }), "409 OperationDenied");
      assert.equal(await end(`PUT ${at}?bind`, { securityGroupIds: ["g-none"] }), "404 NoSuchObject");
      assert.equal(await end(`PUT ${at}?bind`, { securityGroupIds: [] }), "400 InappropriateJSON");
      assert.deepEqual(
        (await groups()).map(({ securityGroupId }) => securityGroupId),
        [b],
      );
      assert.match(await end(`DELETE /v2/securityGroup/${b}`), /^4/, "a group in use stays");
      const { vpcId } = await must<Row>("POST /v1/vpc", { name: "far", cidr: "10.9.0.0/16" });
      const far = (await must<Row>("POST /v2/securityGroup", { name: "far", vpcId, rules })).securityGroupId;
      assert.equal(await end(`PUT ${at}?bind`, { securityGroupIds: [far] }), "400 BadRequest");

      const more = `/v1/blb/${id}/enterprise/securitygroup`;
      const enterprise = { name: "e", rules: [{ direction: "ingress", action: "allow", priority: 1 }] };
      const { enterpriseSecurityGroupId } = await must<Row>("POST /v1/enterprise/security", enterprise);
      const ids = { enterpriseSecurityGroupIds: [enterpriseSecurityGroupId] };
      assert.deepEqual(await must(`GET ${more}`), { enterpriseSecurityGroups: [] });
      await done(`PUT ${more}?bind`, ids);
      const { enterpriseSecurityGroups } = await must<{ enterpriseSecurityGroups: Row[] }>(`GET ${more}`);
      assert.equal(enterpriseSecurityGroups[0]?.enterpriseSecurityGroupName, "e");
      assert.match(JSON.stringify(enterpriseSecurityGroups[0]?.enterpriseSecurityGroupRules), /"priority":1/);
      await done(`PUT ${more}?unbind`, ids);
      assert.equal(await end(`PUT ${more}?unbind`, ids), "409 OperationDenied");
      assert.equal(await end(`PUT ${more}?bind`, { enterpriseSecurityGroupIds: ["esg-none"] }), "404 NoSuchObject");
      assert.equal(await end("GET /v1/blb/lb-none/securitygroup"), "404 NoSuchObject");
      assert.equal(await end("GET /v1/blb/lb-none/enterprise/securitygroup"), "404 NoSuchObject");
    });
  });
}

it("a new load balancer may be missing from lists for a while", async () => {
  const scene = createBalancerScene({ timings: { blbListLag: 10_000 } });
  const id = await scene.balancer("blb");
  const count = async () => (await scene.must<{ blbList: Row[] }>("GET /v1/blb")).blbList.length;
  assert.equal(await count(), 0);
  assert.equal((await scene.must<Row>(`GET /v1/blb/${id}`)).status, "available");
  await scene.settle(10_000);
  assert.equal(await count(), 1);
});

it("load balancers have prices, in texts", async () => {
  const { must, end } = createBalancerScene();
  const body = { blbType: "normal", performanceLevel: "small1", count: 2, billing: PREPAID };
  const { prices } = await must<{ prices: Row[] }>("POST /v1/blb/price", body);
  assert.deepEqual(prices, [
    { chargeItem: "spec", discountPrice: "200.00000", originalPrice: "200.00000", chargeUnit: "month" },
  ]);
  assert.equal(await end("POST /v1/blb/price", { ...body, blbType: "round" }), "400 BadRequest");
});
