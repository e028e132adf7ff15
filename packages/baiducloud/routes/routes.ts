import type { Random } from "@ccm/base";
import { clientToken, isBceError, type RouteRule, type Vpc } from "@ccm/bce";
import { CloudError, type Route, type Routes } from "@ccm/cloud-provider";
import type { Node } from "@ccm/kube";
import { asCloudErrors } from "../errors.ts";
import { description } from "../marks.ts";
import { instanceIdOf } from "../provider-id.ts";

export interface RoutesOptions {
  readonly vpc: Vpc;
  readonly clusterId: string;
  readonly vpcId: () => Promise<string>;
  readonly random: Random;
}

/** "false" on a Node: no route to its Pods, and an existing one goes. */
export const ANNOTATION_ADVERTISE = "node.alpha.kubernetes.io/advertise-route";

/** Pod routes as rules of the VPC's route table, in the form that Baidu's own controllers write and read. */
export function createRoutes({ vpc, clusterId, vpcId, random }: RoutesOptions): Routes {
  const mark = description(clusterId);
  const isOurs = (rule: RouteRule): boolean =>
    rule.description === mark &&
    rule.nexthopType === "custom" &&
    rule.sourceAddress === anySource(rule.destinationAddress);
  const rules = async (signal: AbortSignal): Promise<readonly RouteRule[]> =>
    vpc.listRouteRules({ vpcId: await vpcId() }, { signal });
  /** One occasion: repeated attempts are one, but creating again what was deleted is another. */
  const token = (...purpose: readonly string[]) => clientToken(...purpose, random.uuid());
  const remove = async (id: string, signal: AbortSignal): Promise<void> => {
    try {
      await vpc.deleteRouteRule(id, { signal, clientToken: token("route", "delete", id) });
    } catch (error) {
      if (!isBceError(error, "absent")) throw error;
    }
  };

  return {
    list: (_clusterName, nodes, signal) =>
      asCloudErrors(async () => {
        const byInstance = new Map<string, Node>();
        for (const node of nodes) {
          const id = instanceIdOf(node.spec?.providerID);
          if (id) byInstance.set(id, node);
        }
        return (await rules(signal)).filter(isOurs).map((rule): Route => {
          const node = byInstance.get(rule.nexthopId);
          return {
            name: rule.routeRuleId,
            targetNode: node?.metadata.name ?? "",
            destinationCidr: rule.destinationAddress,
            blackhole: !node || !advertises(node),
          };
        });
      }),

    create: (_clusterName, node, destinationCidr, signal) =>
      asCloudErrors(async () => {
        if (!advertises(node)) return;
        const nexthopId = instanceIdOf(node.spec?.providerID);
        if (!nexthopId)
          throw new CloudError("permanent", `node ${node.metadata.name} has no provider ID of this cloud`);
        const sourceAddress = anySource(destinationCidr);
        const all = await rules(signal);
        for (const rule of all) {
          if (rule.destinationAddress !== destinationCidr || rule.sourceAddress !== sourceAddress) continue;
          if (rule.nexthopId === nexthopId && isOurs(rule)) return;
          if (!isOurs(rule)) {
            throw new CloudError(
              "permanent",
              `route rule ${rule.routeRuleId} to ${destinationCidr} (next hop ${rule.nexthopId || "none"}) is not this ` +
                `cluster's: expected its description to be "${mark}"; remove it or change the node's Pod CIDR`,
            );
          }
          await remove(rule.routeRuleId, signal);
        }
        const routeTableId = all[0]?.routeTableId ?? (await vpc.routeTable(await vpcId(), { signal })).routeTableId;
        await vpc.createRouteRule(
          {
            routeTableId,
            sourceAddress,
            destinationAddress: destinationCidr,
            nexthopId,
            nexthopType: "custom",
            description: mark,
            ...(destinationCidr.includes(":") ? { ipVersion: "6" as const } : {}),
          },
          { signal, lane: "user", clientToken: token("route", node.metadata.uid ?? "", destinationCidr) },
        );
      }),

    delete: (_clusterName, route, signal) => asCloudErrors(() => remove(route.name, signal)),

    wants: advertises,
  };
}

function anySource(destination: string): string {
  return destination.includes(":") ? "::/0" : "0.0.0.0/0";
}

function advertises(node: Node): boolean {
  return !/^(0|f|F|false|False|FALSE)$/.test(node.metadata.annotations?.[ANNOTATION_ADVERTISE] ?? "true");
}
