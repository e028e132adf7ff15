import type { Node } from "@ccm/kube";

/** `cce` of `cce://i-1`; undefined when there is no scheme. */
export function schemeOf(providerId: string | undefined): string | undefined {
  return /^([^:]+):\/\//.exec(providerId ?? "")?.[1];
}

/** Whether the Node may be a machine of the cloud of this name: it says so, or says nothing. */
export function mayBeOf(node: Node, providerName: string): boolean {
  const scheme = schemeOf(node.spec?.providerID);
  return scheme === undefined || scheme === providerName;
}
