import { type Details, detailsOf } from "../../details.ts";
import { formatLatency } from "../../format.ts";
import { callTone } from "../../tones.ts";
import { Status } from "../components/status.tsx";
import type { Model } from "../model.ts";

/** The selected thing, beside the list; on a phone over its lower half. Nothing while nothing is selected. */
export function DetailsPanel({ model }: { readonly model: Model }) {
  const key = model.selected.value;
  const details = key === "" ? undefined : (callDetails(model, key) ?? thingDetails(model, key));
  if (key === "") return null;
  return (
    <aside class="panel" aria-label="Details">
      <header>
        <div>
          <p class="kind">{details?.kind ?? "Gone"}</p>
          <h2>{details?.title ?? key.split("/").at(-1)}</h2>
        </div>
        <button type="button" class="quiet" onClick={() => model.select("")}>
          Close
        </button>
      </header>
      {details ? <Body details={details} model={model} /> : <p class="empty">It does not exist any more.</p>}
    </aside>
  );
}

function Body({ details, model }: { readonly details: Details; readonly model: Model }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
    <section class="scroll" aria-label={`${details.kind} ${details.title}`} tabIndex={0}>
      {details.status !== "" && <Status tone={details.tone}>{details.status}</Status>}
      <dl>
        {details.facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {details.links.length > 0 && <h3>Related</h3>}
      <ul class="links">
        {details.links.slice(0, MOST_LINKS).map(({ key, kind, label, note }) => (
          <li key={key}>
            <button type="button" class="link" onClick={() => model.select(key)}>
              <span class="kind">{kind}</span>
              <span class="label">{label}</span>
              <span class="detail">{note}</span>
            </button>
          </li>
        ))}
      </ul>
      {details.links.length > MOST_LINKS && <p class="more">{`and ${details.links.length - MOST_LINKS} more`}</p>}
    </section>
  );
}

/** More is what the trees are for. */
const MOST_LINKS = 60;

function thingDetails(model: Model, key: string): Details | undefined {
  return model.state.value && detailsOf(model.state.value, key);
}

function callDetails(model: Model, key: string): Details | undefined {
  if (!key.startsWith("call/")) return undefined;
  const call = model.calls.list.value.calls.find(({ id }) => key === `call/${id}`);
  if (!call) return undefined;
  return {
    kind: "Call",
    title: call.operation || `${call.method} ${call.target}`,
    status: `${call.status === 0 ? "answer lost" : call.status}${call.code ? ` ${call.code}` : ""}`,
    tone: callTone(call.status),
    facts: [
      ["Time", call.time],
      ["Product", call.product || "none"],
      ["Request", `${call.method} ${call.target}`],
      ["Request ID", call.requestId],
      ["Took", formatLatency(call.durationMs)],
      ["Fault", call.fault || "none"],
    ],
    links: [],
  };
}
