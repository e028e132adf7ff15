import type { HttpRequest } from "@ccm/base";
import type { Link } from "../world.ts";

/** A request of a CCM that the outside may notice: each to the cloud, and each write to Kubernetes. */
export interface Effect {
  /** From 1, in the order in which they were sent. */
  readonly index: number;
  readonly ccm: string;
  readonly to: Link["to"];
  readonly method: string;
  readonly path: string;
  readonly body: string;
  /** Milliseconds on the world's clock. */
  readonly sentAt: number;
}

export function isEffect(link: Link, request: Pick<HttpRequest, "method">): boolean {
  return link.to === "cloud" || request.method !== "GET";
}

/** A call of the cloud that changes nothing there: reads, and the look-up that is a POST. */
export function isCloudRead({ method, path }: Pick<Effect, "method" | "path">): boolean {
  return (
    method === "GET" ||
    path.includes("/listByInstanceId") ||
    path.includes("/v2/instance/list") ||
    path.includes("action=Describe")
  );
}

/** The traffic of leader election: it goes on when nothing else does. */
export function isElection({ to, path }: Pick<Effect, "to" | "path">): boolean {
  return to === "kube" && path.includes("/leases");
}

export function isEvent({ to, method, path }: Pick<Effect, "to" | "method" | "path">): boolean {
  return to === "kube" && /\/events(\/|$)/.test(path) && method !== "GET";
}

/** A request that is to change something: elections, Events and reviews are none. */
export function isWrite(effect: Pick<Effect, "to" | "method" | "path">): boolean {
  if (effect.to === "cloud") return !isCloudRead(effect);
  return effect.method !== "GET" && !isElection(effect) && !isEvent(effect) && !/reviews$/.test(effect.path);
}

export function pathOf(url: string): string {
  return url.replace(/^[a-z]+:\/\/[^/]+/, "");
}

/** "cloud POST /v1/blb {"name":…}": equal in two runs that are the same up to there. */
export function signature({ ccm, to, method, path, body }: Effect): string {
  return `${ccm} → ${to} ${method} ${path} ${body}`.trimEnd();
}
