import {
  type Backend,
  createSimulator,
  requireToken,
  type Simulator,
  type SimulatorEvent,
} from "@ccm/baiducloud-simulator";
import { createConsolePage, socketDataPlane } from "@ccm/baiducloud-simulator/node";
import type { Clock, HttpHandler, Logger, Random } from "@ccm/base";
import { listen } from "@ccm/base/node";

const HOST = "127.0.0.1";

export interface Cloud {
  /** Serves the API of every product, the admin API under /admin, and the page that shows it under /console/. */
  readonly url: string;
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
  readonly random: Random;
  readonly logger: Logger;
  /** Where everything is kept. Default: in memory. */
  readonly backend?: Backend;
  readonly onChange?: (event: SimulatorEvent) => void;
}): Promise<Cloud> {
  const { clock, random, logger, onChange } = options;
  const simulator = createSimulator({
    clock,
    random,
    logger,
    eipPool: options.eips,
    ...(options.backend ? { backend: options.backend } : {}),
    dataPlane: socketDataPlane({
      clock,
      vips: options.vips,
      onProblem: (message) => onChange?.({ kind: "data-plane.problem", message }),
    }),
    ...(onChange ? { onChange } : {}),
  });
  const adminToken = random.uuid();
  const admin = requireToken(adminToken, simulator.admin);
  const page = createConsolePage();
  const handler: HttpHandler = (request) => {
    if (/^\/admin([/?]|$)/.test(request.target)) return admin(request);
    // Calls in RPC style are at / as well, with an action.
    return /^\/$|^\/console([/?]|$)/.test(request.target) ? page(request) : simulator.handler(request);
  };
  const socket = await listen({ host: HOST, port: options.port, handler });
  const url = `http://${HOST}:${socket.port}`;
  return {
    url,
    adminToken,
    consoleUrl: `${url}/console/#token=${adminToken}`,
    simulator,
    async close() {
      await simulator.close();
      await socket.close();
    },
  };
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
