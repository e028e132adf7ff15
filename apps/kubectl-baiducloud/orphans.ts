import { createOrphanRemover, findOrphans, inDeletionOrder, type Orphan, readCloud } from "@ccm/baiducloud";
import { errorText } from "@ccm/base";
import { inspectorFor, readCluster } from "./cluster.ts";
import { EXIT, type Io, UsageFault } from "./io.ts";
import { type Format, writeReport } from "./output.ts";
import { createProgress, type Progress } from "./progress.ts";
import { type ConnectOptions, type Session, withSession } from "./session.ts";
import type { Row } from "./table.ts";

export interface OrphansOptions extends ConnectOptions {
  readonly delete: boolean;
  readonly yes: boolean;
  readonly output: Format;
}

interface Found {
  readonly orphans: readonly Orphan[];
  readonly unread: readonly { readonly what: string; readonly why: string }[];
}

type Fate = "found" | "kept" | "deleted" | "failed" | "claimed meanwhile";
interface Line extends Orphan {
  readonly fate: Fate;
  readonly error: string;
}

/** What carries this cluster's marks in the cloud and nothing claims. Deletes it only when asked to, and then asks. */
export async function orphans(io: Io, options: OrphansOptions): Promise<number> {
  if (options.yes && !options.delete) throw new UsageFault("--yes: expected together with --delete");
  const progress = createProgress(io);
  try {
    return await withSession(io, options, async (session) => {
      const first = await look(io, session, progress);
      const listed = first.orphans.map(
        (orphan): Line => ({ ...orphan, fate: orphan.kept ? "kept" : "found", error: "" }),
      );
      const doomed = first.orphans.filter(({ kept }) => kept === "");
      if (!options.delete || doomed.length === 0) {
        write(io, options.output, session.config.clusterId, listed, first.unread);
        return first.orphans.length > 0 ? EXIT.findings : EXIT.nothing;
      }
      progress.stop();
      // On stderr for programs: their stdout is one document.
      if (!options.yes && !(await confirmed(io, doomed))) {
        write(io, options.output, session.config.clusterId, listed, first.unread);
        io.err("Nothing was deleted.\n");
        return EXIT.findings;
      }
      const lines = await remove(io, session, listed);
      write(io, options.output, session.config.clusterId, lines, first.unread);
      if (lines.some(({ fate }) => fate === "failed")) return EXIT.failure;
      return lines.some(({ fate }) => fate === "kept") ? EXIT.findings : EXIT.nothing;
    });
  } finally {
    progress.stop();
  }
}

async function look(io: Io, session: Session, progress?: Progress): Promise<Found> {
  const { config, cloud, kube } = session;
  progress?.step("reading the cluster");
  const before = await readCluster(kube.client, io.signal);
  progress?.step("reading load balancers, addresses, security groups and routes");
  const { vpcId } = inspectorFor(io, session, before);
  const content = await readCloud(cloud.client, vpcId, config.routeTableIds, io.signal);
  // Read again: whatever was made in the cloud meanwhile has its Service in this.
  const cluster = await readCluster(kube.client, io.signal);
  return { orphans: inDeletionOrder(findOrphans(config.clusterId, content, cluster)), unread: content.unread };
}

async function confirmed(io: Io, doomed: readonly Orphan[]): Promise<boolean> {
  for (const { kind, id, name } of doomed) io.err(`  ${kind} ${id} (${name})\n`);
  const answer = await io.ask(`Delete these ${doomed.length} objects for good? Type "yes" to go on: `);
  if (answer === undefined) throw new UsageFault("--delete asks first, and there is no terminal to ask at: add --yes");
  return answer.trim() === "yes";
}

async function remove(io: Io, session: Session, listed: readonly Line[]): Promise<readonly Line[]> {
  const progress = createProgress(io);
  try {
    // An answer takes its time: what somebody claims by now stays.
    const now = await look(io, session, progress);
    const removeOne = createOrphanRemover(session.cloud.client, io);
    const lines: Line[] = [];
    for (const line of listed) {
      if (line.fate === "kept") {
        lines.push(line);
        continue;
      }
      const still = now.orphans.find(({ kind, id }) => kind === line.kind && id === line.id);
      if (still?.kept !== "") {
        lines.push({ ...line, fate: "claimed meanwhile" });
        continue;
      }
      progress.step(`deleting ${still.kind} ${still.id}`);
      try {
        await removeOne(still, io.signal);
        lines.push({ ...line, fate: "deleted" });
      } catch (error) {
        if (io.signal.aborted) throw error;
        lines.push({ ...line, fate: "failed", error: errorText(error) });
      }
    }
    return lines;
  } finally {
    progress.stop();
  }
}

function write(
  io: Io,
  format: Format,
  clusterId: string,
  lines: readonly Line[],
  unread: readonly { readonly what: string; readonly why: string }[],
): void {
  const count = (fate: Fate) => lines.filter((line) => line.fate === fate).length;
  const deleted = count("deleted");
  const sum =
    lines.length === 0
      ? `Nothing in the cloud is marked as ${clusterId}'s without something in the cluster that claims it.`
      : deleted + count("failed") > 0
        ? `${deleted} deleted, ${count("failed")} failed, ${count("kept")} kept.`
        : `${lines.length} ${lines.length === 1 ? "object" : "objects"} of ${clusterId} that nothing claims; --delete removes ${count("found")} of them.`;
  writeReport(io, format, {
    data: { clusterId, orphans: lines, unread },
    sections: [
      { columns: ["KIND", "ID", "NAME", "MARK", "WHAT"], rows: lines.map(rowOf) },
      {
        columns: ["COULD NOT BE READ", "WHY"],
        rows: unread.map(({ what, why }) => ({ cells: [what, why], tone: "warn" })),
      },
    ],
    summary: [sum],
  });
}

function rowOf({ kind, id, name, mark, fate, kept, error }: Line): Row {
  const what = fate === "kept" ? `kept: ${kept}` : fate === "failed" ? `FAILED: ${error}` : fate;
  const tone = fate === "deleted" || fate === "failed" ? "alarm" : fate === "found" ? "warn" : "plain";
  return { cells: [kind, id, name, mark, what], tone };
}
