import { type Change, type ChangeKind, changesOf, type Step } from "@ccm/baiducloud";
import { keyOf } from "@ccm/kube";
import { inspectorFor, readCluster, selectServices } from "./cluster.ts";
import { type Failed, failedOf, type Inspected, inspectAll } from "./inspect-all.ts";
import { EXIT, type Io } from "./io.ts";
import { type Format, plural, type Report, writeReport } from "./output.ts";
import { createProgress } from "./progress.ts";
import { type ConnectOptions, withSession } from "./session.ts";
import type { Tone } from "./table.ts";

export interface ServiceCommandOptions extends ConnectOptions {
  readonly services: readonly string[];
  readonly namespace?: string;
  readonly output: Format;
}

interface ServicePlan {
  readonly service: string;
  readonly loadBalancer: string;
  readonly addresses: readonly string[];
  readonly changes: readonly Change[];
  readonly steps: readonly Step[];
  readonly problems: readonly { readonly facet: string; readonly reason: string; readonly message: string }[];
}

/** What the CCM would change now for each Service. Reads the cluster and the cloud, and changes nothing. */
export async function plan(io: Io, options: ServiceCommandOptions): Promise<number> {
  const inspected = await inspectSelected(io, options);
  const plans = inspected.flatMap((one) => ("inspection" in one ? [planOf(one)] : []));
  const failed = failedOf(inspected);
  writeReport(io, options.output, reportOf(plans, failed));
  if (failed.length > 0) return EXIT.failure;
  return plans.some(({ changes, problems }) => changes.length + problems.length > 0) ? EXIT.findings : EXIT.nothing;
}

/** The Services that the command line selects, looked at in the cloud. */
export async function inspectSelected(io: Io, options: ServiceCommandOptions): Promise<readonly Inspected[]> {
  const { services: names, namespace } = options;
  const progress = createProgress(io);
  try {
    return await withSession(io, options, async (session) => {
      progress.step("reading the cluster");
      const cluster = await readCluster(session.kube.client, io.signal);
      const selection = { names, ...(namespace === undefined ? {} : { namespace }) };
      const services = selectServices(cluster, session.config, session.kube, selection);
      return inspectAll(services, inspectorFor(io, session, cluster), progress, io.signal);
    });
  } finally {
    progress.stop();
  }
}

function planOf({ service, inspection }: Extract<Inspected, { inspection: unknown }>): ServicePlan {
  const { observed, steps, problems } = inspection;
  return {
    service: keyOf(service),
    loadBalancer: observed.blb?.id ?? "",
    addresses: (service.status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip ?? hostname ?? ""),
    changes: changesOf(steps, observed),
    steps,
    problems: problems.map(({ facet, reason, message }) => ({ facet, reason, message })),
  };
}

/** What is lost is written so that it stands out also without colours. */
const WORDS: Readonly<Record<ChangeKind, readonly [word: string, tone: Tone]>> = {
  create: ["+ create", "plain"],
  change: ["~ change", "plain"],
  delete: ["- DELETE", "alarm"],
  replace: ["! REPLACE", "alarm"],
};

export function changeRow(service: string, { kind, object, detail }: Change) {
  const [word, tone] = WORDS[kind];
  return { cells: [service, word, object, detail], tone };
}

function reportOf(plans: readonly ServicePlan[], failed: readonly Failed[]): Report {
  const counted = { create: 0, change: 0, delete: 0, replace: 0 };
  for (const { changes } of plans) for (const { kind } of changes) counted[kind]++;
  const problems = plans.flatMap(({ service, problems: found }) => found.map((problem) => ({ service, ...problem })));
  const untouched = plans.filter(({ changes }) => changes.length === 0).length;
  const services = plural(plans.length, "Service");
  const total = counted.create + counted.change + counted.delete + counted.replace;
  const sum =
    total === 0
      ? `Nothing to change for ${services}.`
      : `${counted.create} to create, ${counted.change} to change, ${counted.delete} to DELETE, ${counted.replace} to REPLACE; ` +
        `nothing to change for ${untouched} of ${services}.`;
  return {
    data: {
      services: plans,
      failed,
      summary: { services: plans.length, ...counted, problems: problems.length, failed: failed.length },
    },
    sections: [
      {
        columns: ["SERVICE", "ACTION", "OBJECT", "DETAIL"],
        rows: plans.flatMap(({ service, changes }) => changes.map((change) => changeRow(service, change))),
      },
      problemSection(problems),
      failedSection(failed),
    ],
    summary:
      plans.length === 0 && failed.length > 0
        ? [notLookedAt(failed)]
        : [sum, ...(failed.length > 0 ? [notLookedAt(failed)] : [])],
  };
}

export function notLookedAt(failed: readonly Failed[]): string {
  return `${plural(failed.length, "Service")} could not be looked at.`;
}

export function problemSection(
  problems: readonly { readonly service: string; readonly reason: string; readonly message: string }[],
) {
  return {
    columns: ["SERVICE", "PROBLEM", "WHAT IS WRONG"],
    rows: problems.map(({ service, reason, message }) => ({
      cells: [service, reason, message],
      tone: "warn" as const,
    })),
  };
}

export function failedSection(failed: readonly Failed[]) {
  return {
    columns: ["SERVICE", "COULD NOT BE LOOKED AT"],
    rows: failed.map(({ service, error }) => ({ cells: [service, error], tone: "alarm" as const })),
  };
}
