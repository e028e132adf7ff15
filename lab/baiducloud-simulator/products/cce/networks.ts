import { type Cidr, parseCidr } from "@ccm/base";
import { ANY_TEXT } from "../../api/common.ts";
import { operations, part } from "../../api/operation.ts";
import { anything, boolean, integer, list, object, oneOf, optional, text } from "../../api/schema.ts";
import { routeRulesOf, routeTablesOf, subnetsOf, vpcsOf } from "../vpc/records.ts";
import { bitsFor, freeBlocks, overlap } from "./cidrs.ts";
import { clustersOf, partOf, textOf } from "./records.ts";
import { done, invalid, REQUEST_ID, v2 } from "./wire.ts";

const COUNT = optional(integer(), 0);
const IP_VERSION = optional(oneOf("ipv4", "ipv6", "dualStack"), "ipv4");
const PRIVATE_NETS = optional(list(oneOf("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")), []);
const PRIVATE_IPV6_NETS = optional(list(oneOf("fc00::/7")), []);
const VPC = { vpcCIDR: ANY_TEXT, vpcCIDRIPv6: ANY_TEXT };
const CHECKED = { isConflict: boolean(), errMsg: ANY_TEXT };
const RECOMMENDED = { isSuccess: boolean(), errMsg: ANY_TEXT };
const INVALID = ["cce.warning.InvalidParam"];
/** As many as the real one offers is not published. */
const OFFERS = 3;
const IPV6_BLOCK_BITS = 112;
const DEFAULT_PODS = 128;

const OPERATIONS = operations({
  CheckContainerNetworkCIDR: {
    summary: "Whether networks for pods and services collide with the VPC, its routes, or other clusters.",
    method: "POST",
    ...v2("/net/check_container_network_cidr"),
    clientToken: false,
    body: object({
      vpcID: text(),
      ...VPC,
      containerCIDR: ANY_TEXT,
      containerCIDRIPv6: ANY_TEXT,
      clusterIPCIDR: ANY_TEXT,
      clusterIPCIDRIPv6: ANY_TEXT,
      maxPodsPerNode: COUNT,
      ipVersion: IP_VERSION,
    }),
    answer: object({
      maxNodeNum: integer(),
      ...CHECKED,
      containerCIDRConflict: optional(anything()),
      clusterIPCIDRConflict: optional(anything()),
      ...REQUEST_ID,
    }),
    errors: INVALID,
  },
  CheckClusterIPCIDR: {
    summary: "Whether a network for services collides with the VPC.",
    method: "POST",
    ...v2("/net/check_clusterip_cidr"),
    clientToken: false,
    body: object({
      vpcID: text(),
      ...VPC,
      clusterIPCIDR: ANY_TEXT,
      clusterIPCIDRIPv6: ANY_TEXT,
      ipVersion: IP_VERSION,
    }),
    answer: object({ ...CHECKED, ...REQUEST_ID }),
    errors: INVALID,
  },
  RecommendContainerCIDR: {
    summary: "Networks for pods that collide with nothing and are large enough.",
    method: "POST",
    ...v2("/net/recommend_container_cidr"),
    clientToken: false,
    body: object({
      vpcID: text(),
      ...VPC,
      clusterMaxNodeNum: COUNT,
      maxPodsPerNode: COUNT,
      privateNetCIDRs: PRIVATE_NETS,
      privateNetCIDRIPv6s: PRIVATE_IPV6_NETS,
      k8sVersion: ANY_TEXT,
      ipVersion: IP_VERSION,
    }),
    answer: object({
      recommendedContainerCIDRs: list(text()),
      recommendedContainerCIDRIPv6s: list(text()),
      ...RECOMMENDED,
      ...REQUEST_ID,
    }),
    errors: INVALID,
  },
  RecommendClusterIPCIDR: {
    summary: "Networks for services that collide with nothing and are large enough.",
    method: "POST",
    ...v2("/net/recommend_clusterip_cidr"),
    clientToken: false,
    body: object({
      ...VPC,
      containerCIDR: ANY_TEXT,
      containerCIDRIPv6: ANY_TEXT,
      clusterMaxServiceNum: optional(integer(0, 65_536), 0),
      privateNetCIDRs: PRIVATE_NETS,
      privateNetCIDRIPv6s: PRIVATE_IPV6_NETS,
      ipVersion: IP_VERSION,
    }),
    answer: object({
      recommendedClusterIPCIDRs: list(text()),
      recommendedClusterIPCIDRIPv6s: list(text()),
      ...RECOMMENDED,
      ...REQUEST_ID,
    }),
    errors: INVALID,
  },
});

/** A network with what it is called in a conflict. */
type Named<T> = readonly [range: Cidr, what: T];

/** What must not collide before a cluster is made. */
export const networks = part(OPERATIONS, (account) => {
  const rangeOf = (where: string, text: string): Cidr => {
    const range = parseCidr(text);
    if (!range) throw invalid(`${where}: "${text}" is not a network.`);
    return range;
  };
  const checkVpc = (vpcId: string): void => {
    if (!vpcsOf(account).has(vpcId)) throw invalid(`vpcID: VPC ${vpcId} is not found.`);
  };
  const nodeRanges = (vpcId: string): readonly Named<string>[] =>
    subnetsOf(account)
      .all()
      .filter((subnet) => subnet.vpcId === vpcId)
      .map(({ cidr }) => [rangeOf("subnet", cidr), cidr]);
  const clusterRanges = (vpcId: string): readonly Named<{ clusterID: string; containerCIDR: string }>[] =>
    clustersOf(account)
      .all()
      .filter(({ spec }) => spec.vpcID === vpcId)
      .flatMap(({ clusterId, spec }) => {
        const containerCIDR = textOf(partOf(spec, "containerNetworkConfig"), "clusterPodCIDR");
        const range = parseCidr(containerCIDR);
        return range ? [[range, { clusterID: clusterId, containerCIDR }] as const] : [];
      });
  const routesOf = (vpcId: string) =>
    routeRulesOf(account)
      .all()
      .filter((rule) => rule.nexthopType !== "sys" && routeTablesOf(account).get(rule.routeTableId)?.vpcId === vpcId)
      .flatMap((rule) => {
        const range = parseCidr(rule.destinationAddress);
        return range ? [[range, rule] as const] : [];
      });
  const hit = <T>(range: Cidr, ranges: readonly Named<T>[]): T | undefined =>
    ranges.find(([one]) => overlap(one, range))?.[1];

  const containerConflict = (vpcId: string, range: Cidr) => {
    const node = hit(range, nodeRanges(vpcId));
    const cluster = hit(range, clusterRanges(vpcId));
    const routeRule = hit(range, routesOf(vpcId));
    if (!node && !cluster && !routeRule) return null;
    return {
      conflictType: `ContainerCIDRAnd${node ? "NodeCIDR" : cluster ? "ExistedClusterContainerCIDR" : "VPCRoute"}`,
      conflictNodeCIDR: node ? { nodeCIDR: node } : null,
      conflictCluster: !node && cluster ? cluster : null,
      conflictVPCRoute: !node && !cluster && routeRule ? { routeRule } : null,
    };
  };
  const clusterIpConflict = (vpcId: string, range: Cidr, container: readonly Named<string>[]) => {
    const node = hit(range, nodeRanges(vpcId));
    const pods = hit(range, container);
    if (!node && !pods) return null;
    return {
      conflictType: `ClusterIPCIDRAnd${node ? "NodeCIDR" : "ContainerCIDR"}`,
      conflictNodeCIDR: node ? { nodeCIDR: node } : null,
      conflictContainerCIDR: !node && pods ? { containerCIDR: pods } : null,
    };
  };
  const recommend = (nets: readonly string[], bits: number, taken: readonly Cidr[]) =>
    nets.flatMap((net) => freeBlocks(net, bits, taken, OFFERS)).slice(0, OFFERS);
  const outcome = (found: readonly string[], wanted: boolean) => {
    const isSuccess = !wanted || found.length > 0;
    return { isSuccess, errMsg: isSuccess ? "" : "no private network has room for it" };
  };
  return {
    CheckContainerNetworkCIDR({ body }) {
      checkVpc(body.vpcID);
      const { containerCIDR, clusterIPCIDR } = body;
      const pods = containerCIDR ? rangeOf("containerCIDR", containerCIDR) : undefined;
      const services = clusterIPCIDR ? rangeOf("clusterIPCIDR", clusterIPCIDR) : undefined;
      const containerCIDRConflict = pods ? containerConflict(body.vpcID, pods) : null;
      const own: readonly Named<string>[] = pods && containerCIDR ? [[pods, containerCIDR]] : [];
      const clusterIPCIDRConflict = services ? clusterIpConflict(body.vpcID, services, own) : null;
      const conflict = containerCIDRConflict ?? clusterIPCIDRConflict;
      const perNode = bitsFor(body.maxPodsPerNode || DEFAULT_PODS);
      return {
        maxNodeNum: pods ? Math.max(0, 2 ** (32 - pods.bits - perNode)) : 0,
        isConflict: conflict !== null,
        errMsg: conflict ? `the networks collide: ${conflict.conflictType}` : "",
        containerCIDRConflict,
        clusterIPCIDRConflict,
        ...done(account),
      };
    },
    CheckClusterIPCIDR({ body }) {
      checkVpc(body.vpcID);
      const services = rangeOf("clusterIPCIDR", body.clusterIPCIDR ?? "");
      const conflict = clusterIpConflict(body.vpcID, services, []);
      const errMsg = conflict ? `the networks collide: ${conflict.conflictType}` : "";
      return { isConflict: conflict !== null, errMsg, ...done(account) };
    },
    RecommendContainerCIDR({ body }) {
      checkVpc(body.vpcID);
      const vpc = vpcsOf(account).get(body.vpcID);
      const taken = [
        ...(vpc ? [rangeOf("vpc", vpc.cidr)] : []),
        ...[...nodeRanges(body.vpcID), ...clusterRanges(body.vpcID), ...routesOf(body.vpcID)].map(([range]) => range),
      ];
      const bits = 32 - bitsFor(body.clusterMaxNodeNum) - bitsFor(body.maxPodsPerNode || DEFAULT_PODS);
      const recommendedContainerCIDRs = recommend(body.privateNetCIDRs, bits, taken);
      const recommendedContainerCIDRIPv6s = recommend(body.privateNetCIDRIPv6s, IPV6_BLOCK_BITS, taken);
      const result = outcome(recommendedContainerCIDRs, body.privateNetCIDRs.length > 0);
      return { recommendedContainerCIDRs, recommendedContainerCIDRIPv6s, ...result, ...done(account) };
    },
    RecommendClusterIPCIDR({ body }) {
      const given = [body.vpcCIDR, body.vpcCIDRIPv6, body.containerCIDR, body.containerCIDRIPv6];
      const taken = given.flatMap((text) => (text ? [rangeOf("CIDR", text)] : []));
      const bits = 32 - bitsFor(body.clusterMaxServiceNum);
      const recommendedClusterIPCIDRs = recommend(body.privateNetCIDRs, bits, taken);
      const recommendedClusterIPCIDRIPv6s = recommend(body.privateNetCIDRIPv6s, IPV6_BLOCK_BITS, taken);
      const result = outcome(recommendedClusterIPCIDRs, body.privateNetCIDRs.length > 0);
      return { recommendedClusterIPCIDRs, recommendedClusterIPCIDRIPv6s, ...result, ...done(account) };
    },
  };
});
