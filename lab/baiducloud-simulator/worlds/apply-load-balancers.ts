import type { Account } from "../account.ts";
import { object } from "../api/schema.ts";
import { ordinaryKind } from "../products/blb/listener-fields.ts";
import type { Target } from "./apply-eips.ts";
import type { VpcNames } from "./apply-region.ts";
import type { Builder } from "./builder.ts";
import { check, type Path } from "./check.ts";
import type { Names } from "./names.ts";
import type { BackendFile, ListenerFile, LoadBalancerFile } from "./schema.ts";

export function applyLoadBalancers(
  builder: Builder,
  account: Account,
  balancers: readonly LoadBalancerFile[],
  path: Path,
  names: VpcNames,
  targets: Names<Target>,
): void {
  for (const [index, balancer] of balancers.entries()) {
    const at = [...path, "loadBalancers", index];
    builder.attempt(at, balancer, () => {
      const subnet = builder.resolve([...at, "subnet"], balancer.subnet, names.subnets);
      if (!subnet) return;
      const made = applyLoadBalancer(builder, account, balancer, names.vpcId, subnet.id);
      builder.made(made.id, made.name);
      targets.add({ ...made, type: "BLB" });
      applyParts(builder, account, balancer, at, names, made.id);
    });
  }
}

function applyLoadBalancer(
  builder: Builder,
  account: Account,
  balancer: LoadBalancerFile,
  vpcId: string,
  subnetId: string,
): { readonly id: string; readonly name: string } {
  const { name, address, description: desc = "", ipVersion = "ipv4", tags = [], allowDelete = true } = balancer;
  builder.useIds(account, balancer.id);
  const body = {
    vpcId,
    subnetId,
    name,
    desc,
    address,
    tags,
    allowDelete,
    performanceLevel: balancer.performanceLevel,
    type: ipVersion === "ipv6" ? "ipv6" : "normal",
    allocateIpv6: ipVersion === "dual",
    allowModify: true,
    modificationProtectionReason: "",
    layer4ClusterId: "",
    layer7ClusterId: "",
  };
  const made = builder.call(account, "blb", "CreateLoadBalancer", { body });
  const { blbId, name: given } = made as { readonly blbId: string; readonly name: string };
  return { id: blbId, name: given };
}

function applyParts(
  builder: Builder,
  account: Account,
  balancer: LoadBalancerFile,
  path: Path,
  names: VpcNames,
  blbId: string,
): void {
  const params = { blbId };
  const groups = builder.resolveAll([...path, "securityGroups"], balancer.securityGroups, names.securityGroups);
  if (groups.length > 0) {
    const body = { securityGroupIds: groups.map(({ id }) => id) };
    builder.call(account, "blb", "BindSecurityGroups", { params, body });
  }
  for (const [index, listener] of (balancer.listeners ?? []).entries()) {
    const at = [...path, "listeners", index];
    builder.attempt(at, listener, () => applyListener(builder, account, listener, at, blbId));
  }
  for (const [index, backend] of (balancer.backends ?? []).entries()) {
    const at = [...path, "backends", index];
    builder.attempt(at, backend, () => applyBackend(builder, account, backend, at, names, blbId));
  }
}

function applyListener(builder: Builder, account: Account, listener: ListenerFile, path: Path, blbId: string): void {
  const { protocol, port: listenerPort, ...given } = listener;
  const { fields, required } = ordinaryKind(protocol);
  let isRight = true;
  // Not each protocol has all fields, nor all values of a field.
  const narrowed = check(
    object({ ...fields, ...required }),
    { scheduler: "RoundRobin", backendPort: listenerPort, ...given },
    path,
    (at, message) => {
      isRight = false;
      const isForeign = at.length === path.length + 1 && !Object.hasOwn(fields, String(at.at(-1)));
      builder.report(at, isForeign ? `is not for listeners of ${protocol}` : message);
    },
    new WeakSet(),
  );
  if (!isRight) return;
  const body = { ...(narrowed as object), listenerPort };
  builder.call(account, "blb", `Create${protocol}Listener`, { params: { blbId }, body });
}

function applyBackend(
  builder: Builder,
  account: Account,
  backend: BackendFile,
  path: Path,
  names: VpcNames,
  blbId: string,
): void {
  const instance = builder.resolve([...path, "instance"], backend.instance, names.instances);
  if (!instance) return;
  const { weight, description: desc = "", privateIp } = backend;
  const body = { backendServerList: [{ instanceId: instance.id, weight, desc, privateIp }] };
  builder.call(account, "blb", "AddBackendServers", { params: { blbId }, body });
}
