import { parseDocument } from "yaml";
import { CONTROLLER_NAMES, type ControllerName, canonicalNames } from "./controller-names.ts";
import { UsageError } from "./usage-error.ts";

/** Which manager runs which controller while controllers move from one manager to another. */
export interface LeaderMigration {
  /** Name of the second Lease. */
  readonly leaderName: string;
  /** Accepted and shown; a Lease is what is used. */
  readonly resourceLock: string;
  readonly controllerLeaders: readonly ControllerLeader[];
}

export interface ControllerLeader {
  readonly name: string;
  /** "cloud-controller-manager", "kube-controller-manager", or "*" for whoever holds the second Lease. */
  readonly component: string;
}

/** migrated: runs under the second Lease. unowned: another manager's. non-migrated: runs under the main Lease. */
export type Placement = "migrated" | "unowned" | "non-migrated";

const GROUP = "controllermanager.config.k8s.io";
const KIND = "LeaderMigrationConfiguration";
/** v1 has no lock: it is always a Lease. */
const VERSIONS: Readonly<Record<string, readonly string[]>> = {
  v1alpha1: ["leaderName", "resourceLock", "controllerLeaders"],
  v1beta1: ["leaderName", "resourceLock", "controllerLeaders"],
  v1: ["leaderName", "controllerLeaders"],
};
const LOCKS = ["leases", "endpoints"];

/** Names that controllers had when the default was written, and still have in files. */
const FORMER_NAMES: readonly ControllerName[] = [
  { canonical: "node-route-controller", aliases: ["route-controller"] },
  { canonical: "service-lb-controller", aliases: ["service-controller"] },
];

export const DEFAULT_LEADER_MIGRATION: LeaderMigration = {
  leaderName: "cloud-provider-extraction-migration",
  resourceLock: "leases",
  controllerLeaders: ["route-controller", "service-controller", "cloud-node-lifecycle-controller"].map((name) => ({
    name,
    component: "*",
  })),
};

/** Reads the file of --leader-migration-config. Throws a UsageError: one line with the file, the field and what was expected. */
export function parseLeaderMigration(text: string, source: string): LeaderMigration {
  const root = parseStrictly(text, source);
  const { apiVersion, kind, ...fields } = root;
  const version =
    typeof apiVersion === "string" && apiVersion.startsWith(`${GROUP}/`) ? apiVersion.slice(GROUP.length + 1) : "";
  const known = VERSIONS[version];
  if (kind !== KIND || !known) {
    throw fault(source, `expected kind ${KIND} of ${GROUP}/v1, v1beta1 or v1alpha1`);
  }
  refuseUnknown(fields, known, source);
  const { leaderName, resourceLock = version === "v1" ? "leases" : undefined, controllerLeaders = [] } = fields;
  if (!Array.isArray(controllerLeaders)) throw fault(source, "controllerLeaders: expected a list");
  const migration = {
    leaderName: textAt(leaderName, "leaderName", source),
    resourceLock: textAt(resourceLock, "resourceLock", source),
    controllerLeaders: controllerLeaders.map((entry: unknown, index): ControllerLeader => {
      const where = `${source}: controllerLeaders[${index}]`;
      if (!isMapping(entry)) throw fault(where, "expected a mapping");
      refuseUnknown(entry, ["name", "component"], where);
      return { name: textAt(entry.name, "name", where), component: textAt(entry.component, "component", where) };
    }),
  };
  const [first] = migrationFaults(migration);
  if (first) throw fault(source, first);
  return migration;
}

/** What is wrong with it, one sentence each. */
export function migrationFaults({ leaderName, resourceLock, controllerLeaders }: LeaderMigration): readonly string[] {
  return [
    ...(leaderName === "" ? ["leaderName must be set"] : []),
    ...(LOCKS.includes(resourceLock) ? [] : [`resourceLock "${resourceLock}": expected ${LOCKS.join(" or ")}`]),
    ...controllerLeaders.flatMap(({ name, component }, index) => [
      ...(name === "" ? [`controllerLeaders[${index}]: name must be set`] : []),
      ...(component === "" ? [`controllerLeaders[${index}]: component must be set`] : []),
    ]),
  ];
}

/** Where a controller runs, seen from the manager `component`. Aliases and former names in the list are understood. */
export function placementOf(
  controller: string,
  { controllerLeaders }: LeaderMigration,
  component: string,
  known: readonly ControllerName[] = CONTROLLER_NAMES,
): Placement {
  const canonical = (name: string) => canonicalNames(canonicalNames([name], FORMER_NAMES), known)[0];
  const entry = controllerLeaders.find(({ name }) => canonical(name) === canonical(controller));
  if (!entry) return "non-migrated";
  return entry.component === component || entry.component === "*" ? "migrated" : "unowned";
}

type Mapping = Readonly<Record<string, unknown>>;

function parseStrictly(text: string, source: string): Mapping {
  const document = parseDocument(text, { uniqueKeys: true, logLevel: "error" });
  const [error] = document.errors;
  if (error) throw fault(source, `line ${error.linePos?.[0].line ?? 1}: ${error.message.split("\n")[0]}`);
  const value: unknown = document.toJS();
  if (!isMapping(value)) throw fault(source, `expected a ${KIND}, found nothing of the kind`);
  return value;
}

function refuseUnknown(value: Mapping, known: readonly string[], where: string): void {
  const unknown = Object.keys(value).find((field) => !known.includes(field));
  if (unknown !== undefined) throw fault(where, `unknown field "${unknown}", expected ${known.join(", ")}`);
}

function textAt(value: unknown, field: string, where: string): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return value;
  throw fault(where, `${field}: expected a text`);
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function fault(where: string, expected: string): UsageError {
  return new UsageError(`--leader-migration-config ${where}: ${expected}`);
}
