import type { RouteRule } from "@ccm/bce";
import { FINALIZER_LOAD_BALANCER } from "@ccm/cloud-provider";
import { keyOf, type Node, type Service } from "@ccm/kube";
import { readAnnotations } from "../load-balancers/annotations.ts";
import type { Inspection } from "../load-balancers/inspect.ts";
import { notesFor } from "../load-balancers/recorder.ts";
import { description, formerNames, makerOf } from "../marks.ts";
import { instanceIdOf } from "../provider-id.ts";
import { podCidrsOf, rangeOf, routeModeOf } from "../routes/node-routes.ts";
import { anySource, type RouteTable } from "../routes/route-tables.ts";
import { type Change, changesOf } from "./step-text.ts";

/** How the load balancer of a Service is recognised when we take over. */
export type Generation =
  /** Tagged already, by us or by CCE's own controller. */
  | "tags"
  /** `CCE/SVC/<cluster>/<namespace>/<name>`: the former CCM, 2020. */
  | "CCE/SVC"
  /** `<cluster>/<namespace>/<name>`: the former CCM, up to v1.0.14. */
  | "cluster/namespace/name"
  /** `a<uid>`: the first ones. */
  | "uid"
  /** By a note on the Service, or by the name that its user chose. */
  | "annotation"
  /** The user's own, which stays when the Service goes. */
  | "named by the user"
  | "none";

/** What taking over does with one Service. */
export interface ServiceAdoption {
  readonly service: string;
  readonly loadBalancer: string;
  readonly recognisedBy: Generation;
  readonly addresses: readonly string[];
  /** Written to the cloud. */
  readonly changes: readonly Change[];
  /** Written to the Service: its finalizer, and our notes. */
  readonly writes: readonly string[];
  readonly problems: readonly string[];
}

/** Pure. */
export function adoptionOf(
  service: Service,
  { observed, steps, problems }: Inspection,
  clusterId: string,
): ServiceAdoption {
  const { blb, ownEips, givenEip } = observed;
  const notes = blb ? Object.entries(notesFor(service, observed)) : [];
  const eips = [...ownEips, ...(givenEip ? [givenEip] : [])].map(({ eip }) => eip);
  return {
    service: keyOf(service),
    loadBalancer: blb?.id ?? "",
    recognisedBy: generationOf(service, observed, clusterId),
    addresses: eips.length > 0 ? eips : blb?.publicIp ? [blb.publicIp] : [],
    changes: changesOf(steps, observed),
    writes: [
      ...(service.metadata.finalizers?.includes(FINALIZER_LOAD_BALANCER)
        ? []
        : [`finalizer ${FINALIZER_LOAD_BALANCER}`]),
      ...notes.map(([key, value]) => (value === null ? `annotation ${key} removed` : `annotation ${key}=${value}`)),
    ],
    problems: problems.map(({ message }) => message),
  };
}

function generationOf(service: Service, { blb }: Inspection["observed"], clusterId: string): Generation {
  if (!blb) return "none";
  if (!blb.ours) return "named by the user";
  if (makerOf(blb) !== undefined) return "tags";
  const { namespace = "", name = "", uid = "" } = service.metadata;
  const generations: readonly Generation[] = ["CCE/SVC", "cluster/namespace/name", "uid"];
  const index = formerNames(clusterId, namespace, name, uid).indexOf(blb.name);
  const { addedId, name: chosen } = readAnnotations(service.metadata.annotations ?? {}).settings;
  return generations[index] ?? (addedId === blb.id || chosen === blb.name ? "annotation" : "none");
}

/** What taking over does with one Pod CIDR of one Node, in one table. */
export interface RouteAdoption {
  readonly node: string;
  readonly cidr: string;
  readonly table: string;
  /** "" for none. */
  readonly rule: string;
  /** left: the Node, or somebody else's rule, says that it is not for us. */
  readonly what: "adopted" | "repointed" | "made" | "left";
  readonly why: string;
}

/** Pure. Rules of ours that fit no Node are orphans: the former CCM never removed them (see `findOrphans`). */
export function routeAdoptions(
  nodes: readonly Node[],
  tables: readonly RouteTable[],
  clusterId: string,
): readonly RouteAdoption[] {
  const mark = description(clusterId);
  return nodes.flatMap((node) =>
    podCidrsOf(node).flatMap((cidr) =>
      tables.map(({ id, rules }): RouteAdoption => {
        const rule = rules.find(
          ({ destinationAddress, sourceAddress }) =>
            rangeOf(destinationAddress) === rangeOf(cidr) && sourceAddress === anySource(cidr),
        );
        const shared = {
          node: node.metadata.name ?? "",
          cidr,
          table: rule?.routeTableId ?? id,
          rule: rule?.routeRuleId ?? "",
        };
        return { ...shared, ...fateOf(node, rule, mark) };
      }),
    ),
  );
}

function fateOf(node: Node, rule: RouteRule | undefined, mark: string): Pick<RouteAdoption, "what" | "why"> {
  const mode = routeModeOf(node);
  if (mode !== "wanted") return { what: "left", why: `the Node's annotations say that its routes are ${mode}` };
  const machine = instanceIdOf(node.spec?.providerID);
  if (!machine) return { what: "left", why: "the Node has no provider ID yet" };
  if (!rule) return { what: "made", why: `there is none to ${machine}` };
  if (rule.description !== mark || rule.nexthopType !== "custom") {
    const words = rule.description ? `is described as "${rule.description.slice(0, 60)}"` : "has no description";
    return { what: "left", why: `the rule ${words}: expected "${mark}", or another Pod CIDR` };
  }
  if (rule.nexthopId === machine) return { what: "adopted", why: "it is as it should be" };
  return { what: "repointed", why: `from ${rule.nexthopId} to ${machine}, in place` };
}
