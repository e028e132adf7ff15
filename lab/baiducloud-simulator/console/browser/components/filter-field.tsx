import type { Signal } from "@preact/signals";

/** A search box. */
export function FilterField(props: {
  readonly label: string;
  readonly filter: Signal<string>;
  readonly placeholder: string;
}) {
  return (
    <label class="filter">
      <span class="hidden">{props.label}</span>
      <svg viewBox="0 0 16 16" aria-hidden="true">
        <circle cx="7" cy="7" r="4.5" />
        <path d="m10.5 10.5 3.5 3.5" />
      </svg>
      <input
        type="search"
        autocomplete="off"
        spellcheck={false}
        placeholder={props.placeholder}
        value={props.filter.value}
        onInput={(event) => {
          props.filter.value = event.currentTarget.value;
        }}
      />
    </label>
  );
}
