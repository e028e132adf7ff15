import {
  type Clock,
  errorText,
  isAbort,
  type Logger,
  type Metrics,
  noMetrics,
  type Random,
  sleep,
  withTimeout,
} from "@ccm/base";
import type { KubeClient } from "./client.ts";
import { hasCode, KubeError } from "./error.ts";
import type { EventRecorder } from "./event-recorder.ts";
import { microTime } from "./time.ts";
import { LEASES, type Lease } from "./types/core.ts";

export interface LeaderElectionOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics?: Metrics;
  readonly events?: EventRecorder;
  readonly namespace: string;
  readonly name: string;
  /** Who we are: `<hostname>_<uuid>`. */
  readonly identity: string;
  /** How long others wait after the last renewal they saw. Whole seconds are written into the Lease. */
  readonly leaseDurationMs: number;
  /** How long we go on trying to renew before we give up. Less than leaseDurationMs. */
  readonly renewDeadlineMs: number;
  readonly retryPeriodMs: number;
  /** Default true: the lease is given back at the end of `run`. False, as upstream: the next one waits for it to expire. */
  readonly releaseOnExit?: boolean;
  /** Written with each renewal, which costs nothing: annotations of the Lease, undefined for one that is to go. */
  readonly annotations?: () => Readonly<Record<string, string | undefined>>;
}

export interface LeaderElector {
  /**
   * Waits for the lease, then runs `lead`, whose signal aborts when leadership ends. Throws a KubeError with code
   * "lost_lease" when it was lost. After `signal` aborts, waits for `lead` to end, then gives the lease back, so that
   * the next one need not wait for it to expire.
   */
  run(lead: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void>;
  readonly isLeader: boolean;
  /** We have seen no Lease before ours: nobody has led before. */
  readonly isFirst: boolean;
  /** A text when we believe to lead and have not renewed for the lease's duration and `toleranceMs` more. */
  healthProblem(toleranceMs: number): string | undefined;
}

/** Upstream waits up to 120 % longer between two attempts to acquire, so that candidates spread out. */
const ACQUIRE_JITTER = 1.2;

/**
 * One leader among many, by a Lease object. Expiry is measured on our own clock from when we saw the last change, never
 * by the times written in the Lease: the clocks of two machines need not agree.
 */
export function createLeaderElector(options: LeaderElectionOptions): LeaderElector {
  const { client, clock, random, logger, events, namespace, name, identity } = options;
  const { leaseDurationMs, renewDeadlineMs, retryPeriodMs, releaseOnExit = true } = options;
  checkOptions(options);
  const metrics = options.metrics ?? noMetrics;
  const slowPath = metrics.counter({
    name: "leader_election_slowpath_total",
    help: "Attempts to hold the lease that had to read it first",
    labels: ["name"],
  });
  const master = metrics.gauge({
    name: "leader_election_master_status",
    help: "Whether this process is the leader: 1 yes, 0 no",
    labels: ["name"],
  });
  let isLeader = false;
  let isFirst = false;
  let renewedAt = 0;
  let observed: Lease | undefined;
  let observedAt = 0;

  const observe = (lease: Lease): void => {
    if (JSON.stringify(lease.spec) !== JSON.stringify(observed?.spec)) observedAt = clock.monotonic();
    observed = lease;
  };
  const record = (holder: string, before: Lease["spec"], created = false): NonNullable<Lease["spec"]> => {
    const now = microTime(clock.now());
    const ours = before?.holderIdentity === identity;
    const transitions = before?.leaseTransitions ?? 0;
    return {
      holderIdentity: holder,
      leaseDurationSeconds: holder === "" ? 1 : Math.ceil(leaseDurationMs / 1000),
      acquireTime: ours && before?.acquireTime ? before.acquireTime : now,
      renewTime: now,
      leaseTransitions: ours || created ? transitions : transitions + 1,
    };
  };

  const renewed = ({ metadata, ...lease }: Lease, spec: NonNullable<Lease["spec"]>): Lease => {
    const wanted = options.annotations?.() ?? {};
    if (Object.entries(wanted).every(([key, value]) => metadata.annotations?.[key] === value)) {
      return { ...lease, metadata, spec };
    }
    const after = Object.entries({ ...metadata.annotations, ...wanted }).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    );
    return { ...lease, metadata: { ...metadata, annotations: Object.fromEntries(after) }, spec };
  };

  /** True when we hold the lease after it. */
  const acquireOrRenew = async (signal: AbortSignal): Promise<boolean> => {
    // Only over our own record: over another's, it would take the lease from its holder.
    const ours = isLeader && observed?.spec?.holderIdentity === identity;
    if (observed && ours && clock.monotonic() < observedAt + leaseDurationMs) {
      try {
        observe(await client.update(LEASES, renewed(observed, record(identity, observed.spec)), { signal }));
        return true;
      } catch (error) {
        // Somebody may have changed it, or the connection is bad: read it and decide again.
        if (signal.aborted) throw error;
      }
    }
    slowPath.inc({ name });
    let current: Lease;
    try {
      current = await client.get(LEASES, { namespace, name }, { signal });
    } catch (error) {
      if (!hasCode(error, "not_found")) throw error;
      const fresh: Lease = { metadata: { namespace, name }, spec: record(identity, undefined, true) };
      const created = await client.create(LEASES, fresh, { signal });
      // One that was there, and that somebody has deleted, was somebody's.
      isFirst = observed === undefined;
      observe(created);
      return true;
    }
    observe(current);
    isFirst = false;
    const { holderIdentity = "", leaseDurationSeconds = 0 } = current.spec ?? {};
    const valid = clock.monotonic() < observedAt + leaseDurationSeconds * 1000;
    if (holderIdentity !== "" && holderIdentity !== identity && valid) return false;
    observe(await client.update(LEASES, renewed(current, record(identity, current.spec)), { signal }));
    return true;
  };

  const acquire = async (signal: AbortSignal): Promise<boolean> => {
    while (!signal.aborted) {
      const held = await acquireOrRenew(signal).catch((error: unknown) => {
        if (!signal.aborted)
          logger.warn("cannot acquire the leader lease yet", { lease: name, error: errorText(error) });
        return false;
      });
      if (held) return true;
      await sleep(clock, retryPeriodMs * (1 + random.next() * ACQUIRE_JITTER), signal).catch(() => {});
    }
    return false;
  };
  /** Renews until `signal` aborts; throws when the deadline passes without a renewal. */
  const renew = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      await sleep(clock, retryPeriodMs, signal).catch(() => {});
      if (signal.aborted) return;
      let last = "another process holds it";
      const renewOnce = async (inner: AbortSignal): Promise<void> => {
        while (!inner.aborted) {
          try {
            if (await acquireOrRenew(inner)) return;
          } catch (error) {
            last = errorText(error);
          }
          await sleep(clock, retryPeriodMs, inner);
        }
        throw inner.reason;
      };
      try {
        await withTimeout(clock, renewDeadlineMs, "renew the leader lease", signal, renewOnce);
        renewedAt = clock.monotonic();
      } catch (cause) {
        if (signal.aborted) return;
        throw new KubeError("lost_lease", `leader lease ${namespace}/${name} lost: ${last}`, { cause });
      }
    }
  };
  const release = async (): Promise<void> => {
    if (!observed || observed.spec?.holderIdentity !== identity) return;
    const released = renewed(observed, record("", observed.spec));
    await withTimeout(clock, renewDeadlineMs, "release the leader lease", undefined, (signal) =>
      client.update(LEASES, released, { signal }),
    ).catch((error: unknown) => {
      logger.warn("cannot release the leader lease", { lease: name, error: errorText(error) });
    });
  };
  const become = (leader: boolean): void => {
    isLeader = leader;
    master.set(leader ? 1 : 0, { name });
    const text = `${identity} ${leader ? "became leader" : "stopped leading"}`;
    events?.event(LEASES, observed ?? { metadata: { namespace, name } }, "Normal", "LeaderElection", text);
  };

  return {
    async run(lead, signal) {
      master.set(0, { name });
      if (!(await acquire(signal))) return;
      renewedAt = clock.monotonic();
      become(true);
      const term = new AbortController();
      const end = () => term.abort(signal.reason);
      signal.addEventListener("abort", end, { once: true });
      if (signal.aborted) end();
      // The lease is kept until the work has ended: only then may another begin.
      const renewing = new AbortController();
      const renewal = renew(renewing.signal).catch((error: unknown) => {
        term.abort(error);
        throw error;
      });
      renewal.catch(() => {});
      let failure: unknown;
      try {
        await Promise.race([lead(term.signal), renewal]);
        renewing.abort();
        await renewal;
      } catch (error) {
        // Work that ends by throwing what the signal was aborted with has ended as asked.
        if (!isAbort(error, signal)) failure = error;
      } finally {
        term.abort();
        renewing.abort();
        signal.removeEventListener("abort", end);
        become(false);
      }
      // Also after a failure of our own: the next process need not wait for a lease that nobody uses.
      if (releaseOnExit && !hasCode(failure, "lost_lease")) await release();
      if (failure !== undefined) throw failure;
    },
    get isLeader() {
      return isLeader;
    },
    get isFirst() {
      return isFirst;
    },
    healthProblem(toleranceMs) {
      const late = clock.monotonic() - renewedAt - leaseDurationMs - toleranceMs;
      return isLeader && late > 0 ? `failed election to renew leadership on lease ${name}` : undefined;
    },
  };
}

function checkOptions({ identity, leaseDurationMs, renewDeadlineMs, retryPeriodMs }: LeaderElectionOptions): void {
  if (identity === "") throw new KubeError("config", "leader election: Lock identity is empty");
  if (!(leaseDurationMs > 0 && renewDeadlineMs > 0 && retryPeriodMs > 0)) {
    throw new KubeError("config", "leader election: every duration must be greater than zero");
  }
  if (leaseDurationMs <= renewDeadlineMs) {
    throw new KubeError("config", "leader election: the lease duration must be greater than the renew deadline");
  }
  if (renewDeadlineMs <= retryPeriodMs * ACQUIRE_JITTER) {
    throw new KubeError(
      "config",
      "leader election: the renew deadline must be greater than 1.2 times the retry period",
    );
  }
}
