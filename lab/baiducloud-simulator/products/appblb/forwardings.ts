import type { Account } from "../../account.ts";
import type { Target } from "../../data-plane/data-plane.ts";
import { instancesOf } from "../bcc/records.ts";
import { keyOf } from "../blb/listener-parts.ts";
import type { Balancer, BlbListener } from "../blb/records.ts";
import { type AppBlb, appBlbsOf, type HealthCheck, type Policy } from "./records.ts";

/** A listener in the words of an ordinary load balancer, and where its traffic goes. */
export interface Front {
  readonly balancer: Balancer;
  readonly listener: BlbListener;
  readonly targets: readonly Target[];
}

/**
 * Listeners whose first policy takes all requests. What is chosen by host or path is not forwarded: the data plane has one
 * set of targets for each listener.
 */
export function applicationFronts(account: Account): readonly Front[] {
  return appBlbsOf(account)
    .all()
    .flatMap((balancer) =>
      balancer.listeners.flatMap((listener) => {
        const [first] = balancer.policies
          .filter((policy) => keyOf(policy) === keyOf(listener))
          .sort((a, b) => a.priority - b.priority);
        return first?.rules[0]?.key === "*" ? frontsOf(account, balancer, listener, first) : [];
      }),
    );
}

function frontsOf(account: Account, balancer: AppBlb, listener: BlbListener, policy: Policy): readonly Front[] {
  const health = checkOf(balancer, policy);
  if (!health) return [];
  const fields = {
    ...listener.fields,
    backendPort: policy.backendPort,
    keepSessionDuration: listener.fields.keepSessionTimeout,
    ...health,
  };
  return [{ balancer, listener: { ...listener, fields }, targets: targetsOf(account, balancer, policy) }];
}

function checkOf({ serverGroups, ipGroups }: AppBlb, policy: Policy): Readonly<Record<string, unknown>> | undefined {
  const port = serverGroups
    .find(({ id }) => id === policy.appServerGroupId)
    ?.ports.find((one) => one.port === policy.backendPort && one.type === policy.portType);
  const backendPolicy = ipGroups
    .find(({ id }) => id === policy.appIpGroupId)
    ?.policies.find(({ type }) => type === policy.portType);
  const check: HealthCheck | undefined = port ?? backendPolicy;
  return (
    check && {
      enableHealthCheck: check.enableHealthCheck,
      healthCheckType: check.healthCheck === "HTTPS" ? "TCP" : check.healthCheck,
      // 0: that of each member.
      healthCheckPort: check.healthCheckPort || undefined,
      healthCheckURI: check.healthCheckUrlPath,
      healthCheckHost: check.healthCheckHost,
      healthCheckNormalStatus: check.healthCheckNormalStatus,
      healthCheckString: check.udpHealthCheckString,
      healthCheckTimeoutInSecond: check.healthCheckTimeoutInSecond,
      healthCheckInterval: check.healthCheckIntervalInSecond,
      unhealthyThreshold: check.healthCheckDownRetry,
      healthyThreshold: check.healthCheckUpRetry,
    }
  );
}

function targetsOf(account: Account, { serverGroups, ipGroups, vpcId }: AppBlb, policy: Policy): readonly Target[] {
  const instances = instancesOf(account);
  const group = serverGroups.find(({ id }) => id === policy.appServerGroupId);
  const machines = (group?.members ?? []).flatMap(({ instanceId, weight }) => {
    const instance = instances.get(instanceId);
    if (!instance) return [];
    const running = instance.status === "Running";
    return [{ instanceId, host: instance.host ?? instance.internalIp, port: policy.backendPort, weight, running }];
  });
  const members = ipGroups.find(({ id }) => id === policy.appIpGroupId)?.members ?? [];
  if (members.length === 0) return machines;
  const byIp = new Map(
    instances.all().flatMap((instance) => (instance.vpcId === vpcId ? [[instance.internalIp, instance] as const] : [])),
  );
  const others = members.map(({ memberId, ip, port, weight }) => {
    const machine = byIp.get(ip);
    const running = !machine || machine.status === "Running";
    return { instanceId: memberId, host: machine?.host ?? ip, port, weight, running };
  });
  return [...machines, ...others];
}
