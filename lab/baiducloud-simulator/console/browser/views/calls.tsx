import type { Call } from "../../data.ts";
import { formatLatency, formatTime } from "../../format.ts";
import { callTone } from "../../tones.ts";
import { type Column, Grid } from "../components/grid.tsx";
import { Status } from "../components/status.tsx";
import type { Model } from "../model.ts";

const COLUMNS: readonly Column<Call>[] = [
  { label: "Time", width: "7rem", cell: ({ time }) => <code>{formatTime(time)}</code> },
  { label: "Product", width: "5rem", isMinor: true, cell: ({ product }) => product },
  { label: "Operation", width: "minmax(8rem, 1.4fr)", cell: ({ operation, method }) => operation || method },
  {
    label: "Request",
    width: "2fr",
    isMinor: true,
    cell: ({ method, target }) => (
      <code>
        {method} {target}
      </code>
    ),
  },
  {
    label: "Answer",
    width: "minmax(5rem, 1fr)",
    cell: ({ status, code }) => (
      <Status tone={callTone(status)}>{`${status === 0 ? "lost" : status}${code ? ` ${code}` : ""}`}</Status>
    ),
  },
  { label: "Took", width: "5rem", isMinor: true, isNumber: true, cell: ({ durationMs }) => formatLatency(durationMs) },
];

export function CallsView({ model }: { readonly model: Model }) {
  const { calls } = model;
  const { product, operation, status, text } = calls.filter.value;
  const products = model.rates.value?.rates.map((rate) => rate.product).filter(Boolean) ?? [];
  const isFiltered = `${product}${operation}${status}${text}` !== "";
  return (
    <>
      <search class="tools" aria-label="Filter calls">
        <label class="field">
          Product
          <select value={product} onChange={(event) => calls.choose({ product: event.currentTarget.value })}>
            <option value="">all</option>
            {products.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label class="field grow">
          Operation
          <input
            type="search"
            autocomplete="off"
            spellcheck={false}
            value={operation}
            placeholder="all"
            onInput={(event) => calls.choose({ operation: event.currentTarget.value })}
          />
        </label>
        <label class="field">
          Answer
          <select value={status} onChange={(event) => calls.choose({ status: event.currentTarget.value })}>
            <option value="">all</option>
            <option value="ok">success</option>
            <option value="4xx">4xx: refused</option>
            <option value="5xx">5xx: failed</option>
            <option value="lost">lost</option>
          </select>
        </label>
        <label class="field grow">
          Text
          <input
            type="search"
            autocomplete="off"
            spellcheck={false}
            value={text}
            placeholder="Path, code or request ID"
            onInput={(event) => calls.choose({ text: event.currentTarget.value })}
          />
        </label>
      </search>
      <Grid
        id="calls"
        label="Calls, newest first"
        columns={COLUMNS}
        records={calls.list.value.calls}
        keyOf={({ id }) => `call/${id}`}
        selected={model.selected.value}
        onSelect={model.select}
        empty={isFiltered ? "No call fits these filters." : "No calls yet."}
      />
      <div class="foot">
        <label class="check">
          <input
            type="checkbox"
            checked={calls.isFollowing.value}
            onChange={(event) => calls.setFollowing(event.currentTarget.checked)}
          />
          Live
        </label>
        <span>{`${calls.list.value.calls.length} shown`}</span>
        {calls.list.value.older !== undefined && (
          <button type="button" onClick={() => calls.loadOlder()}>
            Show older calls
          </button>
        )}
      </div>
    </>
  );
}
