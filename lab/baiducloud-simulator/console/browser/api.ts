import type { CallPage, CallsHint, Delta, Place, Places, Rates, Topology } from "../data.ts";
import { readEvents } from "../event-stream.ts";
import type { FaultRule, NewFault } from "../fault-rules.ts";

export type Change =
  | { readonly event: "snapshot"; readonly data: Topology }
  | { readonly event: "delta"; readonly data: Delta }
  | { readonly event: "places"; readonly data: Places }
  | { readonly event: "calls"; readonly data: CallsHint }
  | { readonly event: "rates"; readonly data: Rates };

/** Which calls to list; empty fields choose all. */
export interface CallFilter {
  readonly product: string;
  readonly operation: string;
  /** "ok", "4xx", "5xx", "lost". */
  readonly status: string;
  readonly text: string;
}

/** The admin API as the page uses it. Rejects with an ApiError when the answer is no success. */
export interface Api {
  /** Of a place (absent: the first). Begins with a snapshot; goes on until the connection ends or the signal aborts. */
  changes(place: Place | undefined, signal: AbortSignal): AsyncIterable<Change>;
  calls(filter: CallFilter, place: { readonly before?: number; readonly after?: number }): Promise<CallPage>;
  faults(): Promise<readonly FaultRule[]>;
  addFault(fault: NewFault): Promise<void>;
  switchFault(id: string, enabled: boolean): Promise<void>;
  deleteFault(id: string): Promise<void>;
  /** The world as YAML. */
  world(): Promise<string>;
}

export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const CALLS_PER_PAGE = 200;

export interface ApiOptions {
  readonly fetch: typeof window.fetch;
  readonly token: string;
}

export function createApi({ fetch: request, token }: ApiOptions): Api {
  const send = async (method: string, path: string, options: { body?: unknown; signal?: AbortSignal } = {}) => {
    const answer = await request(path, {
      method,
      cache: "no-store",
      headers: {
        authorization: `Bearer ${token}`,
        ...(options.body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
      ...(options.signal ? { signal: options.signal } : {}),
    });
    if (answer.ok) return answer;
    throw new ApiError(answer.status, await messageOf(answer));
  };
  return {
    async *changes(place, signal) {
      const query = new URLSearchParams({ ...place });
      const { body } = await send("GET", `/admin/changes?${query}`, { signal });
      if (!body) return;
      for await (const { event, data } of readEvents(body)) yield { event, data: JSON.parse(data) } as Change;
    },
    async calls(filter, place) {
      const query = new URLSearchParams();
      for (const [name, value] of Object.entries({ ...filter, ...place, limit: CALLS_PER_PAGE })) {
        if (value !== "") query.set(name, String(value));
      }
      return (await send("GET", `/admin/calls?${query}`)).json() as Promise<CallPage>;
    },
    async faults() {
      const { rules } = (await (await send("GET", "/admin/faults")).json()) as { rules: readonly FaultRule[] };
      return rules;
    },
    async addFault(fault) {
      await send("POST", "/admin/faults", { body: fault });
    },
    async switchFault(id, enabled) {
      await send("PUT", `/admin/faults/${encodeURIComponent(id)}`, { body: { enabled } });
    },
    async deleteFault(id) {
      await send("DELETE", `/admin/faults/${encodeURIComponent(id)}`);
    },
    world: async () => (await send("GET", "/admin/world")).text(),
  };
}

async function messageOf(answer: Response): Promise<string> {
  const text = await answer.text();
  try {
    const { message } = JSON.parse(text) as { message?: string };
    return message ?? text;
  } catch {
    return text || answer.statusText;
  }
}
