import {
  ACCESS_NEEDS,
  type Check,
  type CloudConfig,
  checkClock,
  checkCloud,
  checkNodeSource,
  checkNodes,
  checkQuotas,
  createInspector,
  observeServerTime,
  ok,
  parseCloudConfig,
  refusedVerbs,
  secretNeed,
  trouble,
} from "@ccm/baiducloud";
import { errorText } from "@ccm/base";
import { hasCode, type KubeClient, listAll, NODES, type Node } from "@ccm/kube";
import { LEASE, readLeader } from "./cluster.ts";
import { EXIT, type Io, UsageFault } from "./io.ts";
import { type Format, plural, writeReport } from "./output.ts";
import { createProgress } from "./progress.ts";
import { type ConnectOptions, type Kube, openCloud, openKube, readCloudConfig, warnings } from "./session.ts";

export interface DoctorOptions extends ConnectOptions {
  /** namespace/name, or "self". */
  readonly serviceAccount: string;
  readonly output: Format;
}

/** A check must come to its end also when nothing answers. */
const PATIENCE = { retries: 1, timeoutMs: 10_000 };

/** Looks at everything that has to be right for the CCM to work. Changes nothing. */
export async function doctor(io: Io, options: DoctorOptions): Promise<number> {
  const account = accountOf(options.serviceAccount);
  const progress = createProgress(io);
  const checks: Check[] = [];
  try {
    progress.step("asking the API server");
    const kube = await openKube(io, options);
    try {
      const nodes = await checkCluster(io, kube, checks);
      const config = await checkConfig(io, kube, options, checks);
      if (nodes) {
        progress.step("asking what the CCM may do in the cluster");
        checks.push(...(await checkAccess(io, account === "" ? kube.client : kube.as(account), account, config)));
      }
      if (config) {
        progress.step("asking each product of the cloud");
        checks.push(...(await checkTheCloud(io, kube, config, nodes ?? [])));
      }
    } finally {
      await kube.close();
    }
  } finally {
    progress.stop();
  }
  write(io, options.output, checks);
  return checks.some(({ result }) => result === "failed" || result === "warning") ? EXIT.findings : EXIT.nothing;
}

function accountOf(text: string): string {
  if (text === "self") return "";
  const [, namespace, name] = /^([^/:\s]+)\/([^/:\s]+)$/.exec(text) ?? [];
  if (!namespace || !name) throw new UsageFault(`--service-account ${text}: expected namespace/name, or self`);
  return `system:serviceaccount:${namespace}:${name}`;
}

/** Undefined: the API server does not answer. */
async function checkCluster(
  io: Io,
  { client, connection }: Kube,
  checks: Check[],
): Promise<readonly Node[] | undefined> {
  try {
    const { gitVersion } = JSON.parse(await client.read("/version", { signal: io.signal })) as { gitVersion?: unknown };
    checks.push(
      ok("cluster", connection.server, `Kubernetes ${typeof gitVersion === "string" ? gitVersion : "answers"}`),
    );
    const leader = await readLeader(client, io.clock, io.signal);
    const name = `Lease ${LEASE.namespace}/${LEASE.name}`;
    if (!leader) checks.push(trouble("cluster", name, "skipped", "you may not read it"));
    else if (leader.holder !== "") {
      checks.push(ok("cluster", name, `held by ${leader.holder}, renewed ${leader.renewedSecondsAgo} s ago`));
    } else {
      const detail = Number.isNaN(leader.renewedSecondsAgo)
        ? "there is none: no CCM has run yet"
        : `held by nobody, renewed ${leader.renewedSecondsAgo} s ago: no CCM is running`;
      checks.push(
        trouble("cluster", name, "warning", detail, "start the cloud controller manager, and look at its log"),
      );
    }
    const { items } = await listAll(client, NODES, { signal: io.signal });
    checks.push(checkNodes(items));
    return items;
  } catch (error) {
    if (io.signal.aborted) throw error;
    const todo = "correct --kubeconfig or --context, or ask for the right to read";
    checks.push(trouble("cluster", connection.server, "failed", errorText(error), todo));
    return undefined;
  }
}

async function checkConfig(
  io: Io,
  kube: Kube,
  options: ConnectOptions,
  checks: Check[],
): Promise<CloudConfig | undefined> {
  try {
    const { text, source } = await readCloudConfig(io, kube.client, options);
    const config = parseCloudConfig(text, source, io.env);
    const { clusterId, region, unknownKeys } = config;
    checks.push(ok("configuration", source, `cluster ${clusterId} in region ${region}`));
    if (unknownKeys.length > 0) {
      const detail = `keys that mean nothing: ${unknownKeys.join(", ")}`;
      checks.push(trouble("configuration", source, "warning", detail, "correct or remove them (docs/cloud-config.md)"));
    }
    return config;
  } catch (error) {
    if (io.signal.aborted || error instanceof UsageFault) throw error;
    checks.push(trouble("configuration", "cloud config", "failed", errorText(error), "see docs/cloud-config.md"));
    return undefined;
  }
}

/** Asked as the service account itself, as `kubectl auth can-i --as` does. */
async function checkAccess(
  io: Io,
  client: KubeClient,
  account: string,
  config: CloudConfig | undefined,
): Promise<readonly Check[]> {
  const who = account === "" ? "you" : account;
  const { credentials } = config ?? {};
  const secret =
    credentials?.from === "secret"
      ? credentials
      : credentials?.from === "gateway" && credentials.token.from === "secret"
        ? credentials.token
        : undefined;
  const needs = secret ? [...ACCESS_NEEDS, secretNeed(secret)] : ACCESS_NEEDS;
  try {
    return await Promise.all(
      needs.map(async (need): Promise<Check> => {
        const { resource, subresource, namespace, name, verbs, why } = need;
        const what = `${subresource ? `${resource}/${subresource}` : resource}${namespace === "" ? "" : ` in ${namespace}`}${name === "" ? "" : ` (${name})`}`;
        const refused = await refusedVerbs(client, need, io.signal);
        if (refused.length === 0) return ok("access", what, `${verbs.join(", ")}: ${why}`);
        const detail = `${who} may not ${refused.join(", ")}: ${why}`;
        return trouble("access", what, "failed", detail, "apply deploy/rbac.yaml and deploy/rbac-baiducloud.yaml");
      }),
    );
  } catch (error) {
    if (io.signal.aborted || !hasCode(error, "forbidden")) throw error;
    const todo =
      "ask for the right to impersonate service accounts, or run it as that account with --service-account self";
    return [trouble("access", who, "skipped", "you may not ask for it", todo)];
  }
}

async function checkTheCloud(
  io: Io,
  kube: Kube,
  config: CloudConfig,
  nodes: readonly Node[],
): Promise<readonly Check[]> {
  const time = observeServerTime(io.openTransport, io.clock);
  const cloud = await openCloud(io, { ...config, ...PATIENCE }, kube.client, time.openTransport);
  try {
    const cluster = { services: [], nodes, slices: [] };
    const parts = { clock: io.clock, logger: warnings({ err: () => {} }) };
    const { vpcId } = createInspector({ config, client: cloud.client, cluster, ...parts });
    const { checks, used } = await checkCloud(config, cloud.client, vpcId, io.signal);
    const source = await checkNodeSource(config, cloud.client);
    const [credentials, ...endpoints] = checks;
    return [
      ...(credentials ? [credentials] : []),
      checkClock(time.aheadMs()),
      ...endpoints,
      ...(await checkQuotas(cloud.client, used, io.signal)),
      source,
    ];
  } finally {
    await cloud.close();
  }
}

const MARKS = { ok: "ok", warning: "WARNING", failed: "FAILED", skipped: "skipped" } as const;
const TONES = { ok: "good", warning: "warn", failed: "alarm", skipped: "plain" } as const;

function write(io: Io, format: Format, checks: readonly Check[]): void {
  const count = (result: Check["result"]) => checks.filter((check) => check.result === result).length;
  // One remedy may heal several.
  const todo = Map.groupBy(
    checks.filter((check) => check.todo !== ""),
    (check) => check.todo.replace(" (see doctor)", ""),
  );
  writeReport(io, format, {
    data: {
      checks,
      summary: { ok: count("ok"), warnings: count("warning"), failed: count("failed"), skipped: count("skipped") },
    },
    sections: [
      {
        columns: ["RESULT", "AREA", "WHAT", "DETAIL"],
        rows: checks.map(({ result, area, name, detail }) => ({
          cells: [MARKS[result], area, name, detail],
          tone: TONES[result],
        })),
      },
      {
        title: "What to do:",
        columns: [],
        rows: [],
        lines: [...todo].map(
          ([text, all]) => `  ${text} (${all.map(({ area, name }) => `${area} ${name}`).join("; ")})`,
        ),
      },
    ],
    summary: [
      `${count("ok")} ok, ${plural(count("warning"), "warning")}, ${count("failed")} failed, ${count("skipped")} skipped.`,
    ],
  });
}
