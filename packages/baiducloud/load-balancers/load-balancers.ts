import { KeyedMutex, type Logger } from "@ccm/base";
import {
  backendsOf,
  CloudError,
  type FacetProblem,
  isOnlyLocal,
  type LoadBalancerRequest,
  type LoadBalancerResult,
  type LoadBalancers,
  type Unfinished,
} from "@ccm/cloud-provider";
import { keyOf, type Node, type Service } from "@ccm/kube";
import { asCloudErrors } from "../errors.ts";
import type { Tenants, TenantTerms } from "../tenants/tenants.ts";
import { readAnnotations } from "./annotations.ts";
import { type Apply, goneInstance, unanswered } from "./apply.ts";
import { type BackendChoice, chooseBackends } from "./backends.ts";
import { type Desired, desiredOf, type LoadBalancerDefaults, type ServiceNodes } from "./desired.ts";
import { type Drift, driftOf, driftText } from "./drift.ts";
import type { Observer } from "./observe.ts";
import type { Observed } from "./observed.ts";
import { deletionOptions, type Plan, planDeletion, planService } from "./plan.ts";
import { isOwnNote } from "./recorder.ts";
import { type Heirs, heirsAmong, namedBy, nodeSelectorOf, sharersAmong } from "./sharing.ts";
import { statusOf } from "./status.ts";
import type { Surroundings } from "./surroundings.ts";

/** Rounds of observe, plan, apply in one call: what is not settled then is looked at again later. */
const ROUNDS = 4;
const LOOK_AGAIN_MS = 3000;
/** What was refused for good (a right, a quota) is tried again after so long, in case somebody has seen to it. */
const RECHECK_MS = 300_000;
/** So long until the status that was returned is written, and can be read. */
const HELD_MS = 1000;
/** So long an instance that the cloud did not know is not asked for again. */
const GONE_MS = 60_000;
/** Nobody's deletion waits for another's address: when that was refused so often, it is released. */
const HAND_OVERS = 3;
/** Of a drift report in an Event, which holds a kilobyte. */
const MOST_TOLD = 8;

export interface LoadBalancersOptions {
  readonly clusterId: string;
  readonly observer: Observer;
  readonly apply: Apply;
  readonly logger: Logger;
  readonly defaults?: LoadBalancerDefaults;
  /** Undefined before the provider is initialised. */
  readonly surroundings: () => Surroundings | undefined;
  /** Who works on which Service and load balancer. Default: one of its own. */
  readonly mutex?: KeyedMutex;
  /** Has the Service of this UID looked at again. */
  readonly lookAgain?: (uid: string) => void;
  /** For how long what was asked for, by this manager or another, may still come to be (see Inheritance). Default: not at all. */
  readonly lateMs?: (uid: string) => number;
  /** Whose Services are, and what they may have. Default: nobody's. */
  readonly tenants?: () => Tenants | undefined;
}

interface Settled {
  readonly observed: Observed;
  readonly problems: readonly FacetProblem[];
  readonly steps: number;
  readonly drift: readonly Drift[];
  readonly done: boolean;
  /** The cloud, or the API server, said no to something. */
  readonly refused: boolean;
}

/** The contract's load balancers, by observe → plan → apply until a plan is empty. */
export function createLoadBalancers(options: LoadBalancersOptions): LoadBalancers {
  const { clusterId, observer, apply, logger, defaults = {}, surroundings, lookAgain, lateMs = () => 0 } = options;
  const mutex = options.mutex ?? new KeyedMutex();
  /** The backends of Services whose own load balancer was seen as wanted: the same again needs no call. */
  const known = new Map<string, ReadonlySet<string>>();

  /** One at a time for a Service, and for a load balancer, which several Services may have. */
  const alone = <T>(service: Service, run: () => Promise<T>): Promise<T> => {
    const chosen = namedBy(service);
    const onBlb = () => (chosen === "" ? run() : mutex.run(`blb ${chosen}`, run));
    return mutex.run(`service ${service.metadata.uid ?? keyOf(service)}`, () => asCloudErrors(onBlb));
  };

  /** With policy Local, only the nodes that have a Pod. */
  const withPods = async (service: Service, nodes: readonly Node[], signal: AbortSignal): Promise<readonly Node[]> => {
    const around = surroundings();
    if (!around || !isOnlyLocal(service)) return nodes;
    const names = await around.endpoints.nodesOf(service, signal);
    return nodes.filter(({ metadata }) => names.has(metadata.name ?? ""));
  };
  /** The other Services on the load balancer that the Service names, with their backends. */
  const sharersOf = async (service: Service, signal: AbortSignal): Promise<readonly ServiceNodes[]> => {
    const around = surroundings();
    const others = around ? sharersAmong(service, around.services.list()) : [];
    return Promise.all(
      others.map(async (other) => {
        const nodes = backendsOf(around?.nodes.list() ?? [], nodeSelectorOf(other));
        return { service: other, nodes: await withPods(other, nodes, signal) };
      }),
    );
  };

  /** Plans and applies until nothing is left to do, or until it makes no sense to go on now. */
  const settle = async (
    { service, signal, lane }: Pick<LoadBalancerRequest, "service" | "signal" | "lane">,
    plan: (observed: Observed) => Plan,
  ): Promise<Settled> => {
    let steps = 0;
    let drift: readonly Drift[] = [];
    for (let round = 1; ; round++) {
      const observed = await observer.observe(service, signal, lane);
      const next = plan(observed);
      if (next.steps.length === 0)
        return { observed, problems: next.problems, steps, drift, done: true, refused: false };
      if (round === 1) drift = driftOf(next.steps, observed);
      steps += next.steps.length;
      const applied = await apply(service.metadata.uid ?? "", next.steps, signal, lane);
      const stuck = applied.problems.length > 0 && !applied.conflict;
      if (!stuck && round < ROUNDS) continue;
      logger.debug("load balancer not settled yet", {
        service: keyOf(service),
        round,
        problems: applied.problems.length,
      });
      const seen = await observer.observe(service, signal, lane);
      const refused = applied.problems.length > 0;
      return { observed: seen, problems: [...next.problems, ...applied.problems], steps, drift, done: false, refused };
    }
  };

  const heirsOf = (sharers: readonly ServiceNodes[]): Heirs =>
    heirsAmong(
      sharers.map(({ service, nodes }) => ({ service, ...desiredOf(service, nodes, clusterId, { defaults }) })),
      clusterId,
    );
  /** How often the address of a Service that is going could not go over to another. */
  const notHandedOver = new Map<string, number>();
  /** What has gone over to another Service is noted there, and what it has lost made anew, as soon as it is looked at. */
  const tellHeirs = (heirs: Heirs, steps: Plan["steps"]): void => {
    for (const heir of Object.values(heirs)) {
      if (steps.some((step) => step.do === "handOverEip" || step.do === "releaseEip")) lookAgain?.(heir.uid);
    }
  };
  const desiredFor = async ({ service, nodes, signal }: LoadBalancerRequest, terms?: TenantTerms) => {
    const sharers = await sharersOf(service, signal);
    const wanted = { defaults, sharers, ...(terms ? { tenantTags: terms.tags } : {}) };
    const made = desiredOf(service, await withPods(service, nodes, signal), clusterId, wanted);
    return { ...made, desired: { ...made.desired, heirs: heirsOf(sharers) } };
  };
  /** Without instances that the cloud did not know a moment ago: their Nodes will be gone soon as well. */
  const existing = (desired: Desired): Desired => {
    const isGone = (id: string) => (observer.made.get(goneInstance(id))?.ageMs ?? GONE_MS) < GONE_MS;
    const those = (choice: BackendChoice) => ({
      ...choice,
      candidates: choice.candidates.filter(({ id }) => !isGone(id)),
    });
    return { ...desired, backends: those(desired.backends), sharedBackends: those(desired.sharedBackends) };
  };

  const ensure = async (request: LoadBalancerRequest): Promise<LoadBalancerResult> => {
    const { service, signal, lane } = request;
    const { uid = "" } = service.metadata;
    const terms = await options.tenants?.()?.of(service, signal);
    const { desired, problems } = await desiredFor(request, terms);
    const planned = (observed: Observed): Plan => {
      const whole = planService(existing(desired), observed);
      return terms ? terms.admit(whole, observed) : whole;
    };
    known.delete(uid);
    const shown = new Set((service.status?.loadBalancer?.ingress ?? []).map(({ ip }) => ip));
    let held: readonly string[] = [];
    const steps: Plan["steps"][number][] = [];
    // An address that users still see is given back when the status has another one: somebody else may get it at once.
    const plan = (observed: Observed): Plan => {
      const whole = planned(observed);
      steps.push(...whole.steps);
      held = whole.steps.flatMap((step) => (step.do === "releaseEip" && shown.has(step.eip) ? step.eip : []));
      return { ...whole, steps: whole.steps.filter((step) => step.do !== "releaseEip" || !held.includes(step.eip)) };
    };
    let result = await settle(request, plan).finally(() => tellHeirs(desired.heirs, steps));
    const next = statusOf(service, desired, result.observed)?.ingress;
    // There is none to come: what is wrong is not tried again by itself.
    if (held.length > 0 && result.done && isHopeless(result) && !next?.every(({ ip = "" }) => !held.includes(ip))) {
      held = [];
      result = await settle(request, planned);
    }
    const { observed } = result;
    terms?.looked(observed);
    if (result.done && observed.blb?.ours) known.set(uid, idsOf(observed));
    // Nobody had asked for anything: somebody else has changed the cloud.
    if (lane === "resync" && result.drift.length > 0) tellDrift(service, result.drift);
    const recordAgainMs = observed.blb && (await surroundings()?.record(service, observed, signal));
    const status = statusOf(service, desired, observed);
    // As long as there is no other address to show, it may take somebody's doing until there is.
    const heldMs = status?.ingress?.every(({ ip = "" }) => !held.includes(ip)) ? HELD_MS : RECHECK_MS;
    const otherwise = recordAgainMs ?? (result.refused ? RECHECK_MS : undefined);
    // What was unfinished may be about to be finished, by a request of the manager before, as it was wanted then.
    const echoMs = result.steps > 0 && lateMs(uid) > 0 ? lateMs(uid) : undefined;
    const recheckAfterMs = held.length > 0 ? heldMs : earlier(otherwise, echoMs);
    // Nothing is left to do, but an address that is on its way has not come, whatever else is wrong.
    const arrived = isHopeless(result) || (status?.ingress?.length ?? 0) >= desired.addresses.length;
    const waits = result.done ? !arrived : result.problems.length === 0;
    return {
      status,
      problems: [...problems, ...(terms?.problems ?? []), ...result.problems],
      ...(waits ? { againAfterMs: LOOK_AGAIN_MS } : {}),
      ...(recheckAfterMs === undefined ? {} : { recheckAfterMs }),
    };
  };

  const updateBackends = async (request: LoadBalancerRequest): Promise<LoadBalancerResult> => {
    const { uid = "" } = request.service.metadata;
    const { desired } = await desiredFor(request);
    const before = known.get(uid);
    if (before) {
      const chosen = chooseBackends(existing(desired).backends, before);
      const full = [...chosen.values()].every((weight) => weight === 100);
      if (full && chosen.size === before.size && [...chosen.keys()].every((id) => before.has(id))) {
        return { status: undefined, problems: [] };
      }
    }
    known.delete(uid);
    const result = await settle(request, (observed) => {
      if (!observed.blb) return { steps: [], problems: [] };
      const whole = planService(existing(desired), observed);
      return {
        steps: whole.steps.filter(({ facet }) => facet === "backends"),
        problems: whole.problems.filter(({ facet }) => facet === "backends"),
      };
    });
    if (result.done && result.observed.blb?.ours) known.set(uid, idsOf(result.observed));
    return {
      status: undefined,
      problems: result.problems,
      ...(result.done || result.problems.length > 0 ? {} : { againAfterMs: LOOK_AGAIN_MS }),
    };
  };

  /** Services of which something was deleted, and which are not done with. */
  const removed = new Set<string>();
  const ensureDeleted = async (request: Omit<LoadBalancerRequest, "nodes">): Promise<boolean | Unfinished> => {
    const { service, signal } = request;
    known.delete(service.metadata.uid ?? "");
    const { settings } = readAnnotations(service.metadata.annotations ?? {});
    const sharers = await sharersOf(service, signal);
    const [first, ...others] = sharers;
    const heirs = heirsOf(sharers);
    const { uid = "" } = service.metadata;
    const handed: Plan["steps"][number][] = [];
    const remaining =
      first && desiredOf(first.service, first.nodes, clusterId, { sharers: others }).desired.sharedBackends;
    const kept = new Map<string, string>();
    const plan = (observed: Observed): Plan => {
      for (const { eip, paymentTiming, deleteProtect } of observed.ownEips) {
        if (settings.keepEip) kept.set(eip, "as the annotation keep-eip asks");
        else if (paymentTiming === "Prepaid")
          kept.set(eip, "as it is prepaid and cannot be released before its term ends");
        else if (deleteProtect && settings.eipProtection === "")
          kept.set(eip, "as somebody protected it against release");
      }
      const whole = planDeletion(
        observed,
        deletionOptions(settings, remaining, (notHandedOver.get(uid) ?? 0) < HAND_OVERS ? heirs : {}),
      );
      handed.push(...whole.steps);
      return whole;
    };
    const result = await settle(request, plan).finally(() => tellHeirs(heirs, handed));
    if (result.steps > 0) removed.add(uid);
    if (result.done) notHandedOver.delete(uid);
    else if (handed.some((step) => step.do === "handOverEip"))
      notHandedOver.set(uid, (notHandedOver.get(uid) ?? 0) + 1);
    if (!result.done || result.problems.length > 0) {
      const why = result.problems.map(({ message }) => message).join("; ") || "not finished yet";
      throw new CloudError("retryable", why);
    }
    if (result.steps > 0) {
      for (const [eip, why] of kept)
        surroundings()?.tell(service, "AddressKept", `EIP ${eip} stays in the account, ${why}`);
    }
    // Nothing may come to be after the Service has gone: nobody would know whose it is.
    const againAfterMs = lateMs(uid);
    if (againAfterMs > 0) return { againAfterMs };
    observer.made.forget(unanswered(uid));
    options.tenants?.()?.removed(service);
    // One that goes on to live as another type must not take what is gone for its own when it comes back.
    const recordAgainMs = service.metadata.deletionTimestamp
      ? undefined
      : await surroundings()?.record(service, undefined, signal);
    return recordAgainMs === undefined ? removed.delete(uid) : { againAfterMs: recordAgainMs };
  };

  const tellDrift = (service: Service, drift: readonly Drift[]): void => {
    const texts = drift.map(driftText);
    for (const entry of drift) logger.warn("drift repaired", { service: keyOf(service), ...entry });
    const more = texts.length > MOST_TOLD ? `; and ${texts.length - MOST_TOLD} more` : "";
    surroundings()?.tell(service, "DriftRepaired", texts.slice(0, MOST_TOLD).join("; ") + more);
  };

  return {
    nodeSelector: nodeSelectorOf,
    isOwnNote,
    ensure: (request) => alone(request.service, () => ensure(request)),
    updateBackends: (request) => alone(request.service, () => updateBackends(request)),
    ensureDeleted: (request) => alone(request.service, () => ensureDeleted(request)),
  };
}

function idsOf({ blb }: Observed): ReadonlySet<string> {
  return new Set((blb?.backends ?? []).map(({ instanceId }) => instanceId));
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  return a !== undefined && b !== undefined ? Math.min(a, b) : (a ?? b);
}

/** Whether no address is to be waited for. */
function isHopeless({ problems }: Pick<Settled, "problems">): boolean {
  return problems.some(({ facet }) => facet === "address" || facet === "load-balancer");
}
