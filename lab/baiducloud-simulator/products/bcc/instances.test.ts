import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { type Instance, withInstances } from "../../testing/instances.ts";
import { createTour } from "../../testing/tour.ts";

describe("instances are created", () => {
  it("Starting, then Running, with what was asked for", async () => {
    const { create, get, settle, refused, vpcId, subnetId } = await withInstances();
    const tags = [{ tagKey: "k", tagValue: "v" }];
    const [id = ""] = await create({ tags, internalIps: ["10.0.1.40"], hostname: "web-1", deletionProtection: "0" });
    const made = await get(id);
    assert.equal(made.status, "Starting");
    assert.deepEqual(
      [made.internalIp, made.hostname, made.vpcId, made.subnetId],
      ["10.0.1.40", "web-1", vpcId, subnetId],
    );
    assert.deepEqual([made.cpuCount, made.memoryCapacityInGB, made.cardCount, made.eniNum], [2, 8, "0", "0"]);
    assert.deepEqual(made.tags, tags);
    const nic = made.nicInfo as { ips: Record<string, unknown>[]; securityGroups: string[]; deviceId: string };
    assert.deepEqual([nic.ips[0]?.privateIp, nic.ips[0]?.primary], ["10.0.1.40", "true"]);
    assert.deepEqual([nic.securityGroups.length, nic.deviceId], [1, made.serialNumber]);
    await refused("409 Instance.ReleaseWhileCreating", `DELETE /v2/instance/${id}`);
    await refused("409 Instance.StartInstanceWhenCreating", `PUT /v2/instance/${id}?start`);
    await settle();
    assert.equal((await get(id)).status, "Running");
  });

  it("several at once with numbers in their names, once for a token", async () => {
    const { ok, body, list } = await withInstances();
    const make = () =>
      ok<{ instanceIds: string[]; warningList: string[] }>("POST /v2/instanceBySpec?clientToken=t", {
        ...body,
        purchaseCount: 3,
      });
    const first = await make();
    assert.deepEqual(await make(), first);
    assert.equal(new Set(first.instanceIds).size, 3);
    assert.deepEqual((await list("fuzzyInstanceName=web-")).sort(), ["web-1", "web-2", "web-3"]);
    const headers = { "x-request-token": "h" };
    const twice = [
      await ok("POST /v2/instanceBySpec", body, { headers }),
      await ok("POST /v2/instanceBySpec", body, { headers }),
    ];
    assert.deepEqual(twice[0], twice[1]);
  });

  it("by the older and newer calls as well", async () => {
    const { ok, body, get, settle } = await withInstances();
    const { spec: _, ...rest } = body;
    const old = await ok<{ instanceIds: string[] }>("POST /v2/instance", {
      ...rest,
      cpuCount: 4,
      memoryCapacityInGB: 16,
    });
    assert.equal((await get(old.instanceIds[0] ?? "")).spec, "bcc.g5.c4m16");
    await ok("POST /v2/instanceByLabel", { ...body, labelConstraints: [] });
    const bid = await ok<{ instanceIds: string[] }>("POST /v2/instance/bid", { ...body, bidModel: "market" });
    assert.equal((await get(bid.instanceIds[0] ?? "")).paymentTiming, "bidding");
    const v3 = await ok<{ instanceIds: string[] }>("POST /v3/instance", {
      instanceSpec: body.spec,
      imageId: body.imageId,
      instanceName: "new",
      subnetId: body.subnetId,
      dataVolumes: [{ storageType: "Cloud_Premium", volumeSize: 50 }],
      internetAccessible: { internetMaxBandwidthOut: 5, internetChargeType: "TRAFFIC_POSTPAID_BY_HOUR" },
      billing: {},
    });
    await settle();
    const made = await get(v3.instanceIds[0] ?? "");
    assert.deepEqual([made.name, made.networkCapacityInMbps], ["new", 5]);
    assert.match(String(made.publicIp), /^127\.100\./);
    assert.deepEqual(
      (made.volumes as { type: string; diskSizeInGB: number }[]).map((disk) => [disk.type, disk.diskSizeInGB]),
      [
        ["System", 20],
        ["Cds", 50],
      ],
    );
  });

  it("not with what does not exist or is used up, and then none of them", async () => {
    const { refused, body, ok, simulator } = await withInstances(createTour({ quotas: { instances: 3 } }));
    const post = "POST /v2/instanceBySpec";
    await refused("404 NoSuchObject", post, { ...body, imageId: "m-none0000" });
    await refused("400 BadRequest", post, { ...body, spec: "bcc.none" });
    await refused("404 NoSuchObject", post, { ...body, subnetId: "sbn-none" });
    await refused("400 BadRequest", post, { ...body, zoneName: "cn-bj-b" });
    await refused("404 Keypair.KeypairNotExist", post, { ...body, keypairId: "k-none" });
    await refused("404 NoSuchObject", post, { ...body, securityGroupIds: ["g-none"] });
    await refused("400 BadRequest", post, { ...body, name: "1-bad" });
    await refused("400 InappropriateJSON", post, { ...body, imageId: undefined });
    await refused("403 QuotaLimitExceeded", post, { ...body, purchaseCount: 4 });
    await ok(post, { ...body, internalIps: ["10.0.1.9"] });
    const clash = { ...body, purchaseCount: 2, internalIps: ["10.0.1.10", "10.0.1.9"] };
    await refused("409 PrivateIpInUseException", post, clash);
    assert.equal(simulator.inventory().instances.length, 1);
  });
});

describe("instances are switched", () => {
  it("off and on, and only from the right state", async () => {
    const { ok, refused, settle, running, get } = await withInstances();
    const id = await running();
    const path = `PUT /v2/instance/${id}`;
    await refused("409 Instance.StartInstanceOperationForbidden", `${path}?start`);
    await ok(`${path}?stop`, { forceStop: false, stopWithNoCharge: true });
    assert.deepEqual([(await get(id)).status, (await get(id)).chargeStatus], ["Stopping", "STOPPED_NOT_CHARGING"]);
    await refused("409 Instance.StopInstanceOperationForbidden", `${path}?stop`, {});
    await settle();
    assert.equal((await get(id)).status, "Stopped");
    const free = await ok<{ instances: Instance[] }>("GET /v2/instance/noCharge");
    assert.deepEqual(
      free.instances.map((one) => one.id),
      [id],
    );
    await refused("409 Instance.RebootInstanceOperationForbidden", `${path}?reboot`, {});
    await ok(`${path}?start`);
    assert.equal((await get(id)).status, "Starting");
    await settle();
    assert.deepEqual([(await get(id)).status, (await get(id)).chargeStatus], ["Running", "IS_CHARGING"]);
    const result = await ok<{ failedInstanceIdList: string[] }>(`${path}?reboot`, { forceStop: true });
    assert.deepEqual(result.failedInstanceIdList, []);
    assert.equal((await get(id)).status, "Starting");
    await refused("404 NoSuchObject", "PUT /v2/instance/i-none0000?start");
  });

  it("many at once; those that cannot be are named", async () => {
    const { ok, refused, settle, create, get } = await withInstances();
    const [a = "", b = ""] = await create({ purchaseCount: 2 });
    await settle();
    const batch = (action: string, instanceIds: string[]) =>
      ok<{ failedInstanceIdList: string[] }>(`PUT /v2/instance/batchAction?${action}`, { instanceIds });
    assert.deepEqual((await batch("stop", [a])).failedInstanceIdList, []);
    assert.deepEqual((await batch("reboot", [a, b])).failedInstanceIdList, [a]);
    await settle();
    assert.deepEqual((await batch("start", [a, b])).failedInstanceIdList, [b]);
    assert.deepEqual([(await get(a)).status, (await get(b)).status], ["Starting", "Running"]);
    await refused("404 NoSuchObject", "PUT /v2/instance/batchAction?stop", { instanceIds: [a, "i-none0000"] });
  });

  it("off without charge only where that is offered", async () => {
    const { refused, running } = await withInstances();
    const billing = { paymentTiming: "Prepaid", reservation: { reservationLength: 1 } };
    const prepaid = await running({ billing });
    const ebc = await running({ spec: "ebc.l5c.c128m256.1d" });
    const stop = { stopWithNoCharge: true };
    await refused("403 Bcc.PrePayCannotStopWithNoCharge", `PUT /v2/instance/${prepaid}?stop`, stop);
    await refused("403 Bcc.InstanceTypeNotSupportException", `PUT /v2/instance/${ebc}?stop`, stop);
    await refused("409 OperationDenied", `DELETE /v2/instance/${prepaid}`);
  });
});

describe("instances get", () => {
  it("another image, another size, each in its time", async () => {
    const { ok, refused, settle, running, get } = await withInstances();
    const id = await running();
    await ok(`PUT /v2/instance/${id}?rebuild`, { imageId: "m-lab00001", adminPass: "00" });
    assert.equal((await get(id)).status, "ImageProcessing");
    await refused("409 OperationDenied", `PUT /v2/instanceBySpec/${id}?resize`, { spec: "bcc.g5.c4m16" });
    await settle();
    assert.deepEqual([(await get(id)).status, (await get(id)).osName], ["Running", "CentOS"]);
    await ok("PUT /v2/instance/rebuild", { imageId: "m-lab00002", instanceIds: [id], adminPass: "00" });
    await settle();
    await ok(`PUT /v2/instance/${id}?stop`, {});
    await settle();
    await ok(`PUT /v2/instanceBySpec/${id}?resize`, { spec: "bcc.g5.c4m16" });
    assert.equal((await get(id)).status, "Scaling");
    await settle();
    assert.deepEqual([(await get(id)).status, (await get(id)).cpuCount], ["Stopped", 4]);
    await refused("409 OperationDenied", `PUT /v2/instanceBySpec/${id}?resize`, { spec: "bcc.g5.c4m16" });
    await ok(`PUT /v2/instance/${id}?resize`, { cpuCount: 8, memoryCapacityInGB: 32 });
    await settle();
    await refused("404 NoSuchObject", `PUT /v2/instance/${id}?rebuild`, { imageId: "m-none0000" });
  });

  it("names, descriptions, tags, protection and more", async () => {
    const { ok, refused, running, get } = await withInstances();
    const id = await running();
    const path = `/v2/instance/${id}`;
    await ok(`PUT ${path}?modifyAttribute`, { name: "new", netEthQueueCount: "4", enableJumboFrame: true });
    await ok(`PUT ${path}?modifyDesc`, { desc: "text" });
    await ok(`PUT ${path}?changeHostname`, { hostname: "other", reboot: false });
    await ok(`PUT ${path}?changePass`, { adminPass: "00" });
    await ok(`PUT ${path}/modifyRelatedDeletePolicy`, { isEipAutoRelatedDelete: true });
    const tag = (tagKey: string, tagValue: string) => ({ changeTags: [{ tagKey, tagValue }] });
    await ok(`PUT ${path}/tag?bind`, tag("a", "1"));
    await ok(`PUT ${path}/tag?bind`, tag("a", "2"));
    const many = { resourceType: "bccinstance", resourceIds: [id], tags: [{ tagKey: "b", tagValue: "" }] };
    await ok("POST /v3/bcc/tag?action=AttachTags", many);
    await ok("POST /v3/bcc/tag?action=DetachTags", many);
    const changed = await get(id);
    assert.deepEqual(
      [changed.name, changed.desc, changed.hostname, changed.netEthQueueCount, changed.isEipAutoRelatedDelete],
      ["new", "text", "other", "4", true],
    );
    assert.deepEqual(changed.tags, [{ tagKey: "a", tagValue: "2" }]);
    await ok(`PUT ${path}/tag?unbind`, tag("a", "2"));
    assert.deepEqual((await get(id)).tags, []);
    await refused("400 BadRequest", `PUT ${path}/deletionProtection`, { deletionProtection: 2 });
    await ok(`PUT ${path}/deletionProtection`, { deletionProtection: 1 });
    await refused("403 OperationDenied", `DELETE ${path}`);
    assert.match((await ok(`GET ${path}/vnc`)).vncUrl ?? "", /^https:/);
    assert.equal((await ok("POST /v2/instance/attribute/getUserdata", { instanceId: id })).userData, "");
  });

  it("a term, which ends, is renewed, or renews itself", async () => {
    const { ok, refused, settle, running, get } = await withInstances();
    const billing = { paymentTiming: "Prepaid", reservation: { reservationLength: 1, reservationTimeUnit: "month" } };
    const [id, self] = [await running({ billing }), await running({ billing })];
    const first = String((await get(id)).expireTime);
    assert.ok((await ok(`PUT /v2/instance/${id}?purchaseReserved`, { billing })).orderId);
    assert.ok(String((await get(id)).expireTime) > first);
    await ok("POST /v2/instance/batchCreateAutoRenewRules", { instanceId: self, renewTimeUnit: "month", renewTime: 1 });
    assert.deepEqual([(await get(self)).autoRenew, (await get(self)).autoRenewPeriod], [true, 1]);
    await settle(70 * 24 * 3_600_000);
    assert.deepEqual([(await get(id)).status, (await get(self)).status], ["Expired", "Running"]);
    await refused("409 Instance.StartExpiredInstance", `PUT /v2/instance/${id}?start`);
    await ok(`PUT /v2/instance/${id}?purchaseReserved`, { billing });
    assert.equal((await get(id)).status, "Running");
    await ok("POST /v2/instance/batchDeleteAutoRenewRules", { instanceId: self });
    assert.equal((await get(self)).autoRenew, false);
    const postpaid = await running();
    await refused("409 OperationDenied", `PUT /v2/instance/${postpaid}?purchaseReserved`, { billing });
  });

  it("released at the time that was set, unless that is taken back", async () => {
    const { ok, refused, running, settle, call } = await withInstances();
    const [gone, kept] = [await running(), await running()];
    await refused("400 BadRequest", `PUT /v2/instance/${gone}?autorelease`, { releaseTime: "1969-01-01T00:00:00Z" });
    for (const id of [gone, kept])
      await ok(`PUT /v2/instance/${id}?autorelease`, { releaseTime: "2100-01-01T00:00:00Z" });
    await ok(`PUT /v2/instance/${kept}?autorelease`, { releaseTime: "" });
    await settle(140 * 366 * 24 * 3_600_000);
    assert.equal((await call(`GET /v2/instance/${gone}`)).body.code, "NoSuchObject");
    assert.equal((await call(`GET /v2/instance/${kept}`)).status, 200);
  });
});

describe("instances are listed", () => {
  it("by every field alone and together", async () => {
    const { ok, running, list, refused, vpcId, get, settle } = await withInstances();
    const { keypair } = await ok<{ keypair: { keypairId: string } }>("POST /v2/keypair", { name: "key" });
    const tags = [{ tagKey: "team", tagValue: "a" }];
    const id = await running({
      name: "one",
      tags,
      internalIps: ["10.0.1.7"],
      keypairId: keypair.keypairId,
      isOpenIpv6: true,
    });
    await running({ name: "two" });
    const { ipv6, volumes, nicInfo } = await get(id);
    const disk = (volumes as { id: string }[])[0]?.id;
    const [group] = (nicInfo as { securityGroups: string[] }).securityGroups;
    const only = [
      `instanceIds=${id}`,
      "instanceNames=one",
      "internalIp=10.0.1.7",
      `vpcId=${vpcId}&privateIps=10.0.1.7`,
      `keypairId=${keypair.keypairId}`,
      "tags=team%3Aa",
      "tags=team",
      "fuzzyInstanceName=on",
      `ipv6Addresses=${String(ipv6).replaceAll(":", "%3A")}`,
      `volumeIds=${disk}`,
      `cdsIds=${disk}`,
    ];
    for (const query of only) assert.deepEqual(await list(query), ["one"], query);
    const both = [
      "status=Running",
      "zoneName=cn-bj-a",
      "paymentTiming=Postpaid",
      "autoRenew=false",
      `securityGroupIds=${group}`,
    ];
    for (const query of both) assert.deepEqual((await list(query)).sort(), ["one", "two"], query);
    for (const query of ["dedicateHostId=h", "deploySetIds=d", "ehcClusterId=e", "tags=team%3Ab"])
      assert.deepEqual(await list(query), [], query);
    await refused("400 BadRequest", `GET /v2/instance?vpcId=${vpcId}`);
    await refused("400 BadRequest", "GET /v2/instance?instanceNames=a&fuzzyInstanceName=b");
    const byIds = await ok<{ instances: Instance[] }>("POST /v2/instance/listByInstanceId", {
      instanceIds: [id, "i-none0000"],
      Marker: "",
      MaxKeys: 0,
    });
    assert.deepEqual(
      byIds.instances.map((one) => one.id),
      [id],
    );
    const tag = { tagKey: "team", tagValue: "" };
    const v3 = await ok<{ instances: Record<string, unknown>[] }>("POST /v3/instance/list", {
      ...{ keypairName: "key", subnetName: "s", vpcName: "net", tag },
      privateIpAddress: "10.0.1.7",
    });
    assert.deepEqual([v3.instances[0]?.instanceId, v3.instances[0]?.cardCount], [id, 0]);
    const elsewhere = { subnetName: "other", tag: { tagKey: "", tagValue: "" } };
    assert.deepEqual((await ok<{ instances: unknown[] }>("POST /v3/instance/list", elsewhere)).instances, []);
    const { mappings } = await ok<{ mappings: Record<string, string>[] }>("POST /v2/instance/id/mapping", {
      idType: "shortId",
      objectType: "bcc",
      instanceIds: [id],
    });
    assert.equal(mappings[0]?.uuid, (await get(id)).serialNumber);
    await settle();
  });

  it("in pages that cover exactly the list", async () => {
    const { ok, create, settle } = await withInstances();
    const ids = (await create({ purchaseCount: 11 })).toSorted();
    await settle();
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 12 }), async (size) => {
        const seen: string[] = [];
        for (let marker: string | undefined = ""; marker !== undefined; ) {
          const page: { instances: Instance[]; nextMarker?: string } = await ok(
            `GET /v2/instance?maxKeys=${size}&marker=${marker}`,
          );
          seen.push(...page.instances.map((one) => one.id));
          marker = page.nextMarker;
        }
        assert.deepEqual(seen, ids);
      }),
      { numRuns: 8 },
    );
  });
});
