import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type BalancerScene, createBalancerScene } from "../../testing/balancers.ts";

type Row = Readonly<Record<string, unknown>>;
const list = async (scene: BalancerScene, id: string, query = "") =>
  (await scene.must<{ backendServerList: Row[] }>(`GET /v1/blb/${id}/backendserver${query}`)).backendServerList;

describe("backends of a load balancer", () => {
  it("are added, weighed and removed, each call as a whole", async () => {
    const scene = createBalancerScene();
    const { must, done, end } = scene;
    const id = await scene.balancer("blb");
    const path = `/v1/blb/${id}/backendserver`;
    const [a, b] = [scene.machine("a"), scene.machine("b")];
    // As official clients send it: no weight is null, and old ones write numbers as texts.
    const servers = {
      backendServerList: [
        { instanceId: a, weight: null, desc: "mine" },
        { instanceId: b, weight: "7" },
      ],
    };
    await must(`POST ${path}`, servers);
    assert.equal(await end(`PUT ${path}?update`, servers), "409 OperationDenied");
    await scene.settle();
    const weights = async () => Object.fromEntries((await list(scene, id)).map((one) => [one.instanceId, one.weight]));
    assert.deepEqual(await weights(), { [a]: 100, [b]: 7 });
    const mine = (await list(scene, id)).find(({ instanceId }) => instanceId === a);
    assert.equal(mine?.desc, "mine");
    assert.match(String(mine?.privateIp), /^192\.168\./);

    const refused = [
      [`POST ${path}`, { backendServerList: [{ instanceId: a }] }, "409 BackendServerAlreadyExist"],
      [`POST ${path}`, { backendServerList: [{ instanceId: "i-none" }] }, "404 NoSuchObject"],
      [`POST ${path}`, { backendServerList: [] }, "400 InappropriateJSON"],
      [
        `PUT ${path}?update`,
        { backendServerList: [{ instanceId: b, weight: 1 }, { instanceId: "i-none" }] },
        "404 NoSuchObject",
      ],
      [`PUT ${path}?update`, { backendServerList: [{ instanceId: b, weight: 101 }] }, "400 BadRequest"],
      [`PUT ${path}?update`, { backendServerList: [{ instanceId: b }, { instanceId: b }] }, "400 BadRequest"],
      [`PUT ${path}`, { backendServerList: [b, "i-none"] }, "404 NoSuchObject"],
      [`PUT ${path}`, { backendServerList: [] }, "400 InappropriateJSON"],
      ["POST /v1/blb/lb-none/backendserver", { backendServerList: [{ instanceId: a }] }, "404 NoSuchObject"],
    ] as const;
    for (const [line, body, expected] of refused) assert.equal(await end(line, body), expected, JSON.stringify(body));
    assert.deepEqual(await weights(), { [a]: 100, [b]: 7 });

    await done(`PUT ${path}?update`, { backendServerList: [{ instanceId: b, weight: 0 }] });
    assert.deepEqual(await weights(), { [a]: 100, [b]: 0 });
    await done(`PUT ${path}`, { backendServerList: [a] });
    assert.deepEqual(await weights(), { [b]: 0 });
    const found = await must<{ blbList: Row[] }>(`GET /v1/blb?bccId=${b}`);
    assert.deepEqual(
      found.blbList.map(({ blbId }) => blbId),
      [id],
    );
  });

  it("are in the VPC of the load balancer, at an address of their own, within the quota", async () => {
    const scene = createBalancerScene({ quotas: { backendsPerBlb: 1 } });
    const { must, end } = scene;
    const id = await scene.balancer("blb");
    const path = `/v1/blb/${id}/backendserver`;
    const { vpcId } = await must<Row>("POST /v1/vpc", { name: "far", cidr: "10.9.0.0/16" });
    const subnet = { name: "s", zoneName: "cn-bj-a", cidr: "10.9.1.0/24", vpcId };
    const { subnetId } = await must<{ subnetId: string }>("POST /v1/subnet", subnet);
    const far = scene.simulator.createInstance({ name: "far", subnetId }).id;
    const [a, b] = [scene.machine("a"), scene.machine("b")];
    const add = (...backendServerList: object[]) => end(`POST ${path}`, { backendServerList });
    assert.equal(await add({ instanceId: far }), "400 BadRequest");
    assert.equal(await add({ instanceId: a, privateIp: "9.9.9.9" }), "400 BadRequest");
    assert.equal(await add({ instanceId: a }, { instanceId: b }), "403 QuotaLimitExceeded");
    assert.deepEqual(await list(scene, id), []);
    assert.equal(await add({ instanceId: a }), "200");
  });

  it("have a health at each listener", async () => {
    const scene = createBalancerScene();
    const { must, done, end } = scene;
    const id = await scene.balancer("blb");
    const [a, b] = [scene.machine("a"), scene.machine("b")];
    await done(`POST /v1/blb/${id}/backendserver`, { backendServerList: [{ instanceId: a }, { instanceId: b }] });
    await done(`POST /v1/blb/${id}/TCPlistener`, { listenerPort: 80, backendPort: 8080, scheduler: "RoundRobin" });
    scene.simulator.stopInstance(b);
    await scene.settle();
    // The lab has told nobody of the stop: a change of the load balancer does.
    await done(`PUT /v1/blb/${id}`, { desc: "x" });
    const health = await must<Row & { backendServerList: Row[] }>(`GET /v1/blb/${id}/backendserver?listenerPort=80`);
    assert.deepEqual([health.type, health.listenerPort, health.backendPort], ["TCP", 80, 8080]);
    const statuses = Object.fromEntries(health.backendServerList.map((one) => [one.instanceId, one.status]));
    assert.deepEqual(statuses, { [a]: "Alive", [b]: "Dead" });
    assert.equal(await end(`GET /v1/blb/${id}/backendserver?listenerPort=81`), "404 NoSuchObject");
    assert.equal(await end("GET /v1/blb/lb-none/backendserver"), "404 NoSuchObject");
    const page = await must<Row & { backendServerList: Row[] }>(`GET /v1/blb/${id}/backendserver?maxKeys=1`);
    const rest = await list(scene, id, `?maxKeys=1&marker=${page.nextMarker}`);
    assert.deepEqual([...page.backendServerList, ...rest].map(({ instanceId }) => instanceId).sort(), [a, b].sort());
  });

  it("leave a while after their machine has gone", async () => {
    const scene = createBalancerScene();
    const id = await scene.balancer("blb");
    const a = scene.machine("a");
    await scene.done(`POST /v1/blb/${id}/backendserver`, { backendServerList: [{ instanceId: a }] });
    scene.simulator.deleteInstance(a);
    assert.equal((await list(scene, id)).length, 1);
    await scene.settle();
    assert.deepEqual(await list(scene, id), []);
  });
});

describe("clusters of load balancers", () => {
  it("are the cloud's own, with their traffic", async () => {
    const { must, end } = createBalancerScene();
    const { clusterList } = await must<{ clusterList: Row[] }>("GET /v1/blbcluster");
    assert.deepEqual(
      clusterList.map(({ clusterType }) => clusterType),
      ["4Layer", "7Layer"],
    );
    const [first] = clusterList;
    const named = async (query: string) =>
      (await must<{ clusterList: Row[] }>(`GET /v1/blbcluster?${query}`)).clusterList;
    assert.deepEqual(await named(`clusterName=${first?.clusterName}&exactlyMatch=true`), [first]);
    assert.deepEqual(await named(`clusterId=${first?.clusterId}`), [first]);
    assert.deepEqual(await named("clusterName=4&exactlyMatch=true"), []);
    const detail = await must<Row>(`GET /v1/blbcluster/${first?.clusterId}`);
    assert.deepEqual([detail.clusterName, detail.networkInBps], [first?.clusterName, 0]);
    assert.equal(await end("GET /v1/blbcluster/vip-none"), "404 NoSuchObject");
  });

  it("or dedicated ones, with load balancers on them", async () => {
    const scene = createBalancerScene();
    const { must, end } = scene;
    const billing = { paymentTiming: "Prepaid", reservation: { reservationLength: 1 } };
    const { id } = await must<{ id: string }>("POST /v1/lbdc", { name: "own", type: "4Layer", ccuCount: 2, billing });
    assert.equal(await end("POST /v1/lbdc", { name: "own", type: "5Layer", ccuCount: 2, billing }), "400 BadRequest");
    const detail = () => must<Row>(`GET /v1/lbdc/${id}`);
    const { expireTime, ccuCount, status } = await detail();
    assert.deepEqual([ccuCount, status], [2, "available"]);
    await must(`PUT /v1/lbdc/${id}`, { name: "mine", desc: "d" });
    await must(`PUT /v1/lbdc/${id}?resize`, { ccuCount: 3 });
    await must(`PUT /v1/lbdc/${id}?purchaseReserved`, { billing: { reservation: { reservationLength: 2 } } });
    const after = await detail();
    assert.deepEqual([after.name, after.desc, after.ccuCount], ["mine", "d", 3]);
    assert.ok(String(after.expireTime) > String(expireTime));
    assert.equal(await end(`PUT /v1/lbdc/${id}?resize`, { ccuCount: 1 }), "400 BadRequest");
    const list = await must<{ clusterList: Row[] }>("GET /v1/lbdc?name=mine");
    assert.deepEqual(
      list.clusterList.map((one) => one.id),
      [id],
    );

    const blbId = await scene.balancer("blb", { layer4ClusterId: id });
    const { vpcId, subnetIds } = scene.simulator;
    assert.equal(await end("POST /v1/blb", { vpcId, subnetId: subnetIds[0], layer7ClusterId: id }), "400 BadRequest");
    const { layer4ClusterId, layer4ClusterExclusive } = await must<Row>(`GET /v1/blb/${blbId}`);
    assert.deepEqual([layer4ClusterId, layer4ClusterExclusive], [id, true]);
    const { blbList } = await must<{ blbList: Row[] }>(`GET /v1/lbdc/${id}/blb`);
    assert.deepEqual(
      blbList.map((one) => [one.blbId, one.blbType]),
      [[blbId, "normal"]],
    );
    for (const call of ["GET /v1/lbdc/none", "GET /v1/lbdc/none/blb", "PUT /v1/lbdc/none"])
      assert.equal(await end(call, {}), "404 NoSuchObject");
    assert.equal(await end("PUT /v1/lbdc/none?resize", { ccuCount: 9 }), "404 NoSuchObject");
    assert.equal(await end("PUT /v1/lbdc/none?purchaseReserved", { billing }), "404 NoSuchObject");
  });
});
