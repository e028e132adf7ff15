import { hostname } from "node:os";
import { errorText, type HttpHandler, jsonResponse, type Metrics, textResponse } from "@ccm/base";
import { listen, openTransport } from "@ccm/base/node";
import { createPrometheusMetrics, createStderrLogger } from "@ccm/cloud-provider/node";
import { createPullSecretController } from "@ccm/image-registry";
import { createEventRecorder, createKubeClient, createLeaderElector, renewingTransport } from "@ccm/kube";
import { connectKube } from "@ccm/kube/node";
import { type AccountOptions, openAccountOf, wholeNumber } from "./account.ts";
import { type Io, NAME, UsageFault } from "./io.ts";

export interface PullSecretsOptions extends Omit<AccountOptions, "registry" | "passwordHours"> {
  readonly kubeconfig?: string;
  readonly namespace: string;
  readonly configMap: string;
  readonly leaderElect: boolean;
  readonly port: string;
  readonly bindAddress: string;
  readonly logFormat: string;
}

const CONTROLLER = "pull-secret-controller";
/** As for every controller of Kubernetes. */
const LEASE = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2000 };
const QPS = 50;

/** Runs the pull secret controller until it is told to end, as one of several that are elected by a Lease. */
export async function pullSecrets(options: PullSecretsOptions, io: Io): Promise<void> {
  const { clock, random, signal } = io;
  const { kubeconfig = "", namespace, configMap, leaderElect, logFormat, bindAddress } = options;
  if (logFormat !== "text" && logFormat !== "json") throw new UsageFault("--log-format: expected text or json");
  const port = wholeNumber("port", options.port, 0, 65_535);
  const logger = createStderrLogger("info", logFormat);
  const metrics = createPrometheusMetrics();
  const closers: (() => Promise<void>)[] = [];
  try {
    const account = await openAccountOf({ ...options, passwordHours: "24" }, io);
    closers.push(account.close);
    const connection = await connectKube({ kubeconfig, metrics });
    const onError = (error: unknown) =>
      logger.warn("the client certificate cannot be read anew", { error: errorText(error) });
    const transport = renewingTransport({ connection, open: openTransport, clock, onError });
    closers.push(transport.close);
    const shared = { clock, random, logger, metrics };
    const clientOf = (qps: number) =>
      createKubeClient({
        ...shared,
        baseUrl: connection.server,
        send: transport.send,
        authorize: connection.authorize,
        userAgent: `${NAME}/${CONTROLLER}`,
        ...(qps > 0 ? { qps, burst: 2 * qps } : {}),
      });
    const client = clientOf(QPS);
    const events = createEventRecorder({ ...shared, client, component: CONTROLLER, host: hostname() });
    closers.push(events.flush);
    const controller = createPullSecretController({
      ...shared,
      api: (region) => account.client(region).ccr,
      client,
      events,
      namespace,
      configMap,
    });
    const elector = createLeaderElector({
      ...shared,
      ...LEASE,
      // Renewals wait behind nothing.
      client: clientOf(0),
      events,
      namespace,
      name: CONTROLLER,
      identity: `${hostname()}_${random.uuid()}`,
    });
    const problem = () => (leaderElect ? elector.healthProblem(20_000) : undefined);
    const server = await listen({ host: bindAddress, port, handler: pages(metrics, problem) });
    closers.push(server.close);
    logger.info("serving /healthz and /metrics", { port: server.port });
    await (leaderElect ? elector.run((term) => controller.run(term), signal) : controller.run(signal));
  } finally {
    for (const close of closers.toReversed()) await close();
  }
}

function pages(metrics: Metrics, problem: () => string | undefined): HttpHandler {
  return async ({ target }) => {
    const path = target.split("?", 1)[0];
    if (path === "/healthz") {
      const text = problem();
      return text === undefined ? textResponse(200, "ok\n") : textResponse(500, `${text}\n`);
    }
    if (path !== "/metrics") return jsonResponse(404, { message: "expected /healthz or /metrics" });
    const { contentType, body } = await metrics.expose();
    return textResponse(200, body, { "content-type": contentType });
  };
}
