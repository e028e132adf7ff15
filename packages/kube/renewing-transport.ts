import {
  type Clock,
  SingleFlight,
  type TlsOptions,
  type Transport,
  TransportError,
  type TransportFactory,
} from "@ccm/base";
import type { KubeConnection } from "./config/connection.ts";

/** How often files are looked at. A renewal comes hours before the old certificate runs out. */
const CHECK_MS = 60_000;

interface Generation {
  readonly tls: TlsOptions;
  readonly send: Transport;
  close(): Promise<void>;
  /** Requests whose answer is not read to its end. */
  open: number;
  retired: boolean;
}

export interface RenewingTransportOptions {
  readonly connection: Pick<KubeConnection, "tls" | "renewTls">;
  readonly open: TransportFactory;
  readonly clock: Clock;
  /** A renewal failed: the old certificate stays in use, and the next request tries again. */
  readonly onError?: (error: unknown) => void;
}

/**
 * A transport for a connection whose client certificate may be renewed under it, in its files or by its plugin: requests
 * after the renewal go over new connections, and the old ones are closed when what they carry (a watch, say) has ended.
 * After a refusal of the certificate it is looked at again at once.
 */
export function renewingTransport(options: RenewingTransportOptions): {
  readonly send: Transport;
  close(): Promise<void>;
} {
  const { connection, open, clock, onError } = options;
  const { renewTls } = connection;
  if (!renewTls) return open(connection.tls);
  const generations = new Set<Generation>();
  const start = (tls: TlsOptions): Generation => {
    const { send, close } = open(tls);
    const generation = { tls, send, close, open: 0, retired: false };
    generations.add(generation);
    return generation;
  };
  let current = start(connection.tls);
  let checkedAt = clock.monotonic();
  let suspicious = false;
  let closed = false;
  const settle = async (generation: Generation): Promise<void> => {
    if (!generation.retired || generation.open > 0 || !generations.delete(generation)) return;
    await generation.close();
  };
  const checking = new SingleFlight<void>();
  const check = async (): Promise<void> => {
    try {
      const tls = await renewTls();
      checkedAt = clock.monotonic();
      suspicious = false;
      if (closed || (tls.cert === current.tls.cert && tls.key === current.tls.key)) return;
      const old = current;
      current = start(tls);
      old.retired = true;
      await settle(old);
    } catch (error) {
      onError?.(error);
    }
  };

  return {
    async send(request, sendOptions) {
      if (suspicious || clock.monotonic() - checkedAt >= CHECK_MS) await checking.run("", check);
      const generation = current;
      generation.open++;
      const done = () => {
        generation.open--;
        void settle(generation);
      };
      try {
        const response = await generation.send(request, sendOptions);
        if (response.status === 401) suspicious = true;
        return { ...response, body: endingWith(response.body, done) };
      } catch (error) {
        if (error instanceof TransportError && error.code === "tls") suspicious = true;
        done();
        throw error;
      }
    },
    async close() {
      closed = true;
      await Promise.all([...generations].map((generation) => generation.close()));
      generations.clear();
    },
  };
}

/** Calls `done` once the body has been read, given up, or has broken. */
async function* endingWith(body: AsyncIterable<Uint8Array>, done: () => void): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } finally {
    done();
  }
}
