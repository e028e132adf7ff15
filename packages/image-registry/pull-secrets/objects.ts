import type { Namespace, Secret } from "@ccm/kube";
import type { PullSecretsConfig } from "./config.ts";

/** On Secrets that are ours. A Secret without it is never touched. */
export const LABEL_MANAGED = "image-registry.ccm/pull-secret";
export const MANAGED = "managed";
/** On a Namespace: "true" or "false", whatever the config says. */
export const ANNOTATION_PULL_SECRET = "image-registry.ccm/pull-secret";
/** On a copy: when the first of its passwords ends. */
export const ANNOTATION_EXPIRES = "image-registry.ccm/expires";
/** On the Secret that the others are copies of: when its passwords were made, and when they end. */
export const ANNOTATION_PASSWORDS = "image-registry.ccm/passwords";

export const DOCKER_CONFIG = ".dockerconfigjson";
export const DOCKER_CONFIG_TYPE = "kubernetes.io/dockerconfigjson";

/** Those of Kubernetes itself. */
const SYSTEM = /^kube-(system|public|node-lease)$/;

export function isOurs({ type, metadata }: Secret): boolean {
  return type === DOCKER_CONFIG_TYPE && metadata.labels?.[LABEL_MANAGED] === MANAGED;
}

/** Whether a namespace is to have the Secret. */
export function isSelected(namespace: Namespace | undefined, config: PullSecretsConfig): boolean {
  if (!namespace || namespace.metadata.deletionTimestamp) return false;
  const { name = "", labels = {}, annotations = {} } = namespace.metadata;
  const said = annotations[ANNOTATION_PULL_SECRET];
  if (said === "true" || said === "false") return said === "true";
  const { namespaces, namespaceLabels } = config;
  if (namespaces.includes(name) || (namespaces.includes("*") && !SYSTEM.test(name))) return true;
  const wanted = Object.entries(namespaceLabels);
  return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value);
}
