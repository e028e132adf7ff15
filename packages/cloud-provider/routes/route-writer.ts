import { errorText, formatMs, jitter, SingleFlight, sleep } from "@ccm/base";
import { hasCode, NODES, type Node } from "@ccm/kube";
import type { ControllerContext } from "../context.ts";
import type { Route, Routes } from "../contract.ts";
import { type CloudErrorCode, cloudErrorOf } from "../error.ts";
import { createRepeatFilter } from "../repeat-filter.ts";
import type { routeMetrics } from "./metrics.ts";
import { isRouteFor, type MissingRoute } from "./plan.ts";
import { createRetries } from "./retries.ts";

/** Of one creation that meets a conflict. As upstream: five attempts, 100 to 200 ms apart. */
const CONFLICT_ATTEMPTS = 5;
const CONFLICT_PAUSE_MS = 100;

/** done: it is as wanted. failed: now. waiting: it failed before, and is not to be tried again yet. */
export type Attempt = "done" | "failed" | "waiting";

export interface RouteWriter {
  /** `anyway`: also when it is not to be tried again yet. */
  create(missing: MissingRoute, anyway: boolean, signal: AbortSignal): Promise<Attempt>;
  remove(route: Route, signal: AbortSignal): Promise<Attempt>;
  /** Of everything else it forgets that it failed. */
  keepOnly(add: readonly MissingRoute[], remove: readonly Route[]): void;
  /** How long until something that failed is to be tried again. Infinity: nothing is. Milliseconds. */
  readonly waitMs: number;
  /** Nodes with a route that is tried again later, and how long until then. Milliseconds. */
  waiting(): Iterable<readonly [node: string, ms: number]>;
}

export interface RouteWriterOptions {
  readonly routes: Routes;
  readonly clusterName: string;
  readonly metrics: ReturnType<typeof routeMetrics>;
}

/** Makes and removes single routes: with patience, and telling users once what went wrong. */
export function createRouteWriter(context: ControllerContext, options: RouteWriterOptions): RouteWriter {
  const { clock, random, logger, events, nodes } = context;
  const { routes, clusterName, metrics } = options;
  const told = createRepeatFilter(clock);
  const retries = createRetries(clock, (key) => void told.forget(key));
  const lists = new SingleFlight<readonly Route[]>();

  /** Another may have made it, or an attempt of ours of which no answer came back. */
  const isThere = async (missing: MissingRoute, signal: AbortSignal): Promise<boolean> => {
    const list = () => routes.list(clusterName, nodes.list(), signal);
    // A list that fails says nothing: what counts is then the error of the creation.
    const listed = await lists.run("", list).catch(() => []);
    return listed.some((route) => isRouteFor(route, missing));
  };
  const createThroughConflicts = async (missing: MissingRoute, signal: AbortSignal): Promise<void> => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await routes.create(clusterName, missing.node, missing.cidr, signal);
      } catch (error) {
        if (signal.aborted || !isConflict(error)) throw error;
        if (await isThere(missing, signal)) return;
        if (attempt === CONFLICT_ATTEMPTS) throw error;
        await sleep(clock, jitter(random, CONFLICT_PAUSE_MS, 1), signal);
      }
    }
  };
  const failed = (what: Failure): Attempt => {
    const { key, facts, error, operation, node, words } = what;
    const waitMs = retries.failed(key, facts, error, node?.metadata.name);
    metrics.failed(operation);
    const { verb, reason } = WORDS[operation];
    const text = errorText(error);
    if (node && told.isNews(key, text)) {
      const took = formatMs(clock.monotonic() - what.since);
      events.event(NODES, node, "Warning", reason, `Could not ${verb} route ${words} after ${took}: ${text}`);
    }
    logger.warn(`could not ${verb} a route`, { ...what.fields, error: text, retryAfter: formatMs(waitMs) });
    return "failed";
  };

  return {
    async create(missing, anyway, signal) {
      const { node, cidr } = missing;
      const { name = "", uid = "" } = node.metadata;
      const key = creationKey(missing);
      const facts = JSON.stringify([node.spec?.providerID, node.status?.addresses]);
      if (!anyway && !retries.isDue(key, facts)) return "waiting";
      const since = clock.monotonic();
      const fields = { node: name, cidr };
      try {
        await createThroughConflicts(missing, signal);
        retries.done(key);
        logger.info("route created", fields);
        return "done";
      } catch (error) {
        if (signal.aborted) return "waiting";
        const words = `${uid} ${cidr} for node ${name}`;
        return failed({ operation: "create", key, facts, error, node, words, fields, since });
      }
    },
    async remove(route, signal) {
      const { name, targetNode, destinationCidr: cidr } = route;
      const key = removalKey(route);
      if (!retries.isDue(key, "")) return "waiting";
      const since = clock.monotonic();
      const fields = { route: name, node: targetNode, cidr };
      try {
        await routes.delete(clusterName, route, signal).catch((error: unknown) => {
          if (codeOf(error) !== "absent") throw error;
        });
        retries.done(key);
        logger.info("route deleted", fields);
        return "done";
      } catch (error) {
        if (signal.aborted) return "waiting";
        // The Node is often gone by now: its name is then all that an Event can point to.
        const node = targetNode ? (nodes.get(targetNode) ?? { metadata: { name: targetNode } }) : undefined;
        const words = `${name} ${cidr} of node ${targetNode}`;
        return failed({ operation: "delete", key, facts: "", error, node, words, fields, since });
      }
    },
    keepOnly: (add, remove) => retries.keepOnly(new Set([...add.map(creationKey), ...remove.map(removalKey)])),
    get waitMs() {
      return retries.waitMs;
    },
    waiting: retries.nodes,
  };
}

interface Failure {
  readonly operation: keyof typeof WORDS;
  readonly key: string;
  readonly facts: string;
  readonly error: unknown;
  /** Whom the Event is about. */
  readonly node: Node | undefined;
  readonly words: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly since: number;
}

const WORDS = {
  create: { verb: "create", reason: "FailedToCreateRoute" },
  delete: { verb: "delete", reason: "FailedToDeleteRoute" },
} as const;

function codeOf(error: unknown): CloudErrorCode | undefined {
  return cloudErrorOf(error)?.code;
}

/** The cloud's, or the API server's for a provider that keeps routes in Kubernetes objects. */
function isConflict(error: unknown): boolean {
  return codeOf(error) === "conflict" || hasCode(error, "conflict");
}

function creationKey({ node, cidr }: MissingRoute): string {
  return `add ${node.metadata.uid} ${cidr}`;
}

function removalKey({ name, targetNode, destinationCidr }: Route): string {
  return `remove ${name} ${targetNode} ${destinationCidr}`;
}
