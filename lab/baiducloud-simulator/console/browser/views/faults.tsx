import { useSignal } from "@preact/signals";
import { describeEffect, describeMatch, FAULT_PRESETS, type FaultMatch } from "../../fault-rules.ts";
import type { Model } from "../model.ts";

export function FaultsView({ model }: { readonly model: Model }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
    <section class="scroll" aria-label="Faults" tabIndex={0}>
      <NewFaultForm model={model} />
      <h2>Rules</h2>
      {model.faults.value.length === 0 && <p class="empty">No rules: the cloud behaves.</p>}
      <ul class="rules">
        {model.faults.value.map((rule) => {
          const match = describeMatch(rule.match);
          const effect = describeEffect(rule.effect);
          return (
            <li key={rule.id} class="rule">
              <button
                type="button"
                class="switch"
                role="switch"
                aria-checked={rule.enabled}
                aria-label={`${effect}: ${match}`}
                onClick={() => void model.switchFault(rule.id, !rule.enabled)}
              >
                <span class="knob" />
              </button>
              <span class="rule-text">
                <strong>{effect}</strong>
                <span>{match}</span>
              </span>
              <span class="rule-fired">{`fired ${rule.fired} ${rule.fired === 1 ? "time" : "times"}`}</span>
              <button
                type="button"
                class="quiet"
                aria-label={`Delete the rule ${effect}: ${match}`}
                onClick={() => void model.deleteFault(rule.id)}
              >
                Delete
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function NewFaultForm({ model }: { readonly model: Model }) {
  const product = useSignal("");
  const operation = useSignal("");
  const percent = useSignal("100");
  const preset = useSignal(0);
  const products = model.rates.value?.rates.map((rate) => rate.product).filter(Boolean) ?? [];
  const add = () => {
    const chosen = FAULT_PRESETS[preset.value];
    if (!chosen) return;
    const share = Number(percent.value) / 100;
    const match: FaultMatch = {
      ...(product.value ? { product: product.value } : {}),
      ...(operation.value ? { operation: operation.value } : {}),
      ...(share < 1 ? { probability: share } : {}),
    };
    void model.addFault({ match, effect: chosen.effect });
  };
  return (
    <form
      class="new-fault"
      aria-label="New fault"
      onSubmit={(event) => {
        event.preventDefault();
        add();
      }}
    >
      <fieldset>
        <legend>What goes wrong</legend>
        <div class="presets">
          {FAULT_PRESETS.map(({ name, about }, index) => (
            <label key={name} class="preset">
              <input
                type="radio"
                name="preset"
                checked={preset.value === index}
                onChange={() => {
                  preset.value = index;
                }}
              />
              <span>
                <strong>{name}</strong>
                <small>{about}</small>
              </span>
            </label>
          ))}
        </div>
      </fieldset>
      <div class="tools">
        <label class="field">
          Product
          <select
            value={product.value}
            onChange={(event) => {
              product.value = event.currentTarget.value;
            }}
          >
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
            type="text"
            autocomplete="off"
            spellcheck={false}
            placeholder="all, or a name like CreateLoadBalancer"
            value={operation.value}
            onInput={(event) => {
              operation.value = event.currentTarget.value;
            }}
          />
        </label>
        <label class="field">
          Percent of calls
          <input
            type="number"
            min="1"
            max="100"
            required
            value={percent.value}
            onInput={(event) => {
              percent.value = event.currentTarget.value;
            }}
          />
        </label>
        <button type="submit" class="primary">
          Add fault
        </button>
      </div>
    </form>
  );
}
