import { createHash } from "node:crypto";
import { type Clock, type Random, Secret, sleep, type Transport } from "@ccm/base";
import { type Ccr, clientToken, isBceError, type Robot } from "@ccm/bce";
import { hasCode, type KubeClient, SECRETS } from "@ccm/kube";
import { withCredential, withEntryText } from "../docker-config.ts";
import { type PullProof, proveLogin, provePull } from "../token-flow.ts";
import { planRollback, planRotation } from "./plan.ts";
import { failedPulls, failingPods, listFailures, listPods } from "./pulls.ts";
import { fingerprintOf, type KeptRotation, printRecord, readRecord, recordRef } from "./record.ts";
import { configText, listPullSecrets, type PullSecret, viewOf } from "./secrets.ts";
import type { Observed, RotationRecord, RotationRequest, Step } from "./types.ts";
import { loginOf, robotMark } from "./types.ts";

export interface RotationEnv {
  readonly ccr: Ccr;
  readonly kube: KubeClient;
  /** To the registry itself. */
  readonly send: Transport;
  readonly clock: Clock;
  /** Its UUIDs make the password: of a source that nobody can guess. */
  readonly random: Pick<Random, "uuid">;
  /** Where the record is kept. */
  readonly stateNamespace: string;
  /** A Secret that cannot be read, and so is left alone. */
  readonly onBad?: (message: string) => void;
  readonly signal?: AbortSignal;
}

/** What was seen, and what it was made from; `kept` and `pullSecrets` hold passwords. */
export interface Look {
  readonly observed: Observed;
  readonly kept?: KeptRotation;
  readonly robots: { readonly old?: Robot; readonly new?: Robot };
  readonly pullSecrets: readonly PullSecret[];
}

export async function observeRotation(env: RotationEnv, request: RotationRequest): Promise<Look> {
  const { ccr, kube, clock, signal } = env;
  const options = signal ? { signal } : {};
  const kept = await readKept(env, request);
  const record = kept?.record;
  const login = loginOf(record?.to ?? request.to);
  const [robots, pullSecrets, pods, events] = await Promise.all([
    ccr.listRobots(request.instanceId, { lane: "user", ...options }),
    listPullSecrets(kube, env.onBad ?? (() => {}), signal),
    record ? listPods(kube, signal) : [],
    record ? listFailures(kube, signal) : [],
  ]);
  const views = pullSecrets.flatMap((one) => viewOf(one, request, login, kept?.credential) ?? []);
  const [old, created] = [request.from, login].map((name) => robots.find((robot) => robot.name === name));
  const before = new Set(record?.failingBefore);
  const failures = record
    ? [
        ...failingPods(pods, request.hosts),
        ...failedPulls(events, pods, request.hosts, record.replacedAt ?? record.startedAt),
      ].filter(({ uid }) => !before.has(uid))
    : [];
  const isThere = created !== undefined || record?.to.kind === "user";
  const proof = kept && isThere ? await prove(env, request, kept) : undefined;
  return {
    observed: {
      now: clock.now(),
      ...(record ? { record } : {}),
      ...(old ? { old } : {}),
      ...(created ? { new: created } : {}),
      ...(proof ? { proof } : {}),
      secrets: views,
      failures,
    },
    ...(kept ? { kept } : {}),
    robots: { ...(old ? { old } : {}), ...(created ? { new: created } : {}) },
    pullSecrets,
  };
}

async function readKept({ kube, stateNamespace, signal }: RotationEnv, request: RotationRequest) {
  const ref = recordRef(stateNamespace, request.instanceId, request.from);
  try {
    return readRecord(await kube.get(SECRETS, ref, signal ? { signal } : {}));
  } catch (error) {
    if (hasCode(error, "not_found")) return undefined;
    throw error;
  }
}

/** The first image that it cannot pull tells; else the last that it can. */
async function prove(
  { send, clock, signal }: RotationEnv,
  { hosts, images }: RotationRequest,
  { credential }: KeptRotation,
): Promise<PullProof> {
  const options = { send, clock, credential, ...(signal ? { signal } : {}) };
  const [host = ""] = hosts;
  let proof: PullProof | undefined;
  for (const image of images) {
    const [, repository = image, reference] = /^([^:@]+)(?:[:@](.+))?$/.exec(image) ?? [];
    proof = await provePull(options, { host, repository, ...(reference ? { reference } : {}) });
    if (proof.outcome !== "pulled") return proof;
  }
  return proof ?? proveLogin(options, host);
}

export type RotationEnd =
  | { readonly end: "done" }
  /** Nothing can be done before; `pulls` are watched until then, or nobody has to wait. */
  | { readonly end: "waiting"; readonly for: "watch" | "rest"; readonly until: number }
  | { readonly end: "stopped"; readonly because: readonly string[] };

export interface RunOptions {
  readonly rollback?: boolean;
  /** How often pulls are looked at while they are watched. Milliseconds. */
  readonly pollMs?: number;
  /** Whether to stay until the old robot may be deleted, too. */
  readonly waitForDelete?: boolean;
  readonly onStep?: (step: Step) => void;
}

/** Looks this often at a registry that may need a moment to know a new login. */
const PROOFS = 5;
const PROOF_PAUSE_MS = 3000;
const POLL_MS = 15_000;
/** Somebody else may write what we write, but not for ever. */
const CHANGES = 20;
const CHANGE_PAUSE_MS = 1000;

/**
 * Looks, plans and does, over and over, until all is done, has to wait, or cannot go on. It may end at any point, and be
 * run again by anybody. Throws a BceError or a KubeError, or the signal's reason.
 */
export async function runRotation(
  env: RotationEnv,
  request: RotationRequest,
  { rollback = false, pollMs = POLL_MS, waitForDelete = false, onStep = () => {} }: RunOptions = {},
): Promise<RotationEnd> {
  const plan = rollback ? planRollback : planRotation;
  let told = "";
  for (let proofs = 0, changes = 0; ; ) {
    const look = await observeRotation(env, request);
    const steps = plan(request, look.observed);
    if (steps.length === 0) return { end: "done" };
    for (const step of steps) {
      if (step.do === "stop") return { end: "stopped", because: step.because };
      if (step.do === "watch" || step.do === "rest") {
        // Counted from a mark that this round has set: the next look sees it.
        if (step.until === undefined) break;
        if (step.do === "rest" && !waitForDelete) return { end: "waiting", for: step.do, until: step.until };
        if (told !== step.do) onStep(step);
        told = step.do;
        await sleep(env.clock, Math.min(pollMs, step.until - look.observed.now), env.signal);
        break;
      }
      if (step.do === "prove") {
        if (++proofs > PROOFS) {
          return { end: "stopped", because: [look.observed.proof?.message ?? `${step.login} cannot log in`] };
        }
        if (proofs > 1) await sleep(env.clock, PROOF_PAUSE_MS, env.signal);
        break;
      }
      onStep(step);
      const again = await applyStep(env, request, look, step);
      if (again === "changed") {
        if (++changes > CHANGES) throw new Error(`${step.do}: what it is about changes faster than it can be done`);
        await sleep(env.clock, CHANGE_PAUSE_MS, env.signal);
        break;
      }
      if (step.do === "begin" || step.do === "remember" || step.do.startsWith("mark-")) break;
    }
  }
}

/** One step. "changed": what the plan was made from is no more, and has to be looked at again. */
export async function applyStep(
  env: RotationEnv,
  request: RotationRequest,
  look: Look,
  step: Step,
): Promise<"done" | "changed"> {
  const { ccr, kube, clock } = env;
  const { instanceId } = request;
  const options = env.signal ? { signal: env.signal } : {};
  const { kept, robots } = look;
  try {
    if (step.do === "begin") {
      const record: RotationRecord = {
        ...{ instanceId, from: request.from, to: request.to },
        id: env.random.uuid().slice(0, 8),
        startedAt: clock.now(),
        failingBefore: failingPods(await listPods(kube, env.signal), request.hosts).map(({ uid }) => uid),
        previous: {},
      };
      const credential = { username: loginOf(request.to), password: newPassword(env.random) };
      await kube.create(
        SECRETS,
        printRecord(refOf(env, request), { record, credential, previous: new Map() }),
        options,
      );
      return "done";
    }
    if (!kept) return "changed";
    const { record, credential } = kept;
    const write = { ...options, clientToken: clientToken("rotation", record.id, step.do) };
    switch (step.do) {
      case "create": {
        if (record.to.kind !== "robot") return "changed";
        const { name, permissions = robots.old?.permissions ?? [], duration = robots.old?.duration ?? -1 } = record.to;
        const description = robotMark(record);
        const spec = { name, secret: credential.password, description, duration, permissions };
        await ccr.createRobot(instanceId, spec, write);
        return "done";
      }
      case "set-password":
        await ccr.setPassword(instanceId, credential.password, write);
        return "done";
      case "set-secret":
        if (robots.new) await ccr.setRobotSecret(instanceId, robots.new.id, credential.password, write);
        return "done";
      case "enable-new":
      case "enable-old":
      case "disable": {
        const robot = step.do === "enable-new" ? robots.new : robots.old;
        // The same again may have been done, and undone, before.
        const token = clientToken("rotation", record.id, step.do, env.random.uuid());
        if (robot) {
          await ccr.updateRobot(
            instanceId,
            robot,
            { disable: step.do === "disable" },
            { ...write, clientToken: token },
          );
        }
        return "done";
      }
      case "delete-old":
      case "delete-new": {
        const robot = step.do === "delete-old" ? robots.old : robots.new;
        if (robot) await ccr.deleteRobot(instanceId, robot.id, write);
        return "done";
      }
      case "remember":
        await save(env, request, remembering(look, kept, step.secrets));
        return "done";
      case "replace":
      case "restore":
        await rewrite(env, look, kept, step);
        return "done";
      case "mark-replaced":
        await save(env, request, { ...kept, record: { ...record, replacedAt: clock.now() } });
        return "done";
      case "mark-disabled":
        await save(env, request, { ...kept, record: { ...record, disabledAt: clock.now() } });
        return "done";
      case "mark-restored":
        await save(env, request, { ...kept, record: { ...record, restoredAt: clock.now() } });
        return "done";
      case "finish":
        await kube.delete(SECRETS, refOf(env, request), options);
        return "done";
      default:
        return "done";
    }
  } catch (error) {
    // Another process does the same, or the object was edited: what there is now decides.
    if (hasCode(error, "conflict", "already_exists", "not_found")) return "changed";
    if (step.do === "create" ? isBceError(error, "conflict") : isBceError(error, "absent")) return "changed";
    throw error;
  }
}

function refOf({ stateNamespace }: RotationEnv, { instanceId, from }: RotationRequest) {
  return recordRef(stateNamespace, instanceId, from);
}

async function save(env: RotationEnv, request: RotationRequest, kept: KeptRotation): Promise<void> {
  await env.kube.update(SECRETS, printRecord(refOf(env, request), kept), env.signal ? { signal: env.signal } : {});
}

/** The record with the entries that are about to be replaced; it counts as one whose Secrets are not all replaced. */
function remembering(look: Look, kept: KeptRotation, secrets: readonly string[]): KeptRotation {
  const { replacedAt: _, disabledAt: __, restoredAt: ___, ...record } = kept.record;
  const previous = new Map(kept.previous);
  const known: Record<string, Readonly<Record<string, string>>> = { ...record.previous };
  for (const view of look.observed.secrets) {
    const name = `${view.namespace}/${view.name}`;
    const opened = look.pullSecrets.find(({ where }) => where === `Secret ${name}`);
    if (!secrets.includes(name) || !opened) continue;
    const fresh = view.entries.filter(({ carries }) => carries !== "new");
    known[name] = { ...known[name], ...Object.fromEntries(fresh.map(({ key, fingerprint }) => [key, fingerprint])) };
    for (const { text } of opened.entries) {
      const fingerprint = fingerprintOf(text);
      if (fresh.some((one) => one.fingerprint === fingerprint)) previous.set(fingerprint, text);
    }
  }
  return { ...kept, record: { ...record, previous: known }, previous };
}

/** Changes the entries of one Secret in one write, and nothing else of it. */
async function rewrite(
  { kube, signal }: RotationEnv,
  look: Look,
  kept: KeptRotation,
  step: Extract<Step, { readonly do: "replace" | "restore" }>,
): Promise<void> {
  const name = `${step.namespace}/${step.name}`;
  const opened = look.pullSecrets.find(({ where }) => where === `Secret ${name}`);
  if (!opened) return;
  const { where, form } = opened;
  const before = kept.record.previous[name] ?? {};
  let text = configText(opened);
  for (const key of step.keys) {
    const old = kept.previous.get(before[key] ?? "");
    if (step.do === "replace") text = withCredential(text, key, kept.credential, where, form);
    else if (old) text = withEntryText(text, key, old.reveal(), where, form);
  }
  const { resourceVersion } = opened.secret.metadata;
  const body = {
    // Edited meanwhile: the API server refuses.
    metadata: { resourceVersion },
    data: { [opened.dataKey]: Buffer.from(text).toString("base64") },
  };
  const ref = { namespace: step.namespace, name: step.name };
  await kube.patch(SECRETS, ref, { type: "merge", body }, signal ? { signal } : {});
}

const ALPHABET = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/** 20 characters with upper, lower and digit: as users' passwords and robots' secrets have to be. */
export function newPassword(random: Pick<Random, "uuid">): Secret {
  const bytes = createHash("sha512").update(`${random.uuid()}${random.uuid()}`).digest();
  const chars = [...bytes.subarray(0, 17)].map((byte) => ALPHABET[byte % ALPHABET.length]);
  return new Secret(`${chars.join("")}aA7`);
}
