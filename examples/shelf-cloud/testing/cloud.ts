/** Shelf Cloud itself, in memory: what a provider's tests need instead of the real one. */
import { type HttpHandler, type HttpResponse, jsonResponse } from "@ccm/base";

export interface Machine {
  readonly id: string;
  readonly name: string;
  readonly size: string;
  readonly shelf: string;
  readonly ip: string;
  readonly on: boolean;
}

export interface ShelfCloud {
  readonly handler: HttpHandler;
  readonly machines: Machine[];
  /** By its key, "<cluster>.<Service UID>". */
  readonly forwarders: Map<string, { readonly ports: string[]; readonly machines: string[]; readonly address: string }>;
  readonly routes: Map<string, { readonly id: string; readonly cidr: string; readonly machine: string }>;
  /** "GET /machines?…" in their order. */
  readonly requests: string[];
  /** Until it is called again without an answer, every request is answered with this. */
  fail(answer?: () => HttpResponse): void;
}

export const TOKEN = "open-sesame";

export function createShelf(): ShelfCloud {
  let failure: (() => HttpResponse) | undefined;
  let numbers = 0;
  const shelf: ShelfCloud = {
    machines: [],
    forwarders: new Map(),
    routes: new Map(),
    requests: [],
    fail(answer) {
      failure = answer;
    },
    async handler({ method, target, headers, body }) {
      shelf.requests.push(`${method} ${target}`);
      if (headers.authorization !== `Bearer ${TOKEN}`) return jsonResponse(401, "who are you?");
      return failure?.() ?? respond(method, new URL(target, "http://shelf"), new TextDecoder().decode(body));
    },
  };

  function respond(method: string, { pathname, searchParams }: URL, body: string): HttpResponse {
    const [, kind, key = ""] = pathname.split("/");
    if (kind === "machines") {
      const [ids = [], names = []] = ["ids", "names"].map((name) => searchParams.get(name)?.split(",") ?? []);
      return jsonResponse(
        200,
        shelf.machines.filter(({ id, name }) => ids.includes(id) || names.includes(name)),
      );
    }
    if (kind === "forwarders" && method === "PUT") {
      const address = shelf.forwarders.get(key)?.address ?? `192.0.2.${++numbers}`;
      const forwarder = { ...(JSON.parse(body) as { ports: string[]; machines: string[] }), address };
      shelf.forwarders.set(key, forwarder);
      return jsonResponse(200, forwarder);
    }
    if (kind === "routes" && method === "POST") {
      const { cidr, machine } = JSON.parse(body) as { cidr: string; machine: string };
      if ([...shelf.routes.values()].some((route) => route.cidr === cidr))
        return jsonResponse(409, `${cidr} is routed`);
      const id = `route-${++numbers}`;
      shelf.routes.set(id, { id, cidr, machine });
      return jsonResponse(201, { id });
    }
    if (kind === "routes" && method === "GET") return jsonResponse(200, [...shelf.routes.values()]);
    const things: ReadonlyMap<string, unknown> & { delete(key: string): boolean } =
      kind === "routes" ? shelf.routes : shelf.forwarders;
    const thing = things.get(key);
    if (thing === undefined) return jsonResponse(404, `no ${kind} ${key}`);
    if (method === "DELETE") things.delete(key);
    return jsonResponse(200, thing);
  }
  return shelf;
}
