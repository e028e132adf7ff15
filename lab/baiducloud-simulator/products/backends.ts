import type { Account } from "../account.ts";
import { badRequest, Fault, noSuchObject, quotaExceeded } from "../api/fault.ts";
import { integer, objects, requiredText, text, texts } from "../api/fields.ts";
import { page } from "../api/paging.ts";
import type { Router } from "../api/router.ts";
import type { DataPlane } from "../data-plane/data-plane.ts";
import type { Blbs, SimulatedBlb } from "./blbs.ts";
import type { Instances } from "./instances.ts";

const DEFAULT_WEIGHT = 100;

/** Backends of load balancers: one set for all listeners. Each call is done as a whole or not at all. */
export function createBackends(
  account: Account,
  router: Router,
  blbs: Blbs,
  instances: Instances,
  dataPlane: DataPlane,
): void {
  const path = "/v1/blb/{}/backendserver";
  const parse = (body: Readonly<Record<string, unknown>>): ReadonlyMap<string, number> => {
    const entries = objects(body, "backendServerList") ?? [];
    if (entries.length === 0) throw new Fault(400, "InappropriateJSON", "backendServerList is required.");
    const parsed = entries.map(
      (entry) => [requiredText(entry, "instanceId"), integer(entry, "weight", 0, 100) ?? DEFAULT_WEIGHT] as const,
    );
    const map = new Map(parsed);
    if (map.size !== parsed.length) throw badRequest("backendServerList: an instance is named twice.");
    return map;
  };
  const changed = (blb: SimulatedBlb): void => {
    account.emit({ kind: "backends.changed", blbId: blb.blbId, instanceIds: [...blb.backends.keys()] });
  };

  router.on("POST", path, ({ body }, id = "") => {
    const added = parse(body);
    const notes = (objects(body, "backendServerList") ?? []).map((entry) => text(entry, "desc") ?? "");
    blbs.mutate(id, (blb) => {
      for (const instanceId of added.keys()) {
        if (!instances.all.has(instanceId)) throw noSuchObject(instanceId);
        if (blb.backends.has(instanceId))
          throw new Fault(409, "BackendServerAlreadyExist", `${instanceId} is a backend already.`);
      }
      if (blb.backends.size + added.size > account.quotas.backendsPerBlb) throw quotaExceeded("backends");
      [...added].forEach(([instanceId, weight], index) => {
        blb.backends.set(instanceId, weight);
        blb.backendNotes.set(instanceId, notes[index] ?? "");
      });
      changed(blb);
    });
    return {};
  });
  router.on("PUT", path, (input, id = "") => {
    if (input.has("update")) {
      const weights = parse(input.body);
      blbs.mutate(id, (blb) => {
        for (const instanceId of weights.keys()) if (!blb.backends.has(instanceId)) throw noSuchObject(instanceId);
        for (const [instanceId, weight] of weights) blb.backends.set(instanceId, weight);
        changed(blb);
      });
      return {};
    }
    const removed = texts(input.body, "backendServerList") ?? [];
    if (removed.length === 0) throw new Fault(400, "InappropriateJSON", "backendServerList is required.");
    blbs.mutate(id, (blb) => {
      for (const instanceId of removed) if (!blb.backends.has(instanceId)) throw noSuchObject(instanceId);
      for (const instanceId of removed) blb.backends.delete(instanceId);
      changed(blb);
    });
    return {};
  });
  router.on("GET", path, (input, id = "") => {
    const blb = blbs.get(id);
    const port = input.param("listenerPort");
    const listener = port
      ? [...blb.listeners.values()].find(({ listenerPort }) => listenerPort === Number(port))
      : undefined;
    if (port && !listener) throw noSuchObject(`listener ${port}`);
    const views = [...blb.backends].map(([instanceId, weight]) => ({
      instanceId,
      weight,
      desc: blb.backendNotes.get(instanceId) ?? "",
      privateIp: instances.all.get(instanceId)?.internalIp ?? "",
      ...(listener ? { status: dataPlane.health(id, listener.listenerType, listener.listenerPort, instanceId) } : {}),
    }));
    return {
      ...(listener
        ? { type: listener.listenerType, listenerPort: listener.listenerPort, backendPort: listener.fields.backendPort }
        : {}),
      ...page(input, "backendServerList", views, ({ instanceId }) => instanceId),
    };
  });
}
