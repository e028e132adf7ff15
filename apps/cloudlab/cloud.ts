import {
  type Backend,
  type ClusterAccess,
  createRecorder,
  createSimulator,
  type GivenWorld,
  type LoggedCall,
  type Recorder,
  requireHost,
  requireToken,
  type Simulator,
  type SimulatorEvent,
} from "@ccm/baiducloud-simulator";
import { createConsolePage, guardedListen, socketDataPlane } from "@ccm/baiducloud-simulator/node";
import type { Clock, HttpHandler, Logger, Random } from "@ccm/base";

const LOOPBACK = "127.0.0.1";
/** A layer of an image is larger than any call; on the shared port it is a body like all others. */
const MAX_LAYER_BYTES = 256 * 1024 * 1024;

export interface Cloud {
  /** Serves the API of every product, the admin API under /admin, and the page that shows it under /console/. */
  readonly url: string;
  /** Of each product, by name; all the same unless each has a port of its own, as that of the registries has always. */
  readonly endpoints: Readonly<Record<string, string>>;
  /** The admin API wants the header `authorization: Bearer <this>`. */
  readonly adminToken: string;
  /** The page, for a browser: the token is in the fragment, which is not sent. */
  readonly consoleUrl: string;
  readonly simulator: Simulator;
  close(): Promise<void>;
}

/** The Baidu AI Cloud simulator on a real socket, with a data plane of real sockets. Port 0 picks a free one. */
export async function startCloud(options: {
  readonly port: number;
  readonly eips: string;
  readonly vips: string;
  readonly clock: Clock;
  /** The cloud's own time, where it is another: clients sign, and traffic flows, by `clock`. */
  readonly cloudClock?: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Where everything is kept. Default: in memory. */
  readonly backend?: Backend;
  /** The address to listen at. Default: loopback. */
  readonly host?: string;
  /** Default: the one that the state, or else the world, begins with; "bj". */
  readonly region?: string;
  /** What an empty state begins with. */
  readonly world?: GivenWorld;
  /** Whether each product has a port of its own, beside the shared one. */
  readonly portsPerProduct?: boolean;
  /** Default: made from `random`. */
  readonly adminToken?: string;
  /** Gets one line of JSON for each call. */
  readonly record?: (line: string) => void;
  readonly onCall?: (call: LoggedCall) => void;
  /** The API servers behind clusters of CCE. */
  readonly clusterAccess?: ClusterAccess;
  readonly onChange?: (event: SimulatorEvent) => void;
}): Promise<Cloud> {
  const { clock, random, logger, onChange, host = LOOPBACK } = options;
  // Its first line names the region, which the simulator tells.
  let recorder: Recorder | undefined;
  const simulator = createSimulator({
    clock: options.cloudClock ?? clock,
    clientClock: clock,
    random,
    logger,
    ...(options.region === undefined ? {} : { region: options.region }),
    ...(options.world ? { worldFile: options.world } : {}),
    interceptors: [(exchange, run) => (recorder ? recorder.interceptor(exchange, run) : run())],
    onCall(call) {
      recorder?.onCall(call);
      options.onCall?.(call);
    },
    eipPool: options.eips,
    ...(options.backend ? { backend: options.backend } : {}),
    ...(options.clusterAccess ? { clusterAccess: options.clusterAccess } : {}),
    dataPlane: socketDataPlane({
      clock,
      vips: options.vips,
      onProblem: (message) => onChange?.({ kind: "data-plane.problem", message }),
    }),
    ...(onChange ? { onChange } : {}),
  });
  if (options.record) recorder = createRecorder(clock, simulator.region, options.record);
  const adminToken = options.adminToken ?? random.uuid();
  const inside = requireHost([host], requireToken(adminToken, simulator.admin));
  const page = requireHost([host], createConsolePage());
  const recorded = (handler: HttpHandler): HttpHandler => recorder?.wrap(handler) ?? handler;
  const api = recorded(simulator.handler);
  const handler: HttpHandler = (request) => {
    if (/^\/admin([/?]|$)/.test(request.target)) return inside(request);
    // Calls in RPC style are at / as well, with an action.
    return /^\/$|^\/console([/?]|$)/.test(request.target) ? page(request) : api(request);
  };
  const sockets = [await guardedListen({ host, port: options.port, handler })];
  const urlOf = (port: number) => `http://${urlHost(host)}:${port}`;
  const url = urlOf(sockets[0]?.port ?? 0);
  const endpoints: Record<string, string> = {};
  for (const [name, product] of Object.entries(simulator.products)) {
    endpoints[name] = url;
    // Registries take layers, and clients of docker's API cannot be told which host to name.
    if (!options.portsPerProduct && name !== "registry") continue;
    const limits = name === "registry" ? { bodyBytes: MAX_LAYER_BYTES } : {};
    const socket = await guardedListen({ host, port: 0, handler: recorded(product), limits });
    sockets.push(socket);
    endpoints[name] = urlOf(socket.port);
  }
  return {
    url,
    endpoints,
    adminToken,
    consoleUrl: `${url}/console/#token=${adminToken}`,
    simulator,
    async close() {
      await simulator.close();
      await Promise.all(sockets.map((socket) => socket.close()));
    },
  };
}

/** How a client on this machine calls it. */
function urlHost(host: string): string {
  if (host === "0.0.0.0" || host === "") return LOOPBACK;
  if (host === "::") return "[::1]";
  return host.includes(":") ? `[${host}]` : host;
}

/** Whether only this machine can reach it. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** The cloud config file of a CCM that works against the simulator. */
export function cloudConfigFor(cloud: Cloud, clusterId: string): string {
  const { simulator, url } = cloud;
  return `${JSON.stringify(
    {
      ClusterId: clusterId,
      Region: simulator.region,
      VpcId: simulator.vpcId,
      AccessKeyID: simulator.credentials.accessKeyId,
      SecretAccessKey: simulator.credentials.secretAccessKey,
      Endpoints: { bcc: url, blb: url, eip: url, cce: url },
    },
    null,
    2,
  )}\n`;
}
