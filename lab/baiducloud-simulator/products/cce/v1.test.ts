import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createCceScene } from "./testing/scene.ts";

const NOT_FOUND = "404 Cce.warning.ClusterNotExist";
const INVALID = "400 Cce.warning.InvalidParam";

interface Ordered {
  readonly clusterUuid: string;
  readonly orderId: readonly string[];
}

interface Nodes {
  readonly nodes: readonly {
    readonly instanceShortId: string;
    readonly fixIp: string;
    readonly eip: string;
    readonly instanceName: string;
  }[];
  readonly isTruncated: boolean;
  readonly nextMarker?: string;
}

/** With the calls of the first generation. */
function scene() {
  const cce = createCceScene();
  const { call, settle, subnetId } = cce;
  const orderOf = (purchaseNum: number) => ({
    items: [
      { config: { serviceType: "BCC", productType: "postpay", cpu: 4, memory: 8, purchaseNum, subnetUuid: subnetId } },
      { config: { serviceType: "CDS", cdsDiskSize: [] } },
    ],
  });
  return {
    ...cce,
    orderOf,
    async v1(count: number, more: object = {}) {
      const body = {
        clusterName: "old",
        version: "1.18.9",
        mainAvailableZone: "zoneA",
        containerNet: "172.16.0.0/16",
        deployMode: "BCC",
        orderContent: orderOf(count),
        ...more,
      };
      const made = await call<Ordered>("POST /v1/cluster", body);
      assert.equal(made.status, 200, made.body.message);
      await settle(20_000);
      return made.body.clusterUuid;
    },
    nodes: async (id: string, query = "") => (await call<Nodes>(`GET /v1/node?clusterUuid=${id}&${query}`)).body,
  };
}

describe("clusters of the first generation", () => {
  it("are created by an order, and are not clusters of the second", async () => {
    const { v1, call, code, orderOf, clock, simulator } = scene();
    const body = { clusterName: "old", mainAvailableZone: "zoneA", orderContent: orderOf(2) };
    const { clusterUuid, orderId } = (await call<Ordered>("POST /v1/cluster", body)).body;
    assert.match(clusterUuid, /^c-[a-z0-9]{8}$/);
    assert.equal(orderId.length, 1);
    const read = async () =>
      (
        await call<{ status: string; slaveVmCount: number; vpcId: string; createStartTime: string }>(
          `GET /v1/cluster/${clusterUuid}`,
        )
      ).body;
    assert.deepEqual([(await read()).status, (await read()).slaveVmCount], ["CREATING", 2]);
    await clock.advance(20_000);
    assert.deepEqual([(await read()).status, (await read()).vpcId], ["RUNNING", simulator.vpcId]);
    assert.equal(simulator.inventory().instances.length, 2);
    assert.equal(await code(`GET /v2/cluster/${clusterUuid}`), "404 cce.warning.ClusterNotFound");
    assert.equal(await code(`GET /v2/cluster/${clusterUuid}/instances`), "404 cce.warning.ClusterNotFound");
    assert.equal(await code("GET /v1/cluster/c-none"), NOT_FOUND);
    assert.equal(
      await code("POST /v1/cluster", {
        ...body,
        orderContent: { items: [{ config: { serviceType: "BCC", subnetUuid: "none" } }] },
      }),
      INVALID,
    );
    assert.ok(await v1(1));
  });

  it("are listed in pages, by either spelling of the marker", async () => {
    const { v1, call } = scene();
    const ids = [await v1(1), await v1(1), await v1(1)].sort();
    interface Page {
      readonly clusters: readonly { readonly clusterUuid: string; readonly allInstanceNormal: boolean }[];
      readonly isTruncated: boolean;
      readonly nextMarker?: string;
    }
    for (const name of ["maker", "marker"]) {
      const seen: string[] = [];
      let marker: string | undefined = "";
      while (marker !== undefined && seen.length <= ids.length) {
        const { clusters, nextMarker }: Page = (await call<Page>(`GET /v1/cluster?maxKeys=1&${name}=${marker}`)).body;
        seen.push(...clusters.map(({ clusterUuid }) => clusterUuid));
        marker = nextMarker;
      }
      assert.deepEqual(seen, ids);
    }
    assert.equal((await call<Page>("GET /v1/cluster?status=RUNNING")).body.clusters.length, 3);
    assert.equal((await call<Page>("GET /v1/cluster?status=ERROR")).body.clusters.length, 0);
  });

  it("have nodes with their addresses, and grow and shrink", async () => {
    const { v1, call, code, nodes, orderOf, simulator } = scene();
    const id = await v1(2);
    const [first] = (await nodes(id)).nodes;
    const machine = simulator.world
      .account("lab")
      .store.table<{ internalIp: string }>("instances")
      .get(first?.instanceShortId ?? "");
    assert.equal(first?.fixIp, machine?.internalIp);
    const page = await nodes(id, "maxKeys=1");
    assert.deepEqual([page.nodes.length, page.isTruncated], [1, true]);
    const grown = await call<Ordered>("POST /v1/cluster?scalingUp", { clusterUuid: id, orderContent: orderOf(2) });
    assert.equal(grown.body.clusterUuid, id);
    assert.equal((await nodes(id)).nodes.length, 4);
    const nodeInfo = [{}, { instanceId: first?.instanceShortId }];
    assert.equal(
      await code("POST /v1/cluster?scalingDown&deleteEipCds=true&deleteSnap=true", { clusterUuid: id, nodeInfo }),
      "200",
    );
    assert.equal((await nodes(id)).nodes.length, 3);
    assert.equal(simulator.inventory().instances.length, 3);
    assert.equal(await code("POST /v1/cluster?scalingDown", { clusterUuid: id, nodeInfo }), INVALID);
    assert.equal(await code("POST /v1/cluster?scalingUp", { clusterUuid: id, orderContent: { items: [] } }), INVALID);
    assert.equal(
      await code("POST /v1/cluster?scalingUp", { clusterUuid: "c-none", orderContent: orderOf(1) }),
      NOT_FOUND,
    );
    assert.equal(await code("GET /v1/node?clusterUuid=c-none"), NOT_FOUND);
  });

  it("take machines in that are there, and let them go", async () => {
    const { v1, call, code, nodes, simulator } = scene();
    const id = await v1(1);
    const machine = simulator.createInstance({ name: "mine", inCluster: false });
    const outside = async () =>
      (
        await call<{ totalCount: number; nodeList: { instanceId: string }[] }>(
          "POST /v1/cluster/existed_bcc_node/list",
          { clusterUuid: id, keywordType: "name", keyword: "mi" },
        )
      ).body;
    assert.deepEqual(
      (await outside()).nodeList.map(({ instanceId }) => instanceId),
      [machine.id],
    );
    const body = {
      clusterUuid: id,
      needRebuild: false,
      adminPass: "",
      instanceType: "BCC",
      nodeInfoList: [{ instanceId: machine.id }],
    };
    assert.equal(await code("POST /v1/cluster/existed_node?action=shift_in", body), "200");
    assert.deepEqual([(await nodes(id)).nodes.length, (await outside()).totalCount], [2, 0]);
    assert.equal(await code("POST /v1/cluster/existed_node?action=shift_in", body), INVALID);
    assert.equal(await code("POST /v1/cluster/existed_node?action=shift_out", body), "200");
    assert.deepEqual([(await nodes(id)).nodes.length, simulator.inventory().instances.length], [1, 2]);
    assert.equal(await code("POST /v1/cluster/existed_node?action=shift_out", body), INVALID);
    assert.equal(await code("POST /v1/cluster/existed_node?action=other", body), "400 cce.warning.InvalidParam");
    assert.equal(await code("POST /v1/cluster/existed_bcc_node/list", { clusterUuid: "c-none" }), NOT_FOUND);
  });

  it("are deleted with their machines", async () => {
    const { v1, code, settle, simulator, call } = scene();
    const account = simulator.world.account("lab");
    const taken = account.store.table("takenIps").size;
    const id = await v1(2);
    assert.equal(await code(`DELETE /v1/cluster/${id}?deleteEipCds=true&deleteSnap=false`), "200");
    assert.equal((await call<{ status: string }>(`GET /v1/cluster/${id}`)).body.status, "DELETING");
    await settle(20_000);
    assert.equal(await code(`GET /v1/cluster/${id}`), NOT_FOUND);
    assert.equal(await code(`DELETE /v1/cluster/${id}`), NOT_FOUND);
    assert.equal(simulator.inventory().instances.length, 0);
    assert.equal(account.store.table("takenIps").size, taken);
  });

  it("give a kubeconfig, a network for pods, and the versions that there are", async () => {
    const { v1, call, code } = scene();
    const [closed, open] = [await v1(1), await v1(1, { masterExposed: true })];
    const server = async (id: string, type: string) => {
      const { body } = await call<{ data: string }>(`GET /v1/cluster/kubeconfig?clusterUuid=${id}&type=${type}`);
      return /server: https:\/\/([\d.]+):6443/.exec(body.data)?.[1] ?? "";
    };
    assert.match(await server(open, "default"), /^127\.100\./);
    assert.notEqual(await server(open, "internal"), await server(open, "default"));
    assert.equal(await server(closed, "default"), await server(closed, "intraVpc"));
    assert.equal(await code("GET /v1/cluster/kubeconfig?clusterUuid=c-none"), NOT_FOUND);
    const net = await call<{ containerNet: string; capacity: number }>("POST /v1/cluster/get_container_net", {
      vpcShortId: "v",
      vpcCidr: "192.168.0.0/16",
      size: 500,
    });
    assert.deepEqual([net.body.containerNet, net.body.capacity], ["172.16.0.0/23", 512]);
    assert.equal(await code("POST /v1/cluster/get_container_net", { vpcCidr: "x" }), INVALID);
    assert.ok((await call<{ data: string[] }>("GET /v1/cluster/versions")).body.data.includes("1.18.9"));
  });
});

describe("the calls of the in-tree autoscaler", () => {
  const GROUP = "/internal-api/v1/cluster/group";

  it("tell of a group and its machines, and scale it", async () => {
    const { cluster, group, call, code, settle, instanceSpec, simulator, getGroup } = scene();
    const id = await cluster();
    const groupId = await group(id, 1, { instanceTemplate: instanceSpec({ labels: { pool: "a" } }) });
    const query = `groupId=${groupId}&clusterUuid=${id}`;
    interface Group {
      readonly cpu: number;
      readonly memory: number;
      readonly tags: readonly object[];
    }
    const { cpu, memory, tags } = (await call<Group>(`GET ${GROUP}?${query}`)).body;
    assert.deepEqual([cpu, memory, tags], [4, 16, [{ key: "pool", Value: "a" }]]);
    const list = async () =>
      (await call<{ instanceList: { id: string; status: string }[] }>(`GET ${GROUP}/instances?${query}`)).body
        .instanceList;
    assert.deepEqual(
      (await list()).map(({ status }) => status),
      ["RUNNING"],
    );
    const grown = await call<{ orderId: string[] }>(`POST ${GROUP}/scaling_up?${query}&num=2`);
    assert.equal(grown.body.orderId.length, 1);
    assert.deepEqual(
      (await list()).map(({ status }) => status),
      ["RUNNING", "CREATING", "CREATING"],
    );
    await settle(10_000);
    const [first] = await list();
    // The client puts as many empty entries in front as there are real ones.
    const body = { clusterUuid: id, authCode: "123456", nodeInfo: [{ instanceId: "" }, { instanceId: first?.id }] };
    assert.equal(await code("POST /internal-api/v1/cluster?clientToken=t1&scalingDown", body), "200");
    await settle(10_000);
    assert.deepEqual([(await list()).length, simulator.inventory().instances.length], [2, 2]);
    assert.equal((await getGroup(id, groupId)).spec.replicas, 2);
    assert.equal(await code("POST /internal-api/v1/cluster?scalingDown", body), "400 cce.warning.InvalidParam");
    assert.equal(
      await code("POST /internal-api/v1/cluster?scalingDown", { ...body, nodeInfo: [] }),
      "400 cce.warning.InvalidParam",
    );
    assert.equal(await code(`GET ${GROUP}?groupId=none&clusterUuid=${id}`), "404 cce.warning.InstanceGroupNotFound");
    assert.equal(await code(`POST ${GROUP}/scaling_up?${query}&num=0`), "400 cce.warning.InvalidParam");
  });

  it("shrink a cluster of the first generation, too", async () => {
    const { v1, code, nodes } = scene();
    const id = await v1(2);
    const instanceId = (await nodes(id)).nodes[0]?.instanceShortId;
    const body = { clusterUuid: id, authCode: "", nodeInfo: [{}, { instanceId }] };
    assert.equal(await code("POST /internal-api/v1/cluster?scalingDown", body), "200");
    assert.equal((await nodes(id)).nodes.length, 1);
    assert.equal(
      await code("POST /internal-api/v1/cluster?scalingDown", { ...body, clusterUuid: "c-none" }),
      NOT_FOUND,
    );
  });
});
