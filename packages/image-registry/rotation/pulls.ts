import { EVENTS, type Event, hasCode, type KubeClient, type KubeObject, listAll, type ResourceType } from "@ccm/kube";
import { imageHost } from "../registries/place.ts";
import type { PullFailure } from "./types.ts";

/** What of a Pod says which images it pulls, with what, and how that goes. */
export interface PodSpec {
  readonly serviceAccountName?: string;
  readonly imagePullSecrets?: readonly { readonly name?: string }[];
  readonly containers?: readonly { readonly image?: string }[];
  readonly initContainers?: readonly { readonly image?: string }[];
}

interface ContainerStatus {
  readonly image?: string;
  readonly state?: { readonly waiting?: { readonly reason?: string; readonly message?: string } };
}

export interface Pod extends KubeObject {
  readonly spec?: PodSpec;
  readonly status?: {
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
  };
}

export const PODS: ResourceType<Pod> = { group: "", version: "v1", plural: "pods", kind: "Pod", namespaced: true };

const WAITING = ["ErrImagePull", "ImagePullBackOff"];
const LONGEST = 300;

/** Pods that cannot pull from these hosts now, by what the kubelet says of their containers. */
export function failingPods(pods: readonly Pod[], hosts: readonly string[]): readonly PullFailure[] {
  return pods.flatMap(({ metadata, spec = {}, status = {} }) => {
    const statuses = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
    const failing = statuses.find(({ image = "", state }) => {
      return WAITING.includes(state?.waiting?.reason ?? "") && isOf(hosts, image, spec);
    });
    if (!failing) return [];
    const { reason = "", message = "" } = failing.state?.waiting ?? {};
    return [failure(metadata, failing.image ?? "", message || reason)];
  });
}

/**
 * Pulls that failed since then, by the kubelet's Events: what went wrong between two looks, of Pods that are gone. One
 * whose Pod is there and waits no more has been made good.
 */
export function failedPulls(
  events: readonly Event[],
  pods: readonly Pod[],
  hosts: readonly string[],
  since: number,
): readonly PullFailure[] {
  const there = new Set(pods.map(({ metadata }) => metadata.uid));
  return events.flatMap(({ involvedObject, reason, message = "", lastTimestamp, eventTime }) => {
    const [, image = ""] = /^Failed to pull image "([^"]+)"/.exec(message) ?? [];
    const at = Date.parse(lastTimestamp ?? eventTime ?? "");
    const counts = reason === "Failed" && involvedObject.kind === "Pod" && at >= since && isOf(hosts, image, {});
    if (!counts || there.has(involvedObject.uid)) return [];
    return [failure(involvedObject, image, message)];
  });
}

/** An image of each project that Pods of the chosen namespaces pull from these hosts: "project/name:tag". */
export function imagesPulled(
  pods: readonly Pod[],
  { hosts, namespaces }: { readonly hosts: readonly string[]; readonly namespaces?: readonly string[] },
): readonly string[] {
  const byProject = new Map<string, string>();
  for (const { metadata, spec = {} } of pods) {
    if (namespaces && !namespaces.includes(metadata.namespace ?? "")) continue;
    for (const { image = "" } of [...(spec.initContainers ?? []), ...(spec.containers ?? [])]) {
      if (!hosts.includes(imageHost(image))) continue;
      const name = image.slice(image.indexOf("/") + 1);
      // With both, the digest is what is pulled.
      const [, repository = name, digest] = /^([^:@]+)(?::[^@]*)?@(.+)$/.exec(name) ?? [];
      const [project = ""] = name.split("/");
      if (!byProject.has(project)) byProject.set(project, digest ? `${repository}@${digest}` : name);
    }
  }
  return [...byProject.values()].sort();
}

export async function listPods(client: KubeClient, signal?: AbortSignal): Promise<readonly Pod[]> {
  const slim = ({ metadata, spec, status }: Pod): Pod => ({
    metadata,
    ...(spec ? { spec } : {}),
    ...(status ? { status } : {}),
  });
  return (await listAll(client, PODS, { transform: slim, ...(signal ? { signal } : {}) })).items;
}

export async function listFailures(client: KubeClient, signal?: AbortSignal): Promise<readonly Event[]> {
  const options = { fieldSelector: "reason=Failed", ...(signal ? { signal } : {}) };
  try {
    return (await listAll(client, EVENTS, options)).items;
  } catch (error) {
    // Who may not read Events watches the Pods alone.
    if (hasCode(error, "forbidden")) return [];
    throw error;
  }
}

/** The image of a status may be a bare digest of what was pulled before: then the spec says. */
function isOf(hosts: readonly string[], image: string, { containers = [], initContainers = [] }: PodSpec): boolean {
  const isHere = (one = "") => hosts.includes(imageHost(one));
  return image.startsWith("sha256:")
    ? [...containers, ...initContainers].some((container) => isHere(container.image))
    : isHere(image);
}

function failure(
  {
    namespace = "",
    name = "",
    uid = "",
  }: { readonly namespace?: string; readonly name?: string; readonly uid?: string },
  image: string,
  message: string,
): PullFailure {
  const line = message.replace(/\s+/g, " ").trim();
  return { namespace, pod: name, uid, image, message: line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line };
}
