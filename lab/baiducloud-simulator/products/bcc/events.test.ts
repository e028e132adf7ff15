import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createTour } from "../../testing/tour.ts";
import { failHost, planMaintenance } from "./event-model.ts";

interface Event {
  readonly serverEventId: string;
  readonly serverEventStatus: string;
  readonly instanceId: string;
}

function scene() {
  const tour = createTour();
  const node = tour.simulator.createInstance({ name: "n" });
  const act = <T = object>(action: string, body: object = {}) => tour.ok<T>(`POST /?action=${action}`, body);
  const events = async (action: string, body: object = {}) => {
    const found = await act<{ plannedMaintenanceEvents?: Event[]; unplannedMaintenanceEvents?: Event[] }>(action, body);
    return found.plannedMaintenanceEvents ?? found.unplannedMaintenanceEvents ?? [];
  };
  const get = async () =>
    (await tour.ok<{ instance: Record<string, unknown> }>(`GET /v2/instance/${node.id}`)).instance;
  return { ...tour, node, act, events, get, account: tour.simulator.world.account("lab") };
}

describe("maintenance of hosts", () => {
  it("that is planned waits for leave, is done, and is a record then", async () => {
    const { act, events, refused, settle, node, get, account } = scene();
    const id = planMaintenance(account, node.id);
    const [event] = await events("DescribePlannedEvents", { instanceIds: [node.id], maxKeys: 100 });
    assert.deepEqual([event?.serverEventId, event?.serverEventStatus], [id, "WaitAuthorize"]);
    assert.equal((await get()).repairStatus, "wait_authorize");
    await act("AuthorizeServerEvent", { serverEventId: id, authorizeMaintenanceOperation: "reboot" });
    assert.deepEqual([(await get()).status, (await get()).repairStatus], ["Starting", "repairing"]);
    await refused("409 OperationDenied", "POST /?action=AuthorizeServerEvent", { serverEventId: id });
    await settle();
    assert.deepEqual([(await get()).status, (await get()).repairStatus], ["Running", "normal"]);
    assert.deepEqual(await events("DescribePlannedEvents"), []);
    assert.equal((await events("DescribePlannedEventRecords"))[0]?.serverEventId, id);
    await refused("404 NoSuchObject", "POST /?action=AuthorizeServerEvent", { serverEventId: "se-none" });
  });

  it("that failed is repaired with leave, until its user is content", async () => {
    const { act, events, refused, settle, node, get, account } = scene();
    const serverEventId = failHost(account, node.id);
    assert.equal((await get()).status, "Error");
    await refused("409 OperationDenied", "POST /?action=CheckUnplannedEvent", { serverEventId, checkResult: "pass" });
    await act("AuthorizeServerEvent", { instanceId: node.id });
    await settle();
    assert.equal((await events("DescribeUnplannedEvents"))[0]?.serverEventStatus, "WaitCheck");
    await act("CheckUnplannedEvent", { serverEventId, checkResult: "fail" });
    await act("AuthorizeServerEvent", { serverEventId });
    await settle();
    await act("CheckUnplannedEvent", { serverEventId, checkResult: "pass" });
    assert.equal((await events("DescribeUnplannedEventRecords"))[0]?.instanceId, node.id);
    assert.equal((await get()).status, "Running");
  });
});
