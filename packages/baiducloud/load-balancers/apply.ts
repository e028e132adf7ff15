import type { Logger, Random } from "@ccm/base";
import { type BceClient, type BlbSpec, clientToken, isBceError, type Lane, type WriteOptions } from "@ccm/bce";
import { cloudErrorOf, type FacetProblem } from "@ccm/cloud-provider";
import { toCloudError } from "../errors.ts";
import { description } from "../marks.ts";
import { describe, problemOf } from "./apply-words.ts";
import type { Observer } from "./observe.ts";
import { stagesOf } from "./stages.ts";
import { type Facet, NEW, NEW_EIP, type Step } from "./steps.ts";
import type { Waits } from "./wait.ts";

export interface ApplyOptions {
  readonly client: BceClient;
  readonly clusterId: string;
  readonly observer: Observer;
  readonly waits: Waits;
  readonly random: Random;
  readonly logger: Logger;
  readonly vpcId: () => Promise<string>;
  /** The subnet of a new load balancer; `subnetId` and `zone` are what the Service says of it, "" for nothing. */
  readonly chooseSubnet: (
    signal: AbortSignal,
    subnetId: string,
    zone: string,
    allowed?: readonly string[],
  ) => Promise<string>;
}

export interface Applied {
  readonly problems: readonly FacetProblem[];
  /** Something was in another state than the plan thought: observe and plan again. */
  readonly conflict: boolean;
  /** Ids of what was made on the way. */
  readonly blbId: string | undefined;
}

/**
 * Runs the steps of a plan. A facet that fails is reported and left; the others go on. An abort is thrown. `lane`: who waits,
 * by default a user; what makes a load balancer comes after all that changes one, what removes something before.
 */
export type Apply = (uid: string, steps: readonly Step[], signal: AbortSignal, lane?: Lane) => Promise<Applied>;

/** What there is one of for each Service. */
type Made = "blb" | "eip" | "eip6" | "group";

/** What cannot be done without a load balancer. */
const NEEDS_BLB: ReadonlySet<Facet> = new Set(["listeners", "backends", "address", "source-ranges"]);
/** What would let the world in where the source ranges could not be set. */
const OPENS: ReadonlySet<Step["do"]> = new Set(["createListener", "bindEip"]);

export function createApply(options: ApplyOptions): Apply {
  const { client, clusterId, observer, waits, random, logger, vpcId, chooseSubnet } = options;
  const { blb, eip, tags, securityGroups } = client;

  return async (uid, steps, signal, asked = "user") => {
    const lane: Lane = steps.some((step) => step.do === "createLoadBalancer") ? "new" : asked;
    let newBlb: string | undefined;
    let newGroup: string | undefined;
    const newEips = new Map<string, string>();
    const problems: FacetProblem[] = [];
    const failed = new Set<Facet>();
    let conflict = false;
    const blbOf = (id: string) => (id === NEW ? (newBlb ?? "") : id);
    const eipOf = (address: string) =>
      Object.values(NEW_EIP).includes(address) ? (newEips.get(address) ?? "") : address;
    const groupOf = (id: string) => (id === NEW ? (newGroup ?? "") : id);
    /** For what can be told from the state whether it was done: repeated attempts of this one occasion are one. */
    const once = (...purpose: readonly string[]): WriteOptions => ({
      signal,
      clientToken: clientToken(uid, ...purpose, random.uuid()),
    });
    const inLane = (...purpose: readonly string[]): WriteOptions => ({ ...once(...purpose), lane });
    /** For what makes something new: after a crash the same token brings back what was made before it. */
    const made = (what: Made): WriteOptions => ({
      signal,
      clientToken: clientToken(uid, what, String(observer.attempt(`${uid} ${what}`))),
    });

    const create = async <T>(what: Made, run: (options: WriteOptions) => Promise<T>): Promise<T> => {
      const purpose = `${uid} ${what}`;
      try {
        const answer = await run(made(what));
        observer.made.forget(`token ${purpose}`);
        return answer;
      } catch (error) {
        if (isBceError(error, "mismatch")) observer.tokenTaken(purpose);
        if (isBceError(error, "ambiguous")) observer.made.note(unanswered(uid), uid);
        throw error;
      }
    };

    /** The create's answer named what was made, and removed, before: within a day the cloud repeats it. */
    const orAnew = async (what: Made, wait: Promise<unknown>): Promise<void> => {
      try {
        await wait;
      } catch (error) {
        if (cloudErrorOf(toCloudError(error))?.code === "absent") observer.startAnew(`${uid} ${what}`);
        throw error;
      }
    };
    /**
     * The cloud takes all or none of them. One whose machine is gone, while its Node is still there, must not keep the others
     * out: they are halved until it is found, and left alone for a while.
     */
    const addBackends = async (blbId: string, backends: readonly Weighted[]): Promise<void> => {
      try {
        const marked = backends.map((backend) => ({ ...backend, desc: description(clusterId) }));
        await blb.addBackends(blbId, marked, inLane("backends"));
      } catch (error) {
        if (!isBceError(error, "absent") || !(await blb.look(blbId, { lane, signal }))) throw error;
        const [only, ...others] = backends;
        if (only && others.length === 0) {
          logger.warn("an instance that is to be a backend does not exist", { instance: only.instanceId, blb: blbId });
          observer.made.note(goneInstance(only.instanceId), only.instanceId);
          return;
        }
        const middle = Math.ceil(backends.length / 2);
        await addBackends(blbId, backends.slice(0, middle));
        await addBackends(blbId, backends.slice(middle));
      }
    };
    const run = async (step: Step): Promise<void> => {
      switch (step.do) {
        case "createLoadBalancer": {
          const { subnetId: wanted, zone, allowedSubnets, ...spec } = step.spec;
          const subnetId = await chooseSubnet(signal, wanted, zone, allowedSubnets);
          const whole: BlbSpec = { ...spec, subnetId, vpcId: await vpcId() };
          newBlb = (await create("blb", (options) => blb.create(whole, options))).blbId;
          observer.made.note(`${uid} blb`, newBlb);
          await orAnew("blb", waits.blbAvailable(newBlb, signal));
          return;
        }
        case "updateLoadBalancer":
          return blb.update(step.blbId, step.change, inLane("update"));
        case "resizeLoadBalancer":
          return blb.resize(step.blbId, step.performanceLevel, inLane("resize"));
        case "deleteLoadBalancer":
          await ignoreAbsent(blb.delete(step.blbId, once("delete", step.blbId)));
          await waits.blbGone(step.blbId, signal);
          observer.startAnew(`${uid} blb`);
          return;
        case "assignTag":
          return tags.assign(step, step.tag, inLane("tag", step.tag.tagKey));
        case "createSecurityGroup": {
          const { name, description: desc, rules, tags: marks } = step;
          const group = { name, desc, rules, tags: marks, vpcId: await vpcId() };
          newGroup = (await create("group", (options) => securityGroups.create(group, options))).securityGroupId;
          return;
        }
        case "authorizeRule":
          return securityGroups.authorize(step.groupId, step.rule, inLane("rule"));
        case "revokeRule":
          return ignoreAbsent(securityGroups.revoke(step.rule.securityGroupRuleId ?? "", once("rule")));
        case "bindSecurityGroup":
          return orAnew("group", blb.bindSecurityGroups(blbOf(step.blbId), [groupOf(step.groupId)], inLane("bind")));
        case "unbindSecurityGroup":
          return ignoreAbsent(blb.unbindSecurityGroups(step.blbId, [step.groupId], once("unbind")));
        case "deleteSecurityGroup":
          await ignoreAbsent(securityGroups.delete(step.groupId, once("delete", step.groupId)));
          observer.startAnew(`${uid} group`);
          return;
        case "createListener":
          return blb.createListener(blbOf(step.blbId), step.listener, inLane("listener"));
        case "updateListener":
          return blb.updateListener(blbOf(step.blbId), step.listener, inLane("listener"));
        case "deleteListeners":
          return ignoreAbsent(blb.deleteListeners(blbOf(step.blbId), step.listeners, once("listener")));
        case "addBackends":
          return addBackends(blbOf(step.blbId), weighted(step));
        case "updateBackends":
          return blb.updateBackends(blbOf(step.blbId), weighted(step), inLane("backends"));
        case "removeBackends":
          return ignoreAbsent(blb.removeBackends(blbOf(step.blbId), step.instanceIds, once("backends")));
        case "createEip": {
          const what = step.family === "IPv6" ? "eip6" : "eip";
          const address = (await create(what, (options) => eip.create(step.spec, options))).eip;
          newEips.set(NEW_EIP[step.family], address);
          observer.made.note(`${uid} ${what}`, address);
          await orAnew(what, waits.eipIs(address, "available", signal));
          return;
        }
        case "bindEip": {
          const address = eipOf(step.eip);
          await waits.eipIs(address, "available", signal);
          await eip.bind(address, { instanceType: "BLB", instanceId: blbOf(step.blbId) }, inLane("bind", address));
          await waits.eipIs(address, "binded", signal);
          return;
        }
        case "unbindEip":
          await eip.unbind(step.eip, once("unbind", step.eip));
          await waits.eipIs(step.eip, "available", signal);
          return;
        case "resizeEip":
          return eip.resize(step.eip, step.bandwidthInMbps, inLane("resize", step.eip));
        case "protectEip":
          return eip.protect(step.eip, step.on, inLane("protect", step.eip));
        case "joinGroup":
          return eip.joinGroup(step.groupId, eipOf(step.eip), inLane("join"));
        case "leaveGroup":
          return eip.leaveGroup(step.groupId, step.eip, once("leave"));
        case "handOverEip":
          for (const tag of step.tags) {
            await tags.assign({ service: "EIP", resourceId: step.eipId }, tag, inLane("tag", tag.tagKey));
          }
          observer.startAnew(`${uid} ${step.eip.includes(":") ? "eip6" : "eip"}`);
          return;
        case "releaseEip":
          await ignoreAbsent(eip.release(step.eip, once("release", step.eip)));
          observer.startAnew(`${uid} ${step.eip.includes(":") ? "eip6" : "eip"}`);
          return;
      }
    };

    /** An address is paid for from its creation: not before there is something to bind it to. */
    const isForNew = (step: Step): boolean =>
      step.do === "createEip" && steps.some((one) => one.do === "createLoadBalancer");
    const attempt = async (step: Step): Promise<void> => {
      const dependsOnFailed =
        failed.has("load-balancer") && NEEDS_BLB.has(step.facet) && (usesNew(step) || isForNew(step));
      // A step on an address builds on the one before it; listeners and backends do not depend on each other.
      if (dependsOnFailed || (step.facet === "address" && failed.has("address"))) return;
      // Fails closed: who asked for few must not get the whole world.
      if (failed.has("source-ranges") && (step.facet === "source-ranges" || OPENS.has(step.do))) return;
      if (step.do === "deleteLoadBalancer" && step.onlyWhenReplaced && failed.size > 0) return;
      if (step.do === "removeBackends" && step.onlyWhenReplaced && failed.has("backends")) return;
      try {
        await run(step);
        logger.info("cloud changed", describe(step, blbOf, eipOf));
      } catch (error) {
        if (signal.aborted) throw error;
        failed.add(step.facet);
        if (isBceError(error, "conflict", "mismatch", "absent")) conflict = true;
        problems.push(problemOf(step, error));
      }
    };
    for (const stage of stagesOf(steps)) {
      const lanes = stage.map(async (lane) => {
        for (const step of lane) await attempt(step);
      });
      await Promise.all(lanes);
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

interface Weighted {
  readonly instanceId: string;
  readonly weight: number;
}

/** Under this name the observer remembers that a create for the Service had no answer: it may yet be carried out. */
export function unanswered(uid: string): string {
  return `unanswered ${uid}`;
}

/** Under this name the observer remembers an instance that the cloud did not know. */
export function goneInstance(id: string): string {
  return `gone ${id}`;
}

function weighted(step: { readonly instanceIds: readonly string[]; readonly weight: number }): readonly Weighted[] {
  return step.instanceIds.map((instanceId) => ({ instanceId, weight: step.weight }));
}

function usesNew(step: Step): boolean {
  return "blbId" in step && step.blbId === NEW;
}
