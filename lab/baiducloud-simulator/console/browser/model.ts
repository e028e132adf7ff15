import { batch, computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { balancerItems } from "../balancer-items.ts";
import type { Place, Rate, Rates } from "../data.ts";
import type { FaultRule, NewFault } from "../fault-rules.ts";
import { networkItems } from "../network-items.ts";
import { applyDelta, countsOf, describeDelta, stateOf, type TopologyState } from "../topology-state.ts";
import { type Row, rowsOf } from "../tree.ts";
import { type Api, ApiError, type Change } from "./api.ts";
import { createCallModel } from "./call-model.ts";

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

  /** Returns whether it went well; if not, says so, until it does or another view is shown. */
  const attempt = async (what: string, action: () => Promise<void>): Promise<boolean> => {
    try {
      await action();
      if (problem.value.startsWith(what)) problem.value = "";
      return true;
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) connection.value = "denied";
      problem.value = `${what}: ${error instanceof Error ? error.message : String(error)}`;
      return false;
    }
  };

  const calls = createCallModel(api, attempt);

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
      calls.hear(change.data.newest, view.value === "calls");
      // Calls are what makes rules fire.
      if (view.value === "faults") void loadFaults();
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

  const loadFaults = () =>
    attempt("The faults cannot be listed", async () => {
      faults.value = await api.faults();
    });

  const changeFaults = async (what: string, change: () => Promise<void>): Promise<void> => {
    if (await attempt(what, change)) await loadFaults();
  };

  const show = (next: View): void => {
    view.value = next;
    problem.value = "";
    if (next === "calls") void calls.load();
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
    calls,
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
    addFault: (fault: NewFault) => changeFaults("The fault cannot be added", () => api.addFault(fault)),
    switchFault: (id: string, enabled: boolean) =>
      changeFaults("The fault cannot be switched", () => api.switchFault(id, enabled)),
    deleteFault: (id: string) => changeFaults("The fault cannot be deleted", () => api.deleteFault(id)),
    /** Hands the world's YAML to `save`. */
    exportWorld: (save: (yaml: string) => void) =>
      attempt("The world cannot be exported", async () => save(await api.world())),
  };
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
