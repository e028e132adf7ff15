import { type HttpHandler, jsonResponse } from "@ccm/base";
import { Fault } from "./api/fault.ts";
import { requiredText, text } from "./api/fields.ts";
import { inputOf, parseTarget } from "./api/wire.ts";
import type { Simulator } from "./simulator.ts";

export interface AdminRequest {
  readonly time: string;
  readonly method: string;
  readonly target: string;
  readonly status: number;
  readonly code?: string;
  readonly requestId: string;
}

const INDEX = {
  "GET /admin/inventory": "what exists",
  "GET /admin/requests": "the newest 500 requests",
  "GET /admin/instances": "the cloud servers",
  "POST /admin/instances": 'make one: {"name", "hostname"?, "internalIp"?, "host"?, "spec"?, "zoneName"?}',
  "DELETE /admin/instances/{id}": "delete one, as the console would",
  "POST /admin/instances/{id}/start": "switch one on",
  "POST /admin/instances/{id}/stop": "switch one off",
};

/** What the console would do, and what a test wants to know. Not signed: it is on loopback only. */
export function createAdmin(simulator: Omit<Simulator, "admin">, log: readonly AdminRequest[]): HttpHandler {
  return async (request) => {
    try {
      const target = parseTarget(request.target);
      const { method, path, body } = inputOf(request.method, target, request.body);
      const instance = /^\/admin\/instances\/([^/]+)(?:\/(start|stop))?$/.exec(path);
      if (method === "GET" && /^\/admin\/?$/.test(path)) return jsonResponse(200, INDEX);
      if (method === "GET" && path === "/admin/inventory") return jsonResponse(200, simulator.inventory());
      if (method === "GET" && path === "/admin/requests") return jsonResponse(200, log);
      if (method === "GET" && path === "/admin/instances") return jsonResponse(200, simulator.inventory().instances);
      if (method === "POST" && path === "/admin/instances") {
        const optional = (field: string) => {
          const value = text(body, field);
          return value === undefined ? {} : { [field]: value };
        };
        const fields = ["hostname", "internalIp", "host", "spec", "zoneName"].map(optional);
        return jsonResponse(
          200,
          simulator.createInstance(Object.assign({ name: requiredText(body, "name") }, ...fields)),
        );
      }
      if (instance?.[1] && method === "DELETE" && !instance[2]) simulator.deleteInstance(instance[1]);
      else if (instance?.[1] && method === "POST" && instance[2] === "start") simulator.startInstance(instance[1]);
      else if (instance?.[1] && method === "POST" && instance[2] === "stop") simulator.stopInstance(instance[1]);
      else throw new Fault(404, "NotFound", `${method} ${path}: see GET /admin`);
      return jsonResponse(200, {});
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      return jsonResponse(error.status, { code: error.code, message: error.message });
    }
  };
}
