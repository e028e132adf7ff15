import { formatCount, formatPercent } from "../../format.ts";
import type { Tone } from "../../tree.ts";
import { Mark } from "../components/status.tsx";
import type { Model } from "../model.ts";

interface Figure {
  readonly name: string;
  readonly value: string;
  readonly note: string;
  readonly tone: Tone;
}

/** The figures at the top. */
export function Summary({ model }: { readonly model: Model }) {
  return (
    <dl class="summary" aria-label="Figures">
      {figuresOf(model).map(({ name, value, note, tone }) => (
        <div key={name} class="figure">
          <dt>{name}</dt>
          <dd>
            <strong>{value}</strong>
            <span class={`note ${tone}`}>
              <Mark tone={tone} />
              {note}
            </span>
          </dd>
        </div>
      ))}
    </dl>
  );
}

function figuresOf(model: Model): readonly Figure[] {
  const counts = model.counts.value;
  const all = model.rates.value?.rates.find(({ product }) => product === "");
  const of = (value: number | undefined) => (value === undefined ? "–" : formatCount(value));
  const { instances = 0, running = 0, backends = 0, dead = 0, eips = 0, bound = 0 } = counts ?? {};
  const errors = all?.errorRate ?? 0;
  return [
    {
      name: "Nodes",
      value: of(counts?.instances),
      note: running === instances ? "all running" : `${of(instances - running)} not running`,
      tone: running === instances ? "good" : "busy",
    },
    {
      name: "Load balancers",
      value: of(counts?.blbs),
      note: `${of(counts?.listeners)} listeners`,
      tone: "idle",
    },
    {
      name: "Backends",
      value: of(counts?.backends),
      note: dead === 0 ? "none dead" : `${of(dead)} dead`,
      tone: dead > 0 ? "bad" : backends > 0 ? "good" : "idle",
    },
    { name: "EIPs", value: of(counts?.eips), note: `${of(bound)} of ${of(eips)} bound`, tone: "idle" },
    {
      name: "Routes",
      value: of(counts?.routes),
      note: `${of(counts?.vpcs)} ${counts?.vpcs === 1 ? "VPC" : "VPCs"}`,
      tone: "idle",
    },
    {
      name: "Calls/s",
      value: of(all?.callsPerSecond ?? 0),
      note: `${formatPercent(errors)} errors`,
      tone: errors > 0 ? "bad" : "good",
    },
  ];
}
