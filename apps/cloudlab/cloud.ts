import { createSimulator, type Simulator, type SimulatorEvent } from "@ccm/baiducloud-simulator";
import { socketDataPlane } from "@ccm/baiducloud-simulator/node";
import type { Clock, HttpHandler, Logger, Random } from "@ccm/base";
import { listen } from "@ccm/base/node";

const HOST = "127.0.0.1";

export interface Cloud {
  /** Serves the API of every product, and the admin pages under /admin. */
  readonly url: string;
  readonly simulator: Simulator;
  close(): Promise<void>;
}

/** The Baidu AI Cloud simulator on a real socket, with a data plane of real sockets. Port 0 picks a free one. */
export async function startCloud(options: {
  readonly port: number;
  readonly eips: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly onChange?: (event: SimulatorEvent) => void;
}): Promise<Cloud> {
  const { clock, random, logger, onChange } = options;
  const simulator = createSimulator({
    clock,
    random,
    logger,
    eipPool: options.eips,
    dataPlane: socketDataPlane({
      clock,
      onProblem: (message) => onChange?.({ kind: "data-plane.problem", message }),
    }),
    ...(onChange ? { onChange } : {}),
  });
  const handler: HttpHandler = (request) =>
    /^\/admin([/?]|$)/.test(request.target) ? simulator.admin(request) : simulator.handler(request);
  const socket = await listen({ host: HOST, port: options.port, handler });
  return {
    url: `http://${HOST}:${socket.port}`,
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
