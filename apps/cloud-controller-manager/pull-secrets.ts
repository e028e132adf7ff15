import type { Cloud } from "@ccm/baiducloud";
import type { ControllerEntry } from "@ccm/cloud-provider";
import { createPullSecretController, type LoginApiOf } from "@ccm/image-registry";

/**
 * pull-secret-controller, beside upstream's four: Secrets with temporary passwords of the container registry, as the
 * ConfigMap kube-system/pull-secrets wants them. Off unless --controllers names it: it needs rights that others do not.
 */
export function pullSecretEntry(cloud: () => Cloud): ControllerEntry {
  return {
    canonical: "pull-secret-controller",
    aliases: ["pull-secret"],
    metricName: "pull-secret",
    identity: "pull-secret-controller",
    component: "pull-secret-controller",
    offByDefault: true,
    create: (context) => createPullSecretController({ ...context, api: loginsOf(cloud) }),
  };
}

/** The personal edition is the same in all regions; the cloud config leads to the instances of one. */
function loginsOf(cloud: () => Cloud): LoginApiOf {
  return (region) => {
    const { client, config } = cloud();
    if (region === undefined || region === config.region) return client.ccr;
    throw new Error(
      `region ${region}: expected ${config.region}, that of the cloud config; run the controller alone for others`,
    );
  };
}
