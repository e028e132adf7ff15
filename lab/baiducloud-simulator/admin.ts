import { type Clock, type HttpHandler, jsonResponse, textResponse } from "@ccm/base";
import { CLOCK_INDEX, handleClock } from "./admin/clock-api.ts";
import { CONSOLE_INDEX, type ConsoleApi } from "./admin/console-api.ts";
import { FAULTS_INDEX, handleFaults } from "./admin/faults-api.ts";
import { Fault } from "./api/fault.ts";
import { openApiOf } from "./api/openapi.ts";
import type { Product } from "./api/operation.ts";
import { parseFields } from "./api/parse.ts";
import { referencePageOf } from "./api/reference-page.ts";
import { type InferFields, optional, text } from "./api/schema.ts";
import type { LoggedCall } from "./api/serve.ts";
import { inputOf, parseTarget } from "./api/wire.ts";
import type { Simulator } from "./simulator.ts";

const INDEX = {
  "GET /admin/inventory": "what exists",
  "GET /admin/requests": "the newest 500 requests",
  "GET /admin/instances": "the cloud servers",
  "POST /admin/instances": 'make one: {"name", "hostname"?, "internalIp"?, "host"?, "spec"?, "zoneName"?}',
  "DELETE /admin/instances/{id}": "delete one, as the console would",
  "POST /admin/instances/{id}/start": "switch one on",
  "POST /admin/instances/{id}/stop": "switch one off",
  ...CONSOLE_INDEX,
  ...FAULTS_INDEX,
  ...CLOCK_INDEX,
  "GET /admin/openapi": "the names of the products",
  "GET /admin/openapi/{product}": "the OpenAPI document of a product",
  "GET /admin/reference/{product}": "the reference page of a product, in Markdown",
};

const INSTANCE = {
  name: text(),
  hostname: optional(text()),
  internalIp: optional(text()),
  host: optional(text()),
  spec: optional(text()),
  zoneName: optional(text()),
};

/** What the console would do, and what a test wants to know. Not signed: it is on loopback only. */
export function createAdmin(
  simulator: Omit<Simulator, "admin">,
  log: readonly LoggedCall[],
  products: readonly Product[],
  console: ConsoleApi,
  clock: Clock,
): HttpHandler {
  return async (request) => {
    try {
      const shown = console.handle(request) ?? handleFaults(simulator, request) ?? handleClock(clock, request);
      // Awaited here, so that what it refuses is answered below.
      if (shown) return await shown;
      const target = parseTarget(request.target);
      const { method, path, body } = inputOf(request.method, target, request.body);
      const instance = /^\/admin\/instances\/([^/]+)(?:\/(start|stop))?$/.exec(path);
      const document = /^\/admin\/(openapi|reference)\/([^/]+)$/.exec(path);
      const product = products.find(({ name }) => name === document?.[2]);
      if (method === "GET" && /^\/admin\/?$/.test(path)) return jsonResponse(200, INDEX);
      if (method === "GET" && path === "/admin/inventory") return jsonResponse(200, simulator.inventory());
      if (method === "GET" && path === "/admin/requests") return jsonResponse(200, log);
      if (method === "GET" && path === "/admin/instances") return jsonResponse(200, simulator.inventory().instances);
      if (method === "GET" && path === "/admin/openapi")
        return jsonResponse(
          200,
          products.map(({ name }) => name),
        );
      if (method === "GET" && product && document?.[1] === "openapi") return jsonResponse(200, openApiOf(product));
      if (method === "GET" && product && document?.[1] === "reference") {
        return textResponse(200, referencePageOf(product), { "content-type": "text/markdown;charset=UTF-8" });
      }
      if (method === "POST" && path === "/admin/instances") {
        const fields = parseFields(INSTANCE, body, "", "body") as InferFields<typeof INSTANCE>;
        const given = Object.entries(fields).filter(([, value]) => value !== undefined);
        return jsonResponse(200, simulator.createInstance({ name: fields.name, ...Object.fromEntries(given) }));
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
