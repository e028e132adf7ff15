import {
  adoptionOf,
  type FormerSetting,
  findOrphans,
  formerConfig,
  formerFlags,
  type Orphan,
  type RouteAdoption,
  readCloud,
  routeAdoptions,
  type ServiceAdoption,
} from "@ccm/baiducloud";
import { hasCode, type KubeClient, type KubeObject, type ResourceType } from "@ccm/kube";
import { inspectorFor, LEASE, readCluster, selectServices } from "./cluster.ts";
import { type Failed, failedOf, inspectAll } from "./inspect-all.ts";
import { EXIT, type Io } from "./io.ts";
import { type Format, writeReport } from "./output.ts";
import { changeRow, failedSection } from "./plan.ts";
import { createProgress } from "./progress.ts";
import { type ConnectOptions, readText, withSession } from "./session.ts";
import type { Section } from "./table.ts";

export interface MigrateOptions extends ConnectOptions {
  /** The Go CCM's cloud config. Default: the one at hand. */
  readonly formerConfig?: string;
  /** The Go CCM's command line. */
  readonly formerFlags: readonly string[];
  readonly output: Format;
}

interface Migration {
  readonly settings: readonly FormerSetting[];
  readonly services: readonly ServiceAdoption[];
  readonly routes: readonly RouteAdoption[];
  readonly leftovers: readonly Orphan[];
  readonly failed: readonly Failed[];
}

/** What taking over from the Go CCM would do. Changes nothing. */
export async function migrate(io: Io, options: MigrateOptions): Promise<number> {
  const progress = createProgress(io);
  try {
    const migration = await withSession(io, options, async (session): Promise<Migration> => {
      const { config, kube, cloud } = session;
      progress.step("reading the cluster");
      const cluster = await readCluster(kube.client, io.signal);
      const inspector = inspectorFor(io, session, cluster);
      const services = selectServices(cluster, config, kube, { names: [] });
      const inspected = await inspectAll(services, inspector, progress, io.signal);
      progress.step("reading routes, and what the Go CCM left");
      const content = await readCloud(cloud.client, inspector.vpcId, config.routeTableIds, io.signal);
      const path = options.formerConfig;
      const former =
        path === undefined ? session.configFile : { text: await readText(io, path, "--former-config"), source: path };
      return {
        settings: [
          ...(await runningFormerCcm(kube.client, io)),
          ...formerConfig(former.text, former.source, io.env),
          ...formerFlags(options.formerFlags, Object.keys(io.env)),
        ],
        services: inspected.flatMap((one) =>
          "inspection" in one ? [adoptionOf(one.service, one.inspection, config.clusterId)] : [],
        ),
        routes: routeAdoptions(cluster.nodes, content.routeTables, config.clusterId),
        leftovers: findOrphans(config.clusterId, content, cluster),
        failed: failedOf(inspected),
      };
    });
    write(io, options.output, migration);
    const { services, routes, leftovers, settings, failed } = migration;
    if (failed.length > 0) return EXIT.failure;
    const writes = services.some((one) => one.changes.length + one.writes.length + one.problems.length > 0);
    const moved = routes.some(({ what }) => what !== "adopted");
    return writes || moved || leftovers.length + settings.length > 0 ? EXIT.findings : EXIT.nothing;
  } finally {
    progress.stop();
  }
}

const ENDPOINTS: ResourceType<KubeObject> = {
  group: "",
  version: "v1",
  plural: "endpoints",
  kind: "Endpoints",
  namespaced: true,
};
const LEADER = "control-plane.alpha.kubernetes.io/leader";

/** The Go CCM locked an Endpoints object. One that was renewed a moment ago is a Go CCM that works. */
async function runningFormerCcm(client: KubeClient, io: Io): Promise<readonly FormerSetting[]> {
  try {
    const { metadata } = await client.get(ENDPOINTS, LEASE, { signal: io.signal });
    const record = JSON.parse(metadata.annotations?.[LEADER] ?? "{}") as Readonly<Record<string, unknown>>;
    const seconds = (io.clock.now() - Date.parse(String(record.renewTime ?? ""))) / 1000;
    if (!(seconds < 60)) return [];
    const setting = `Endpoints ${LEASE.namespace}/${LEASE.name}`;
    const found = `renewed ${Math.max(0, Math.round(seconds))} s ago by ${String(record.holderIdentity ?? "somebody")}`;
    const now = "a Go CCM is at work: stop it before this one starts, or both change the same load balancers";
    return [{ setting, found, action: "must", now }];
  } catch (error) {
    if (io.signal.aborted) throw error;
    if (error instanceof SyntaxError || hasCode(error, "not_found", "forbidden")) return [];
    throw error;
  }
}

const TONES = { must: "alarm", check: "warn", drop: "plain" } as const;

function write(io: Io, format: Format, migration: Migration): void {
  const { settings, services, routes, leftovers, failed } = migration;
  const adopted = services.filter(({ loadBalancer }) => loadBalancer !== "").length;
  const kinds = (what: RouteAdoption["what"]) => routes.filter((route) => route.what === what).length;
  const problems = services.flatMap((one) =>
    one.problems.map((text) => ({ cells: [one.service, text], tone: "warn" as const })),
  );
  const sections: readonly Section[] = [
    {
      title: "Settings of the Go CCM that change:",
      columns: ["ACTION", "SETTING", "FOUND", "NOW"],
      rows: settings.map(({ action, setting, found, now }) => ({
        cells: [action, setting, found, now],
        tone: TONES[action],
      })),
    },
    {
      title: "Load balancers and addresses:",
      columns: ["SERVICE", "LOAD BALANCER", "RECOGNISED BY", "ADDRESSES"],
      rows: services.map(({ service, loadBalancer, recognisedBy, addresses }) => ({
        cells: [service, loadBalancer || "none: a new one", recognisedBy, addresses.join(", ") || "none"],
        tone: loadBalancer === "" ? ("warn" as const) : ("plain" as const),
      })),
    },
    {
      title: "Would be written to the cloud:",
      columns: ["SERVICE", "ACTION", "OBJECT", "DETAIL"],
      rows: services.flatMap(({ service, changes }) => changes.map((change) => changeRow(service, change))),
    },
    {
      title: "Would be written to Kubernetes:",
      columns: ["SERVICE", "WHAT"],
      rows: services.flatMap(({ service, writes }) => writes.map((what) => ({ cells: [service, what] }))),
    },
    { columns: ["SERVICE", "PROBLEM"], rows: problems },
    {
      title: "Routes:",
      columns: ["NODE", "POD CIDR", "TABLE", "RULE", "WHAT", "WHY"],
      rows: routes.map(({ node, cidr, table, rule, what, why }) => ({
        cells: [node, cidr, table, rule || "none", what, why],
        tone: what === "left" ? ("warn" as const) : ("plain" as const),
      })),
    },
    {
      title: "Marked as this cluster's and claimed by nothing; taking over does not touch it (orphans --delete does):",
      columns: ["KIND", "ID", "NAME"],
      rows: leftovers.map(({ kind, id, name }) => ({ cells: [kind, id, name], tone: "warn" as const })),
    },
    failedSection(failed),
  ];
  writeReport(io, format, {
    data: { ...migration },
    sections,
    summary: [
      `${adopted} of ${services.length} load balancers are taken over; routes: ${kinds("adopted")} adopted, ` +
        `${kinds("repointed")} repointed, ${kinds("made")} made, ${kinds("left")} left alone. Nothing was changed.`,
    ],
  });
}
