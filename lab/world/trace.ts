import type { Clock, Transport } from "@ccm/base";

/** Every request of the world in the order of their answers, one line each: the same for the same seed. */
export interface Trace {
  readonly lines: readonly string[];
  /** A transport that notes what passes, under the name of who sends and the name of who answers. */
  record(from: string, to: string, transport: Transport): Transport;
}

export function createTrace(clock: Clock): Trace {
  const lines: string[] = [];
  return {
    lines,
    record: (from, to, transport) => async (request, options) => {
      const sentAt = clock.monotonic();
      const path = request.url.replace(/^[a-z]+:\/\/[^/]+/, "");
      const note = (outcome: string) => {
        const body = request.body === undefined ? "" : ` ${String(request.body)}`;
        lines.push(`${sentAt.toFixed(3)} ${from} → ${to} ${request.method} ${path}${body} = ${outcome}`);
      };
      try {
        const response = await transport(request, options);
        note(String(response.status));
        return response;
      } catch (error) {
        note(error instanceof Error ? error.name : "error");
        throw error;
      }
    },
  };
}
