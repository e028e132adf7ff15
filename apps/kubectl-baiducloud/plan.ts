import { readFile } from "node:fs/promises";
import {
  connectCloud,
  createObserver,
  inspectService,
  instanceIdOf,
  parseCloudConfig,
  type Step,
} from "@ccm/baiducloud";
import { silentLogger } from "@ccm/base";
import { openTransport, systemClock, systemRandom } from "@ccm/base/node";
import { wantsLoadBalancer } from "@ccm/cloud-provider";
import { createKubeClient, ENDPOINT_SLICES, keyOf, listAll, NODES, SERVICES } from "@ccm/kube";
import { connectKube } from "@ccm/kube/node";

export interface PlanOptions {
  readonly services: readonly string[];
  readonly cloudConfig: string;
  readonly kubeconfig: string;
  readonly context?: string;
  readonly json: boolean;
}

/** Exit code when something would change: a script can wait for 0. */
const CHANGES = 3;

/** Reads the cluster and the cloud, plans as the CCM does, and changes nothing. */
export async function plan(options: PlanOptions): Promise<number> {
  const text = await readFile(options.cloudConfig, "utf8").catch(() => {
    throw new Error(`--cloud-config ${options.cloudConfig}: no such file, or it cannot be read`);
  });
  const config = parseCloudConfig(text, options.cloudConfig, process.env);
  const connection = await connectKube(options);
  const kubeTransport = openTransport(connection.tls);
  const base = { clock: systemClock, random: systemRandom };
  const { clusterId } = config;
  const cloud = await connectCloud({
    ...base,
    config,
    openTransport,
    readFile: (path) => readFile(path, "utf8"),
    logger: silentLogger,
  });
  try {
    const { server: baseUrl, authorize } = connection;
    const client = createKubeClient({ ...base, baseUrl, authorize, send: kubeTransport.send });
    cloud.useKubernetes(client);
    const nodes = (await listAll(client, NODES)).items;
    const ids = nodes.map((node) => instanceIdOf(node.spec?.providerID)).filter((id) => id !== undefined);
    const services = (await listAll(client, SERVICES)).items;
    const slices = (await listAll(client, ENDPOINT_SLICES)).items;
    const observer = createObserver({
      client: cloud.client,
      clusterId,
      clock: systemClock,
      clusterInstances: () => new Set(ids),
      services: () => services,
    });
    const parts = { observer, clusterId, defaults: { bandwidthMbps: config.eipBandwidthInMbps } };
    const wanted = new Set(options.services.map((name) => (name.includes("/") ? name : `default/${name}`)));
    const all = services.filter(wantsLoadBalancer);
    const unknown = [...wanted].filter((key) => !all.some((service) => keyOf(service) === key));
    if (unknown.length > 0) throw new Error(`no Service of type LoadBalancer named ${unknown.join(", ")}`);
    let changes = 0;
    for (const service of all.filter((candidate) => wanted.size === 0 || wanted.has(keyOf(candidate)))) {
      const cluster = { services, nodes, slices };
      const { observed, steps, problems } = await inspectService(service, cluster, parts, AbortSignal.timeout(60_000));
      changes += steps.length;
      const address = service.status?.loadBalancer?.ingress?.[0]?.ip ?? "none";
      const report = {
        service: keyOf(service),
        loadBalancer: observed.blb?.id ?? null,
        address,
        steps,
        problems: problems.map(({ facet, reason, message }) => ({ facet, reason, message })),
      };
      if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`);
      else print(report);
    }
    return changes === 0 ? 0 : CHANGES;
  } finally {
    await Promise.all([kubeTransport.close(), cloud.close()]);
  }
}

function print(report: {
  readonly service: string;
  readonly loadBalancer: string | null;
  readonly address: string;
  readonly steps: readonly Step[];
  readonly problems: readonly { readonly facet: string; readonly message: string }[];
}): void {
  const lines = [`${report.service}: load balancer ${report.loadBalancer ?? "none"}, address ${report.address}`];
  for (const { facet, do: action, ...rest } of report.steps)
    lines.push(`  ${facet}: ${action} ${JSON.stringify(rest)}`);
  for (const { facet, message } of report.problems) lines.push(`  ${facet}: problem: ${message}`);
  if (report.steps.length === 0) lines.push("  nothing to change");
  process.stdout.write(`${lines.join("\n")}\n`);
}
