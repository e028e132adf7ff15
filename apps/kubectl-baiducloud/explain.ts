import { type Explanation, explainNode, explainService, whyNotOurs } from "@ccm/baiducloud";
import { errorText } from "@ccm/base";
import { type InstanceLookup, nextAttemptIn } from "@ccm/cloud-provider";
import {
  EVENTS,
  type Event,
  hasCode,
  type KubeClient,
  keyOf,
  NODES,
  type Node,
  SERVICES,
  type Service,
} from "@ccm/kube";
import { inspectorFor, type Leader, readCluster, readLeader } from "./cluster.ts";
import { EXIT, type Io, UsageFault } from "./io.ts";
import { type Format, writeReport } from "./output.ts";
import { changeRow } from "./plan.ts";
import { createProgress } from "./progress.ts";
import { type ConnectOptions, type Session, withSession } from "./session.ts";

export interface ExplainOptions extends ConnectOptions {
  /** TYPE/NAME. */
  readonly target: string;
  readonly namespace?: string;
  readonly output: Format;
}

const KINDS: Readonly<Record<string, "Service" | "Node">> = {
  service: "Service",
  services: "Service",
  svc: "Service",
  node: "Node",
  nodes: "Node",
  no: "Node",
};

/** Why a Service has no load balancer yet, or why a Node has its taints; and what to do. */
export async function explain(io: Io, options: ExplainOptions): Promise<number> {
  const [type = "", name = "", more] = options.target.split("/");
  const kind = KINDS[type.toLowerCase()];
  if (!kind || name === "" || more !== undefined) {
    throw new UsageFault(`${options.target}: expected TYPE/NAME with TYPE service (svc) or node (no)`);
  }
  const progress = createProgress(io);
  try {
    const explanation = await withSession(io, options, async (session) => {
      const { client } = session.kube;
      const leader = await readLeader(client, io.clock, io.signal);
      progress.step(`looking at ${kind} ${name} in the cluster and the cloud`);
      if (kind === "Node") return ofNode(io, session, name, leader);
      return ofService(io, session, { namespace: options.namespace ?? session.kube.namespace, name }, leader);
    });
    writeReport(io, options.output, { data: { ...explanation }, ...forPeople(explanation) });
    return explanation.state === "ready" || explanation.state === "not ours" ? EXIT.nothing : EXIT.findings;
  } finally {
    progress.stop();
  }
}

async function ofService(
  io: Io,
  session: Session,
  ref: { readonly namespace: string; readonly name: string },
  leader: Leader | undefined,
): Promise<Explanation> {
  const { client } = session.kube;
  const service = await unlessAbsent<Service>(
    client.get(SERVICES, ref, { signal: io.signal }),
    `Service ${ref.namespace}/${ref.name}`,
  );
  const notOurs = whyNotOurs(service, session.config);
  const events = await eventsAbout(client, "Service", ref.name, ref.namespace, service.metadata.uid, io.signal);
  const look = async () => {
    const cluster = await readCluster(client, io.signal);
    return inspectorFor(io, session, cluster).inspect(service, io.signal);
  };
  const attempts = attemptsOf(leader, "Service", keyOf(service), io);
  if (notOurs !== "") {
    return explainService({ service, events, inspection: undefined, notOurs, attempts });
  }
  return explainService({ service, events, inspection: await look(), notOurs, attempts });
}

async function ofNode(io: Io, session: Session, name: string, leader: Leader | undefined): Promise<Explanation> {
  const { client } = session.kube;
  const node = await unlessAbsent<Node>(client.get(NODES, { name }, { signal: io.signal }), `Node ${name}`);
  // Events about Nodes are in "default", and some name the Node as its UID.
  const events = await eventsAbout(client, "Node", name, undefined, undefined, io.signal);
  let lookup: InstanceLookup | undefined;
  let lookupError = "";
  try {
    const { instances } = inspectorFor(io, session, await readCluster(client, io.signal));
    lookup = await instances.lookup(node, io.signal);
  } catch (error) {
    if (io.signal.aborted) throw error;
    lookupError = errorText(error);
  }
  return explainNode({ node, events, lookup, lookupError, attempts: attemptsOf(leader, "Node", name, io) });
}

function attemptsOf(leader: Leader | undefined, kind: "Service" | "Node", key: string, { clock }: Io) {
  const ccmRuns = leader && leader.holder !== "";
  return { ccmRuns, next: nextAttemptIn(leader?.nextAttempts, kind, key), now: clock.now() };
}

async function unlessAbsent<T>(read: Promise<T>, what: string): Promise<T> {
  try {
    return await read;
  } catch (error) {
    if (hasCode(error, "not_found")) throw new Error(`there is no ${what}`);
    throw error;
  }
}

async function eventsAbout(
  client: KubeClient,
  kind: string,
  name: string,
  namespace: string | undefined,
  uid: string | undefined,
  signal: AbortSignal,
): Promise<readonly Event[]> {
  const fieldSelector = `involvedObject.kind=${kind},involvedObject.name=${name}`;
  const { items } = await client.list(EVENTS, { ...(namespace ? { namespace } : {}), fieldSelector, signal });
  // Those about another of the same name, which is gone, say nothing of this one.
  return items.filter(({ involvedObject }) => uid === undefined || !involvedObject.uid || involvedObject.uid === uid);
}

function forPeople({ object, state, summary, lastError, nextRetry, problems, changes, todo }: Explanation) {
  const facts: (readonly [string, string])[] = [
    ["state", state],
    ["why", summary],
  ];
  if (lastError) {
    const { reason, message, at, times, requestId } = lastError;
    const often = times > 1 ? `, ${times} times` : "";
    facts.push(["last error", `${reason} at ${at}${often}: ${message}`]);
    if (requestId !== "") facts.push(["request id", `${requestId} (Baidu's support finds the call by it)`]);
  }
  if (nextRetry !== "") facts.push(["next retry", nextRetry]);
  for (const [index, text] of todo.entries()) facts.push([index === 0 ? "to do" : "", text]);
  const tone = state === "ready" ? ("good" as const) : state === "not ours" ? ("plain" as const) : ("warn" as const);
  return {
    sections: [
      {
        title: object,
        columns: [],
        rows: facts.map(([label, text], index) => ({
          cells: [`  ${`${label}${label === "" ? " " : ":"}`.padEnd(13)}${text}`],
          tone: index === 0 ? tone : ("plain" as const),
        })),
      },
      {
        title: "Problems, by a plan on the live cloud:",
        columns: ["  FACET", "REASON", "WHAT IS WRONG"],
        rows: problems.map(({ facet, reason, message }) => ({ cells: [`  ${facet}`, reason, message] })),
      },
      {
        title: "What its controller would do now:",
        columns: ["", "ACTION", "OBJECT", "DETAIL"],
        rows: changes.map((change) => changeRow("", change)),
      },
    ],
    summary: [],
  };
}
