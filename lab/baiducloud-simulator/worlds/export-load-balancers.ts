import { LISTENER_TYPES, type ListenerType, ordinaryKind } from "../products/blb/listener-fields.ts";
import type { Blb, BlbBackend, BlbListener } from "../products/blb/records.ts";
import type { BackendFile, ListenerFile, LoadBalancerFile } from "./schema.ts";
import { referencesTo, type Shelf, some } from "./shelf.ts";

type Level = LoadBalancerFile["performanceLevel"];

export function loadBalancerFileOf(shelf: Shelf, balancer: Blb): LoadBalancerFile {
  const { blbId, name, subnetId, address, ipv6Only, ipv6, desc, performanceLevel, allowDelete, tags } = balancer;
  return {
    id: blbId,
    name,
    subnet: shelf.subnets.referenceTo(subnetId) ?? subnetId,
    address: ipv6Only ? undefined : address,
    ipVersion: ipv6Only ? "ipv6" : ipv6 === "" ? undefined : "dual",
    description: desc || undefined,
    performanceLevel: (performanceLevel || undefined) as Level,
    allowDelete: allowDelete ? undefined : false,
    securityGroups: referencesTo(shelf.securityGroups, balancer.securityGroups),
    tags: some(tags),
    listeners: some(balancer.listeners.flatMap((listener) => listenerFileOf(listener) ?? [])),
    backends: some(balancer.backends.flatMap((backend) => backendFileOf(shelf, backend) ?? [])),
  };
}

/** Without the fields that it would have anyway. */
function listenerFileOf({ listenerType, listenerPort: port, fields }: BlbListener): ListenerFile | undefined {
  const protocol = LISTENER_TYPES.find((type): type is ListenerType => type === listenerType);
  if (!protocol) return undefined;
  const kind = ordinaryKind(protocol);
  const usual = kind.defaults(fields);
  const own = Object.keys(kind.fields).filter(
    (name) => fields[name] !== undefined && fields[name] !== "" && !isSame(fields[name], usual[name]),
  );
  return { protocol, port, ...Object.fromEntries(own.map((name) => [name, fields[name]])) };
}

const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

/** Undefined where its machine is gone. */
function backendFileOf(
  { instances }: Shelf,
  { instanceId, weight, desc, privateIp }: BlbBackend,
): BackendFile | undefined {
  const instance = instances.referenceTo(instanceId);
  if (instance === undefined) return undefined;
  return {
    instance,
    weight: weight === 100 ? undefined : weight,
    description: desc || undefined,
    privateIp: privateIp || undefined,
  };
}
