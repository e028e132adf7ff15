/** The scale subresource of Deployments: only the number of replicas. */
import { at, type Fields, fieldsOf, type Stored, textOf } from "./json.ts";
import { badRequest } from "./status-errors.ts";

export function scaleOf(deployment: Stored): Stored {
  const labels = Object.entries(fieldsOf(at(deployment, "spec", "selector", "matchLabels")));
  const { name, namespace, uid, resourceVersion, creationTimestamp } = deployment.metadata;
  const metadata: Fields = { name, namespace, uid, resourceVersion, creationTimestamp };
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata,
    spec: { replicas: at(deployment, "spec", "replicas") ?? 0 },
    status: {
      replicas: at(deployment, "status", "replicas") ?? 0,
      selector: labels.map(([key, value]) => `${key}=${textOf(value)}`).join(","),
    },
  };
}

/** The Deployment with the replicas, and the resourceVersion to be checked, of a Scale. */
export function scaleToDeployment(deployment: Stored, scale: unknown): Stored {
  const replicas = at(scale, "spec", "replicas") ?? 0;
  if (!Number.isInteger(replicas)) throw badRequest("Scale: spec.replicas: expected a whole number");
  const version = at(scale, "metadata", "resourceVersion");
  return {
    ...deployment,
    metadata: { ...deployment.metadata, ...(version ? { resourceVersion: textOf(version) } : {}) },
    spec: { ...fieldsOf(deployment.spec), replicas },
  };
}
