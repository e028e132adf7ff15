import { type Clock, type HttpRequest, type HttpResponse, sleep, type Transport, TransportError } from "@ccm/base";
import type { Link } from "../world.ts";

/** Stands before both servers: answers in their place, or lets pass, and may change what comes back. */
export type Storm = (link: Link, request: HttpRequest, pass: () => Promise<HttpResponse>) => Promise<HttpResponse>;

/** What goes wrong with the servers and the network as a whole, as a scenario says: not one request, but all for a while. */
export interface Weather {
  readonly wire: (link: Link, transport: Transport) => Transport;
  /** From now on; undefined: fair. */
  set(storm: Storm | undefined): void;
  /** All open watches break, as when the API server goes away. */
  cutWatches(): void;
  /** Watches stay open and tell nothing for so long: caches are stale. */
  freezeWatches(ms: number): void;
}

export function createWeather(clock: () => Clock): Weather {
  let storm: Storm | undefined;
  let frozenUntil = 0;
  let cut = Promise.withResolvers<never>();
  cut.promise.catch(() => {});

  async function* watched(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const iterator = body[Symbol.asyncIterator]();
    const broken = cut.promise;
    try {
      for (;;) {
        const next = await Promise.race([iterator.next(), broken]);
        if (next.done) return;
        const rest = frozenUntil - clock().monotonic();
        if (rest > 0) await Promise.race([sleep(clock(), rest), broken]);
        yield next.value;
      }
    } finally {
      iterator.return?.()?.catch(() => {});
    }
  }

  return {
    wire: (link, transport) => async (request, options) => {
      const pass = () => transport(request, options);
      const response = storm ? await storm(link, request, pass) : await pass();
      return isWatch(link, request) ? { ...response, body: watched(response.body) } : response;
    },
    set(next) {
      storm = next;
    },
    cutWatches() {
      const before = cut;
      cut = Promise.withResolvers<never>();
      cut.promise.catch(() => {});
      before.reject(new TransportError("reset", "the connection was reset"));
    },
    freezeWatches(ms) {
      frozenUntil = clock().monotonic() + ms;
    },
  };
}

export function isWatch({ to }: Link, { url }: Pick<HttpRequest, "url">): boolean {
  return to === "kube" && /[?&]watch=(?:1|true)/.test(url);
}
