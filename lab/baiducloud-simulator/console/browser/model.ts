import { batch, computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { balancerItems } from "../balancer-items.ts";
import type { Call, Place, Rate, Rates } from "../data.ts";
import type { FaultRule } from "../fault-rules.ts";
import { networkItems } from "../network-items.ts";
import { applyDelta, countsOf, describeDelta, stateOf, type TopologyState } from "../topology-state.ts";
import { type Row, rowsOf } from "../tree.ts";
import { type Api, ApiError, CALLS_PER_PAGE, type CallFilter, type Change } from "./api.ts";

export const VIEWS = ["network", "balancers", "eips", "routes", "calls", "rates", "faults"] as const;
export type View = (typeof VIEWS)[number];

/** denied: the token is missing or wrong. */
export type Connection = "connecting" | "live" | "lost" | "denied";

export interface TreeState {
  readonly filter: Signal<string>;
  readonly toggled: Signal<ReadonlySet<string>>;
  readonly rows: ReadonlySignal<readonly Row[]>;
}

/** How many values a sparkline has. */
export const HISTORY = 60;
/** How many calls the page keeps; older ones are asked for. */
const KEPT_CALLS = 5000;

export type Model = ReturnType<typeof createModel>;

/** All that the page shows, as signals; and what the user can do. */
export function createModel(api: Api, wait: (ms: number) => Promise<void>) {
  const state = signal<TopologyState | undefined>(undefined);
  const places = signal<readonly Place[]>([]);
  const connection = signal<Connection>("connecting");
  const view = signal<View>("network");
  const selected = signal("");
  /** What changed last, in words, for the status line and screen readers. */
  const notice = signal("");
  const problem = signal("");
  const rates = signal<Rates | undefined>(undefined);
  const history = signal<ReadonlyMap<string, readonly number[]>>(new Map());
  const faults = signal<readonly FaultRule[]>([]);
  const callFilter = signal<CallFilter>({ product: "", operation: "", status: "", text: "" });
  const calls = signal<readonly Call[]>([]);
  const olderCalls = signal<number | undefined>(undefined);
  const isFollowing = signal(true);
  const newestCall = signal(0);

  /** Runs what the user asked for; a failure is said, never thrown. */
  const attempt = async (what: string, action: () => Promise<void>): Promise<void> => {
    try {
      await action();
      problem.value = "";
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) connection.value = "denied";
      problem.value = `${what}: ${error instanceof Error ? error.message : String(error)}`;
    }
  };

  const take = (change: Change): void => {
    if (change.event === "snapshot") {
      state.value = stateOf(change.data);
      connection.value = "live";
    } else if (change.event === "delta" && state.value) {
      notice.value = describeDelta(state.value, change.data);
      state.value = applyDelta(state.value, change.data);
    } else if (change.event === "places") {
      places.value = change.data.places;
    } else if (change.event === "rates") {
      rates.value = change.data;
      history.value = withRates(history.value, change.data.rates);
    } else if (change.event === "calls") {
      newestCall.value = change.data.newest;
      if (isFollowing.value && view.value === "calls") void follow();
    }
  };
  let place: Place | undefined;
  let reading = new AbortController();
  /** Shows what the server says, for ever; begins anew when the connection ends or another place is chosen. */
  const run = async (): Promise<void> => {
    for (;;) {
      reading = new AbortController();
      const { signal } = reading;
      try {
        for await (const change of api.changes(place, signal)) batch(() => take(change));
      } catch (error) {
        if (error instanceof ApiError && (error.status === 401 || error.status === 403)) {
          connection.value = "denied";
          return;
        }
        // A place that a new simulator does not have.
        if (error instanceof ApiError && error.status === 400) place = undefined;
      }
      if (signal.aborted) continue;
      connection.value = "lost";
      await wait(1000);
    }
  };

  // Only the newest question's answer counts.
  let question = 0;
  const loadCalls = (): Promise<void> =>
    attempt("The calls cannot be listed", async () => {
      const mine = ++question;
      const page = await api.calls(callFilter.value, {});
      if (mine !== question) return;
      calls.value = page.calls;
      olderCalls.value = page.next;
    });
  let isAsking = false;
  const follow = async (): Promise<void> => {
    const newest = calls.value[0]?.id;
    if (newest === undefined) return loadCalls();
    // The next hint comes soon.
    if (isAsking) return;
    isAsking = true;
    const mine = question;
    await attempt("The calls cannot be listed", async () => {
      const page = await api.calls(callFilter.value, { after: newest });
      if (mine !== question) return;
      // After more new ones than a page has, there would be a gap.
      if (page.calls.length >= CALLS_PER_PAGE) calls.value = page.calls;
      else calls.value = [...page.calls, ...calls.value].slice(0, KEPT_CALLS);
      if (page.calls.length >= CALLS_PER_PAGE) olderCalls.value = page.next;
    });
    isAsking = false;
  };
  const loadOlderCalls = (): Promise<void> =>
    attempt("The calls cannot be listed", async () => {
      const before = olderCalls.value;
      if (before === undefined) return;
      const mine = question;
      const page = await api.calls(callFilter.value, { before });
      if (mine !== question) return;
      calls.value = [...calls.value, ...page.calls];
      olderCalls.value = page.next;
    });
  const loadFaults = (): Promise<void> =>
    attempt("The faults cannot be listed", async () => {
      faults.value = await api.faults();
    });

  const show = (next: View): void => {
    view.value = next;
    problem.value = "";
    if (next === "calls") void loadCalls();
    if (next === "faults") void loadFaults();
  };

  return {
    state,
    places,
    connection,
    view,
    selected,
    notice,
    problem,
    rates,
    history,
    faults,
    callFilter,
    calls,
    olderCalls,
    isFollowing,
    newestCall,
    counts: computed(() => (state.value ? countsOf(state.value) : undefined)),
    network: createTree(computed(() => (state.value ? networkItems(state.value) : []))),
    balancers: createTree(computed(() => (state.value ? balancerItems(state.value) : []))),
    filters: { eips: signal(""), routes: signal("") },
    run,
    show,
    choosePlace(wanted: Place): void {
      place = wanted;
      selected.value = "";
      reading.abort();
    },
    /** Shows a thing; a tree that does not have it stays as it is. */
    select(key: string): void {
      selected.value = key;
    },
    filterCalls(change: Partial<CallFilter>): void {
      callFilter.value = { ...callFilter.value, ...change };
      void loadCalls();
    },
    followCalls(isWanted: boolean): void {
      isFollowing.value = isWanted;
      if (isWanted) void loadCalls();
    },
    loadOlderCalls,
    loadFaults,
    addFault: (...args: Parameters<Api["addFault"]>) =>
      attempt("The fault cannot be added", () => api.addFault(...args)).then(loadFaultsUnlessFailed),
    switchFault: (id: string, enabled: boolean) =>
      attempt("The fault cannot be switched", () => api.switchFault(id, enabled)).then(loadFaultsUnlessFailed),
    deleteFault: (id: string) =>
      attempt("The fault cannot be deleted", () => api.deleteFault(id)).then(loadFaultsUnlessFailed),
    /** Hands the world's YAML to `save`. */
    exportWorld: (save: (yaml: string) => void) =>
      attempt("The world cannot be exported", async () => save(await api.world())),
  };

  function loadFaultsUnlessFailed(): Promise<void> | undefined {
    return problem.value === "" ? loadFaults() : undefined;
  }
}

function createTree(items: ReadonlySignal<Parameters<typeof rowsOf>[0]>): TreeState {
  const filter = signal("");
  const toggled = signal<ReadonlySet<string>>(new Set());
  return { filter, toggled, rows: computed(() => rowsOf(items.value, toggled.value, filter.value)) };
}

function withRates(
  history: ReadonlyMap<string, readonly number[]>,
  rates: readonly Rate[],
): ReadonlyMap<string, readonly number[]> {
  return new Map(
    rates.map(({ product, callsPerSecond }) => [
      product,
      [...(history.get(product) ?? []), callsPerSecond].slice(-HISTORY),
    ]),
  );
}
