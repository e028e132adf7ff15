import { type ListenerType, ordinaryKind } from "../../products/blb/listener-fields.ts";

type Part = Readonly<Record<string, unknown>>;

/** What an export leaves out, as it goes without saying. */
const USUAL: Part = {
  status: "Running",
  inCluster: true,
  ipv6: false,
  default: false,
  weight: 100,
  ipVersion: "ipv4",
  allowDelete: true,
  billingMethod: "ByTraffic",
  routeType: "BGP",
  deleteProtect: false,
};
/** An export may refer by name to what the file calls by its id. */
const REFERENCES = ["instance", "nextHop", "subnet", "boundTo", "securityGroups", "sourceGroup"];

/** Where an export lacks what the file says; undefined where it has all of it. */
export function lacking(file: unknown, exported: unknown, where = ""): string | undefined {
  if (Array.isArray(file)) return lackingInList(file, exported, where);
  if (typeof file !== "object" || file === null) return file === exported ? undefined : `${where}: ${String(exported)}`;
  const [wanted, found] = [file as Part, (exported ?? {}) as Part];
  const usual = typeof wanted.protocol === "string" ? { ...USUAL, ...usualOfListener(wanted) } : USUAL;
  for (const [key, value] of Object.entries(wanted)) {
    const isPlain = value === undefined || (found[key] === undefined && isUsual(key, value, usual));
    const isThere = REFERENCES.includes(key) && found[key] !== undefined;
    if (isPlain || isThere) continue;
    const missing = lacking(value, found[key], `${where}.${key}`);
    if (missing !== undefined) return missing;
  }
  return undefined;
}

function lackingInList(file: readonly unknown[], exported: unknown, where: string): string | undefined {
  const left = Array.isArray(exported) ? [...exported] : [];
  for (const [index, item] of file.flatMap(copiesOf).entries()) {
    const at = left.findIndex((one) => lacking(item, one) === undefined);
    if (at < 0) return `${where}[${index}]: ${JSON.stringify(item)} is not in ${JSON.stringify(left)}`;
    left.splice(at, 1);
  }
  return undefined;
}

function copiesOf(item: unknown): readonly unknown[] {
  if (typeof item !== "object" || item === null || !("count" in item)) return [item];
  const { count, name, ...rest } = item as Part;
  return Array.from({ length: Number(count) }, (_, index) => ({ ...rest, name: `${String(name)}-${index + 1}` }));
}

function isUsual(key: string, value: unknown, usual: Part): boolean {
  if (Array.isArray(value)) return value.length === 0 || (key === "securityGroups" && String(value) === "default");
  return value === usual[key];
}

function usualOfListener({ protocol, port }: Part): Part {
  return ordinaryKind(protocol as ListenerType).defaults({ backendPort: port });
}
