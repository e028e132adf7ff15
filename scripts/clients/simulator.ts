import {
  createSimulator,
  DEFAULT_TIMINGS,
  FIRST_ACCOUNT,
  type LoggedCall,
  type Quotas,
  type Timings,
} from "@ccm/baiducloud-simulator";
import { createLogger, seededRandom } from "@ccm/base";
import { createAuthority, listen, systemClock } from "@ccm/base/node";

const HOST = "127.0.0.1";
const WAIT_MS = 150;

/** So few that a tour can use them up. */
const QUOTAS: Partial<Quotas> = { vpcs: 6, eips: 12, blbs: 8, listenersPerBlb: 12 };

export interface CloudForTour {
  /** What a tour finds in CLIENT_TOUR. */
  readonly environment: Readonly<Record<string, unknown>>;
  /** Calls as the cloud counts them, by product. */
  calls(): ReadonlyMap<string, number>;
  close(): Promise<void>;
}

/** A simulator of its own for one tour: a port per host name of the cloud, waits that are real but short. */
export async function startCloudForTour(name: string): Promise<CloudForTour> {
  const calls = new Map<string, number>();
  const simulator = createSimulator({
    clock: systemClock,
    random: seededRandom(`clients ${name}`),
    logger: createLogger((level, message, fields) => {
      if (level === "error") process.stderr.write(`simulator of ${name}: ${message} ${JSON.stringify(fields)}\n`);
    }),
    timings: shortTimings(),
    quotas: QUOTAS,
    checkAnswers: true,
    onCall: ({ product = "none" }: LoggedCall) => calls.set(product, (calls.get(product) ?? 0) + 1),
  });
  const endpoints: Record<string, string> = {};
  const sockets: Awaited<ReturnType<typeof listen>>[] = [];
  for (const [host, handler] of Object.entries(simulator.products)) {
    const socket = await listen({ host: HOST, port: 0, handler });
    sockets.push(socket);
    endpoints[host] = `http://${HOST}:${socket.port}`;
  }
  return {
    environment: {
      endpoints,
      region: simulator.region,
      accountId: FIRST_ACCOUNT,
      certificates: await issueCertificates(),
      ...simulator.credentials,
    },
    calls: () => calls,
    async close() {
      await Promise.all(sockets.map((socket) => socket.close()));
      await simulator.close();
    },
  };
}

/** To upload: not every language can make its own. */
async function issueCertificates(): Promise<readonly Readonly<Record<"name" | "certPem" | "keyPem", string>>[]> {
  const authority = await createAuthority({ commonName: "tours", clock: systemClock });
  const issue = async (name: string) => {
    const { certPem, keyPem } = await authority.issue({ commonName: name, dnsNames: [name], server: true });
    return { name, certPem, keyPem };
  };
  return Promise.all(["tour.example", "other.example"].map(issue));
}

function shortTimings(): Timings {
  const entries = Object.entries(DEFAULT_TIMINGS).map(([name, ms]) => [name, Math.min(ms, WAIT_MS)]);
  return Object.fromEntries(entries) as unknown as Timings;
}
