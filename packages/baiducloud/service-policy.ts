import { CloudError, type LoadBalancerRequest, type LoadBalancers } from "@ccm/cloud-provider";
import type { Service } from "@ccm/kube";
import type { CloudConfig } from "./cloud-config.ts";
import { ANNOTATION } from "./load-balancers/annotations.ts";

/** "true" on a Service: this controller makes its load balancer, where the cloud config leaves the others to somebody else. */
export const ANNOTATION_MANAGED = "cloud-provider-baiducloud/managed";

type Policy = Pick<CloudConfig, "internalByDefault" | "disableEip" | "serviceSelection">;

/** The Service as the load balancers see it, as if its user had said so himself: nothing else has to know of the switch. */
export function underPolicy(service: Service, { internalByDefault, disableEip }: Policy): Service {
  const { annotations = {} } = service.metadata;
  const said = annotations[ANNOTATION.internal];
  const internal = disableEip || (internalByDefault && said === undefined) ? "true" : said;
  if (internal === said) return service;
  return {
    ...service,
    metadata: { ...service.metadata, annotations: { ...annotations, [ANNOTATION.internal]: "true" } },
  };
}

/** Whether the cloud config leaves the Service to another controller. */
export function isLeftToOthers(service: Service, { serviceSelection }: Policy): boolean {
  return serviceSelection === "opt-in" && service.metadata.annotations?.[ANNOTATION_MANAGED] !== "true";
}

/** What the cloud config says of all Services, in front of what does the work. */
export function withServicePolicy(loadBalancers: LoadBalancers, policy: Policy): LoadBalancers {
  const { internalByDefault, disableEip, serviceSelection } = policy;
  if (!internalByDefault && !disableEip && serviceSelection === "all") return loadBalancers;
  const seen = (service: Service) => underPolicy(service, policy);
  const mine = <T extends Pick<LoadBalancerRequest, "service">>(request: T): T => {
    const { service } = request;
    if (isLeftToOthers(service, policy)) {
      const text = `Service without ${ANNOTATION_MANAGED}: "true" is left to another controller (ServiceSelection of the cloud config)`;
      throw new CloudError("elsewhere", text);
    }
    return { ...request, service: seen(service) };
  };
  return {
    ...loadBalancers,
    // One that was ours before the switch was turned has our note still, and goes with its Service.
    handles: (service) =>
      !isLeftToOthers(service, policy) || [ANNOTATION.addedId, ANNOTATION.addedEip].some((key) => noteOf(service, key)),
    ensure: async (request) => {
      const result = await loadBalancers.ensure(mine(request));
      const { service } = request;
      const wanted = service.spec?.loadBalancerIP;
      if (!disableEip || !wanted) return result;
      const message = `loadBalancerIP ${wanted} is not bound: DisableEip of the cloud config leaves no Service a public address`;
      const problem = { facet: "address", reason: "EipDisabled", message, retryable: false };
      return { ...result, problems: [...result.problems, problem] };
    },
    updateBackends: async (request) => loadBalancers.updateBackends(mine(request)),
    // What was made before the switch was turned goes all the same.
    ensureDeleted: async (request) => {
      const existed = await loadBalancers.ensureDeleted({ ...request, service: seen(request.service) });
      if (!existed) mine(request);
      return existed;
    },
  };
}

function noteOf({ metadata: { annotations = {} } }: Service, key: string): string {
  return annotations[key] ?? "";
}
