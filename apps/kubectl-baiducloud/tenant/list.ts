import type { Tenant } from "@ccm/tenancy";
import { EXIT, type Io } from "../io.ts";
import { type Format, plural, writeReport } from "../output.ts";
import { type ClusterOptions, listTenants, nameOf, namespacesByTenant, withTenants } from "./cluster.ts";
import { isFull, phaseOf, shown, type Use, usesOf } from "./usage.ts";

export interface ListOptions extends ClusterOptions {
  readonly output: Format;
}

export interface Row {
  readonly name: string;
  readonly phase: string;
  readonly owners: readonly string[];
  readonly uses: readonly Use[];
}

export async function readRows(io: Io, options: ClusterOptions): Promise<readonly Row[]> {
  return withTenants(io, options, async ({ client }) => {
    const [tenants, namespaces] = await Promise.all([
      listTenants(client, io.signal),
      namespacesByTenant(client, io.signal),
    ]);
    return tenants.map((tenant) => ({
      name: nameOf(tenant),
      phase: phaseOf(tenant),
      owners: ownersOf(tenant),
      uses: usesOf(tenant, namespaces.get(nameOf(tenant)) ?? []),
    }));
  });
}

/** "User/ann", "ServiceAccount/ci/deployer". */
export function ownersOf({ spec: { owners = [] } }: Tenant): readonly string[] {
  return owners.map(({ kind, name, namespace }) => [kind, namespace, name].filter(Boolean).join("/"));
}

/** All tenants, with what they use of what is limited. */
export async function list(io: Io, options: ListOptions): Promise<number> {
  const rows = await readRows(io, options);
  const shownUses = (uses: readonly Use[]) => uses.slice(0, 4).map(shown);
  writeReport(io, options.output, {
    data: { tenants: rows },
    sections: [
      {
        columns: ["NAME", "PHASE", "OWNERS", "NAMESPACES", "LOAD BALANCERS", "PUBLIC ADDRESSES", "MBPS"],
        rows: rows.map(({ name, phase, owners, uses }) => ({
          cells: [name, phase, owners.join(", ") || "-", ...shownUses(uses)],
          tone: phase !== "Active" || uses.some(isFull) ? "warn" : "plain",
        })),
      },
    ],
    summary: [`${plural(rows.length, "tenant")}.`],
  });
  return EXIT.nothing;
}
