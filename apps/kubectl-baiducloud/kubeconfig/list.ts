import { listClusters } from "@ccm/cluster-access";
import { type AccountOptions, openAccountOf } from "../credentials/account.ts";
import { EXIT, type Io } from "../io.ts";
import { type Format, plural, writeReport } from "../output.ts";
import { createProgress } from "../progress.ts";
import { lookingWith } from "./options.ts";

export interface ListOptions extends AccountOptions {
  readonly output: Format;
}

/** The clusters of the account in all regions. A region that cannot be read is told, and the others are shown. */
export async function list(io: Io, options: ListOptions): Promise<number> {
  const account = await openAccountOf(io, options);
  const progress = createProgress(io);
  try {
    const { clusters, unread } = await listClusters(
      account,
      lookingWith(io, (what) => progress.step(what)),
    );
    progress.stop();
    const read = account.regions.length - unread.length;
    writeReport(io, options.output, {
      data: { clusters, unread },
      sections: [
        {
          columns: ["REGION", "CLUSTER", "NAME", "VERSION", "PHASE", "NODES", "VPC", "PUBLIC"],
          rows: clusters.map(({ region, clusterId, name, version, phase, nodes, vpcIp, publicIp }) => ({
            cells: [region, clusterId, name, version, phase, String(nodes), vpcIp || "-", publicIp || "-"],
            tone: phase === "running" ? "plain" : "warn",
          })),
        },
        {
          columns: ["COULD NOT BE READ", "WHY"],
          rows: unread.map(({ region, why }) => ({ cells: [region, why], tone: "warn" })),
        },
      ],
      summary: [`${plural(clusters.length, "cluster")} in ${plural(read, "region")} (${account.source}).`],
    });
    return unread.length > 0 ? EXIT.failure : EXIT.nothing;
  } finally {
    progress.stop();
    await account.close();
  }
}
