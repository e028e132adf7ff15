import { errorText, type Logger, type Random } from "@ccm/base";
import { type BceClient, clientToken, isBceError, type WriteOptions } from "@ccm/bce";
import { cloudErrorOf, type FacetProblem } from "@ccm/cloud-provider";
import { toCloudError } from "../errors.ts";
import type { Observer } from "./observe.ts";
import { type Facet, NEW, type Step } from "./plan.ts";
import type { Waits } from "./wait.ts";

export interface ApplyOptions {
  readonly client: BceClient;
  readonly observer: Observer;
  readonly waits: Waits;
  readonly random: Random;
  readonly logger: Logger;
  readonly vpcId: () => Promise<string>;
  /** For a load balancer whose plan names none. */
  readonly chooseSubnet: (signal: AbortSignal) => Promise<string>;
}

export interface Applied {
  readonly problems: readonly FacetProblem[];
  /** Something was in another state than the plan thought: observe and plan again. */
  readonly conflict: boolean;
  /** Ids of what was made on the way. */
  readonly blbId: string | undefined;
}

/** Runs the steps of a plan. A facet that fails is reported and left; the others go on. An abort is thrown. */
export type Apply = (uid: string, steps: readonly Step[], signal: AbortSignal) => Promise<Applied>;

/** What cannot be done without a load balancer. */
const NEEDS_BLB: ReadonlySet<Facet> = new Set(["listeners", "backends", "address"]);

export function createApply(options: ApplyOptions): Apply {
  const { client, observer, waits, random, logger, vpcId, chooseSubnet } = options;
  const { blb, eip } = client;

  return async (uid, steps, signal) => {
    let newBlb: string | undefined;
    let newEip: string | undefined;
    const problems: FacetProblem[] = [];
    const failed = new Set<Facet>();
    let conflict = false;
    const blbOf = (id: string) => (id === NEW ? (newBlb ?? "") : id);
    const eipOf = (address: string) => (address === NEW ? (newEip ?? "") : address);
    /** For what can be told from the state whether it was done: repeated attempts of this one occasion are one. */
    const once = (...purpose: readonly string[]): WriteOptions => ({
      signal,
      clientToken: clientToken(uid, ...purpose, random.uuid()),
    });
    /** For what makes something new: after a crash the same token brings back what was made before it. */
    const made = (what: "blb" | "eip"): WriteOptions => ({
      signal,
      lane: "user",
      clientToken: clientToken(uid, what, String(observer.attempt(`${uid} ${what}`))),
    });

    /** The create's answer named what was made, and removed, before: within a day the cloud repeats it. */
    const orAnew = async (what: "blb" | "eip", wait: Promise<unknown>): Promise<void> => {
      try {
        await wait;
      } catch (error) {
        if (cloudErrorOf(error)?.code === "absent") observer.startAnew(`${uid} ${what}`);
        throw error;
      }
    };
    const run = async (step: Step): Promise<void> => {
      switch (step.do) {
        case "createLoadBalancer": {
          const { name, description: desc, tags } = step;
          const subnetId = step.subnetId || (await chooseSubnet(signal));
          newBlb = (await blb.create({ name, desc, tags, subnetId, vpcId: await vpcId() }, made("blb"))).blbId;
          observer.made.note(`${uid} blb`, newBlb);
          await orAnew("blb", waits.blbAvailable(newBlb, signal));
          return;
        }
        case "deleteLoadBalancer":
          await ignoreAbsent(blb.delete(step.blbId, once("delete", step.blbId)));
          await waits.blbGone(step.blbId, signal);
          observer.startAnew(`${uid} blb`);
          return;
        case "createListener":
          return onBlb(step.blbId, (id) => blb.createListener(id, step.listener, once("listener")));
        case "updateListener":
          return onBlb(step.blbId, (id) => blb.updateListener(id, step.listener, once("listener")));
        case "deleteListeners":
          return onBlb(step.blbId, (id) => ignoreAbsent(blb.deleteListeners(id, step.listeners, once("listener"))));
        case "addBackends":
          return onBlb(step.blbId, (id) => blb.addBackends(id, weighted(step), once("backends")));
        case "updateBackends":
          return onBlb(step.blbId, (id) => blb.updateBackends(id, weighted(step), once("backends")));
        case "removeBackends":
          return onBlb(step.blbId, (id) => ignoreAbsent(blb.removeBackends(id, step.instanceIds, once("backends"))));
        case "createEip":
          newEip = (await eip.create(step.spec, made("eip"))).eip;
          observer.made.note(`${uid} eip`, newEip);
          await orAnew("eip", waits.eipIs(newEip, "available", signal));
          return;
        case "bindEip": {
          const address = eipOf(step.eip);
          await waits.eipIs(address, "available", signal);
          await waits.blbAvailable(blbOf(step.blbId), signal);
          await eip.bind(address, { instanceType: "BLB", instanceId: blbOf(step.blbId) }, once("bind", address));
          await waits.eipIs(address, "binded", signal);
          return;
        }
        case "unbindEip":
          await eip.unbind(step.eip, once("unbind", step.eip));
          await waits.eipIs(step.eip, "available", signal);
          return;
        case "resizeEip":
          await eip.resize(step.eip, step.bandwidthInMbps, once("resize", step.eip));
          return;
        case "releaseEip":
          await ignoreAbsent(eip.release(step.eip, once("release", step.eip)));
          observer.startAnew(`${uid} eip`);
          return;
      }
    };
    /** Between two changes the load balancer has to come to rest: while it is updating it refuses the next. */
    const onBlb = async (id: string, change: (id: string) => Promise<void>): Promise<void> => {
      await waits.blbAvailable(blbOf(id), signal);
      await change(blbOf(id));
    };

    for (const step of steps) {
      const dependsOnFailed = failed.has("load-balancer") && NEEDS_BLB.has(step.facet) && usesNew(step);
      // A step on an address builds on the one before it; listeners and backends do not depend on each other.
      if (dependsOnFailed || (step.facet === "address" && failed.has("address"))) continue;
      try {
        await run(step);
        logger.info("cloud changed", describe(step, blbOf, eipOf));
      } catch (error) {
        if (signal.aborted) throw error;
        failed.add(step.facet);
        if (isBceError(error, "conflict", "mismatch", "absent")) conflict = true;
        problems.push(problemOf(step, error));
      }
    }
    return { problems, conflict, blbId: newBlb };
  };
}

async function ignoreAbsent(call: Promise<void>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!isBceError(error, "absent")) throw error;
  }
}

function weighted(step: { readonly instanceIds: readonly string[]; readonly weight: number }) {
  return step.instanceIds.map((instanceId) => ({ instanceId, weight: step.weight }));
}

function usesNew(step: Step): boolean {
  return "blbId" in step && step.blbId === NEW;
}

const REASONS: Readonly<Record<Facet, string>> = {
  "load-balancer": "LoadBalancerFailed",
  listeners: "ListenersFailed",
  backends: "BackendsFailed",
  address: "AddressFailed",
};

function problemOf(step: Step, error: unknown): FacetProblem {
  const quota = isBceError(error, "quota");
  return {
    facet: step.facet,
    reason: quota ? "QuotaExceeded" : REASONS[step.facet],
    message: `${wordsFor(step)}: ${errorText(error)}${quota ? "; free some, or raise the quota in the console" : ""}`,
    // A quota may be raised, a permission granted: look again, but the framework decides how soon.
    retryable: quota || (cloudErrorOf(toCloudError(error))?.retryable ?? true),
  };
}

function wordsFor(step: Step): string {
  switch (step.do) {
    case "createListener":
    case "updateListener":
      return `${step.do === "createListener" ? "create" : "update"} listener ${step.listener.listenerPort}/${step.listener.listenerType}`;
    case "createLoadBalancer":
      return `create load balancer ${step.name}`;
    case "createEip":
      return `create EIP of ${step.spec.bandwidthInMbps} Mbps`;
    default:
      return step.do.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).replace(" eip", " EIP");
  }
}

function describe(step: Step, blbOf: (id: string) => string, eipOf: (address: string) => string) {
  return {
    step: step.do,
    ...("blbId" in step ? { blb: blbOf(step.blbId) } : {}),
    ...("eip" in step ? { eip: eipOf(step.eip) } : {}),
    ...("listener" in step ? { listener: `${step.listener.listenerType}/${step.listener.listenerPort}` } : {}),
    ...("instanceIds" in step ? { instances: step.instanceIds.length } : {}),
  };
}
