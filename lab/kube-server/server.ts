/** An embedded Kubernetes API server: one process, everything in memory. */
import { type Clock, type HttpHandler, type Logger, type Random, silentLogger } from "@ccm/base";
import { type AccessQuestion, type Authenticate, defaultAuthenticate, type User } from "./auth.ts";
import { createHandler } from "./handler.ts";
import { bootstrap, runNamespaces } from "./namespaces.ts";
import { createRegistry } from "./registry.ts";
import type { Context, CustomKind } from "./resource.ts";
import { indexServices, ipText, parseCidr } from "./resources/service-allocation.ts";
import { Store } from "./store.ts";
import { Writes } from "./writes.ts";

const DEFAULT_CIDR = "10.96.0.0/16";
const DEFAULT_PORTS = [30_000, 32_767] as const;
const DEFAULT_HISTORY = 10_000;
const WATCH_BACKLOG = 100_000;

export interface KubeServerOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger?: Logger;
  /** IPv4 block that cluster IPs come from; 10.96.0.0/16. */
  readonly serviceCidr?: string;
  /** First and last node port; 30000 and 32767. */
  readonly nodePortRange?: readonly [number, number];
  /** Changes remembered per resource, at least; watches and pages from before get 410. 10 000. */
  readonly historySize?: number;
  /** Events a watcher may be behind before it is cut off. 100 000. */
  readonly watchBacklog?: number;
  /** Bearer tokens and who they stand for. Never logged. Absent: everybody is an administrator. */
  readonly tokens?: ReadonlyMap<string, User>;
  /** Replaces the whole of authentication; undefined means 401. */
  readonly authenticate?: Authenticate;
  /** Answers SubjectAccessReviews for users outside of system:masters. Absent: no. */
  readonly authorize?: (question: AccessQuestion) => boolean;
  /** Kinds as CustomResourceDefinitions make them, there from the start. */
  readonly customKinds?: readonly CustomKind[];
}

export interface KubeServer {
  readonly handler: HttpHandler;
  /** Ends all watches and timers. */
  close(): void;
}

/** Throws a TypeError for a serviceCidr that is not an IPv4 block. */
export function createKubeServer(options: KubeServerOptions): KubeServer {
  const { clock, random } = options;
  const serviceCidr = options.serviceCidr ?? DEFAULT_CIDR;
  const store = new Store(options.historySize ?? DEFAULT_HISTORY);
  const context: Context = { clock, random, store, services: indexServices(store) };
  const { nodePortRange = DEFAULT_PORTS, customKinds = [] } = options;
  const resources = createRegistry({ serviceCidr, nodePortRange, customKinds });
  const writes = new Writes(context);
  bootstrap(context, ipText(parseCidr(serviceCidr).first + 1));
  const stopNamespaces = runNamespaces(context, resources, writes);
  const closed = new AbortController();
  const handler = createHandler({
    clock,
    random,
    logger: options.logger ?? silentLogger,
    store,
    resources,
    writes,
    authenticate: options.authenticate ?? defaultAuthenticate(options.tokens),
    tokens: options.tokens,
    authorize: options.authorize,
    backlog: options.watchBacklog ?? WATCH_BACKLOG,
    closed: closed.signal,
  });
  return {
    handler,
    close() {
      stopNamespaces();
      closed.abort(new Error("the server is closed"));
    },
  };
}
