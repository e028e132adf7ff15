import { type HttpHandler, jsonResponse, type ServerRequest } from "@ccm/base";
import { Fault } from "../../api/fault.ts";
import type { Interceptor } from "../../api/serve.ts";
import type { FaultRule, NewFault } from "../fault-rules.ts";

/**
 * The part of /admin/faults that the page uses, for as long as the simulator has none of its own: rules by product and
 * operation that refuse.
 */
export function createFaults(): { readonly interceptor: Interceptor; readonly handler: HttpHandler } {
  const rules = new Map<string, FaultRule>();
  let made = 0;
  const change = (id: string, fields: Partial<FaultRule>): void => {
    const rule = rules.get(id);
    if (rule) rules.set(id, { ...rule, ...fields });
  };
  return {
    interceptor(exchange, run) {
      for (const { id, enabled, fired, match, effect } of rules.values()) {
        if (!enabled) continue;
        if (match.product && match.product !== exchange.product.name) continue;
        if (match.operation && match.operation !== exchange.name) continue;
        change(id, { fired: fired + 1 });
        throw new Fault(Number(effect.status ?? 429), String(effect.code ?? "RateLimit"), "A fault of the lab.");
      }
      return run();
    },
    async handler({ method, target, body }: ServerRequest) {
      const id = decodeURIComponent(target.split("/")[3] ?? "");
      const read = <T>() => JSON.parse(new TextDecoder().decode(body)) as T;
      if (method === "POST") {
        const name = `fault-${++made}`;
        rules.set(name, { id: name, enabled: true, fired: 0, ...read<NewFault>() });
      } else if (method === "PUT") change(id, { enabled: read<{ enabled: boolean }>().enabled });
      else if (method === "DELETE") rules.delete(id);
      return jsonResponse(200, { rules: [...rules.values()] });
    },
  };
}
