import type { Rate } from "../../data.ts";
import { formatCount, formatLatency, formatPercent, sparkline } from "../../format.ts";
import { HISTORY, type Model } from "../model.ts";

export function RatesView({ model }: { readonly model: Model }) {
  const rates = model.rates.value;
  if (!rates || rates.rates.every(({ calls }) => calls === 0)) return <p class="empty">No calls yet.</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
    <section class="scroll" aria-label="Rates and latencies" tabIndex={0}>
      <table>
        <caption>{`Over the last ${rates.windowSeconds} seconds`}</caption>
        <thead>
          <tr>
            <th scope="col">Product</th>
            <th scope="col" class="number">
              Calls/s
            </th>
            <th scope="col" class="minor">
              Last minute
            </th>
            <th scope="col" class="number">
              Errors
            </th>
            <th scope="col" class="number">
              p50
            </th>
            <th scope="col" class="number">
              p95
            </th>
            <th scope="col" class="number">
              p99
            </th>
            <th scope="col" class="number minor">
              Total
            </th>
          </tr>
        </thead>
        <tbody>
          {rates.rates.map((rate) => (
            <RateRow key={rate.product} rate={rate} history={model.history.value.get(rate.product) ?? []} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function RateRow({ rate, history }: { readonly rate: Rate; readonly history: readonly number[] }) {
  return (
    <tr class={rate.product === "" ? "total" : ""}>
      <th scope="row">{rate.product || "All"}</th>
      <td class="number">{formatCount(rate.callsPerSecond)}</td>
      <td class="minor">
        <svg class="sparkline" viewBox="0 0 100 24" preserveAspectRatio="none" aria-hidden="true">
          <polyline points={sparkline(history, HISTORY)} />
        </svg>
      </td>
      <td class={rate.errorRate > 0 ? "number bad" : "number"}>{formatPercent(rate.errorRate)}</td>
      <td class="number">{formatLatency(rate.p50)}</td>
      <td class="number">{formatLatency(rate.p95)}</td>
      <td class="number">{formatLatency(rate.p99)}</td>
      <td class="number minor">{formatCount(rate.calls)}</td>
    </tr>
  );
}
