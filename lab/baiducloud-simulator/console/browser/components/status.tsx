import type { Share, Tone } from "../../tree.ts";

/** A state by shape, colour and word. */
export function Status({ tone, children }: { readonly tone: Tone; readonly children: string }) {
  return (
    <span class={`status ${tone}`}>
      <Mark tone={tone} />
      <span>{children}</span>
    </span>
  );
}

/** The shape alone, where the words stand elsewhere. */
export function Mark({ tone }: { readonly tone: Tone }) {
  return (
    <svg class={`mark ${tone}`} viewBox="0 0 10 10" aria-hidden="true">
      {tone === "good" && <circle cx="5" cy="5" r="4" />}
      {tone === "busy" && <path d="M5 1 9.4 9H.6Z" />}
      {tone === "bad" && <path d="M1 1h8v8H1Z" />}
      {tone === "idle" && <circle class="hollow" cx="5" cy="5" r="3.25" />}
    </svg>
  );
}

const WORDS: Readonly<Record<Tone, string>> = { good: "well", busy: "changing", bad: "unwell", idle: "idle" };

/** How many of the things below are well, as a bar. */
export function Bar({ shares }: { readonly shares: readonly Share[] }) {
  const total = shares.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return null;
  const label = shares.map(({ tone, count }) => `${count} ${WORDS[tone]}`).join(", ");
  return (
    <span class="bar" title={label}>
      <span class="bar-track" aria-hidden="true">
        {shares.map(({ tone, count }) => (
          <span key={tone} class={tone} style={{ flexGrow: count }} />
        ))}
      </span>
      <span class="bar-count">{total}</span>
      <span class="hidden">{`: ${label}`}</span>
    </span>
  );
}
