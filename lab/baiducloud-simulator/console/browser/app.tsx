import type { ComponentType } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Place } from "../data.ts";
import { type Connection, type Model, VIEWS, type View } from "./model.ts";
import type { Theme } from "./theme.ts";
import { CallsView } from "./views/calls.tsx";
import { DetailsPanel } from "./views/details.tsx";
import { FaultsView } from "./views/faults.tsx";
import { RatesView } from "./views/rates.tsx";
import { Summary } from "./views/summary.tsx";
import { EipsView, RoutesView } from "./views/tables.tsx";
import { BalancersView, NetworkView } from "./views/trees.tsx";

const PAGES: Readonly<Record<View, { readonly title: string; readonly Page: ComponentType<{ model: Model }> }>> = {
  network: { title: "Network", Page: NetworkView },
  balancers: { title: "Load balancers", Page: BalancersView },
  eips: { title: "EIPs", Page: EipsView },
  routes: { title: "Routes", Page: RoutesView },
  calls: { title: "Calls", Page: CallsView },
  rates: { title: "Rates", Page: RatesView },
  faults: { title: "Faults", Page: FaultsView },
};

const CONNECTIONS: Readonly<Record<Connection, string>> = {
  connecting: "Connecting",
  live: "Live",
  lost: "Connection lost, trying again",
  denied: "Token refused",
};

interface AppProps {
  readonly model: Model;
  readonly theme: Theme;
  /** Offers a file to the user. */
  save(name: string, text: string): void;
}

export function App({ model, theme, save }: AppProps) {
  const current = model.view.value;
  const { title, Page } = PAGES[current];
  const link = useRef<HTMLAnchorElement>(null);
  // On a phone the views are a strip that scrolls.
  useEffect(() => link.current?.scrollIntoView({ block: "nearest", inline: "center" }), [current]);
  const isDenied = model.connection.value === "denied";
  return (
    <>
      {/* No link: the fragment is the view's. */}
      <button type="button" class="skip" onClick={() => document.getElementById("main")?.focus()}>
        Skip to content
      </button>
      <header class="top">
        <p class="brand">
          <span class="logo" aria-hidden="true" />
          cloudlab
        </p>
        <PlaceChoice model={model} />
        <p class={`connection ${model.connection.value}`} role="status">
          {CONNECTIONS[model.connection.value]}
        </p>
        <div class="actions">
          <button type="button" onClick={() => void model.exportWorld((yaml) => save("world.yaml", yaml))}>
            Export world
          </button>
          <button type="button" aria-pressed={theme.isDark.value} onClick={theme.toggle}>
            Dark
          </button>
        </div>
      </header>
      <nav aria-label="Views">
        <ul>
          {VIEWS.map((view) => (
            <li key={view}>
              <a href={`#/${view}`} {...(view === current ? { "aria-current": "page" as const, ref: link } : {})}>
                {PAGES[view].title}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <main id="main" tabIndex={-1} class={model.selected.value === "" ? "" : "with-panel"}>
        <Summary model={model} />
        <section class="content" aria-labelledby="title">
          <h1 id="title">{title}</h1>
          {isDenied ? <Denied /> : <Page model={model} />}
        </section>
        <DetailsPanel model={model} />
      </main>
      <footer>
        {model.problem.value !== "" && (
          <p class="problem" role="alert">
            {model.problem.value}
          </p>
        )}
        <p class="notice" role="status" aria-live="polite">
          {model.notice.value}
        </p>
      </footer>
    </>
  );
}

/** Which account and region is shown; a choice where there are several. */
function PlaceChoice({ model }: { readonly model: Model }) {
  const state = model.state.value;
  if (!state) return null;
  const nameOf = ({ account, region }: Place) => `${account} · ${region}`;
  if (model.places.value.length < 2) return <p class="place">{nameOf(state)}</p>;
  return (
    <label class="place">
      <span class="hidden">Account and region</span>
      <select
        value={nameOf(state)}
        onChange={(event) => {
          const wanted = model.places.value.find((place) => nameOf(place) === event.currentTarget.value);
          if (wanted) model.choosePlace(wanted);
        }}
      >
        {model.places.value.map((place) => (
          <option key={nameOf(place)} value={nameOf(place)}>
            {nameOf(place)}
          </option>
        ))}
      </select>
    </label>
  );
}

function Denied() {
  return (
    <p class="empty">
      The simulator did not accept this page's token. Open the address that it printed when it started: the token is at
      its end, after <code>#token=</code>.
    </p>
  );
}
