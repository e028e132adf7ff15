import { wantsLoadBalancer } from "@ccm/cloud-provider";
import { keyOf, listAll, SERVICES, type Service } from "@ccm/kube";
import type { Tenant } from "@ccm/tenancy";
import { EXIT, type Io } from "../io.ts";
import { type Format, writeReport } from "../output.ts";
import { type ClusterOptions, getTenant, namespacesByTenant, withTenants } from "./cluster.ts";
import { ownersOf } from "./list.ts";
import { isFull, phaseOf, usesOf } from "./usage.ts";

export interface DescribeOptions extends ClusterOptions {
  readonly output: Format;
}

/** All there is to know of a tenant: who it is, what it uses and may use, and what has an address. */
export async function describe(io: Io, name: string, options: DescribeOptions): Promise<number> {
  const found = await withTenants(io, options, async ({ client }) => {
    const tenant = await getTenant(client, name, io.signal);
    const namespaces = (await namespacesByTenant(client, io.signal)).get(name) ?? [];
    const { items } = await listAll(client, SERVICES, { signal: io.signal });
    const own = items.filter((one) => wantsLoadBalancer(one) && namespaces.includes(one.metadata.namespace ?? ""));
    return { tenant, namespaces, services: own.map(serviceRow) };
  });
  const { tenant, namespaces, services } = found;
  const uses = usesOf(tenant, namespaces);
  const { conditions = [] } = tenant.status ?? {};
  writeReport(io, options.output, {
    data: { name, phase: phaseOf(tenant), spec: tenant.spec, namespaces, uses, services, conditions },
    sections: [
      {
        title: `Tenant ${name}: ${phaseOf(tenant)}`,
        columns: [],
        rows: factsOf(tenant, namespaces).map(([label, text]) => ({ cells: [`  ${`${label}:`.padEnd(17)}${text}`] })),
      },
      {
        title: "What it uses:",
        columns: ["  WHAT", "USED", "LIMIT"],
        rows: uses.map((use) => ({
          cells: [`  ${use.what}`, use.used, use.limit || "-"],
          tone: isFull(use) ? "warn" : "plain",
        })),
      },
      {
        title: "Services with a load balancer:",
        columns: ["  SERVICE", "ADDRESS", "STATE"],
        rows: services.map(({ service, address, state }) => ({
          cells: [`  ${service}`, address || "-", state],
          tone: address === "" ? "warn" : "plain",
        })),
      },
      {
        title: "Conditions:",
        columns: ["  TYPE", "STATUS", "REASON", "MESSAGE"],
        rows: conditions.map(({ type, status, reason, message }) => ({
          cells: [`  ${type}`, status, reason, message],
        })),
      },
    ],
    summary: [],
  });
  return EXIT.nothing;
}

function factsOf(tenant: Tenant, namespaces: readonly string[]): readonly (readonly [string, string])[] {
  const { spec } = tenant;
  const { allowedSubnets = [], tags = {} } = spec.cloud ?? {};
  const pairs = Object.entries(tags).map(([key, value]) => `${key}=${value}`);
  const facts: readonly (readonly [string, string])[] = [
    ["owners", ownersOf(tenant).join(", ")],
    ["namespaces", namespaces.join(", ")],
    ["network", spec.network?.isolation ?? ""],
    ["subnets", allowedSubnets.join(", ")],
    ["tags", pairs.join(", ")],
    ["deletion policy", spec.deletionPolicy ?? ""],
  ];
  return facts.filter(([, text]) => text !== "");
}

function serviceRow(service: Service) {
  const ready = service.status?.conditions?.find(({ type }) => type === "LoadBalancerReady");
  const address = (service.status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip ?? hostname).join(", ");
  const why = ready?.status === "False" ? `${ready.reason}: ${ready.message}` : "";
  return { service: keyOf(service), address, state: why || (address === "" ? "no address yet" : "ready") };
}
