/** A signal that aborts with any of the parents, and by itself at `end`, which also lets go of the parents. */
export function linkedSignal(...parents: readonly AbortSignal[]): { readonly signal: AbortSignal; end(): void } {
  const controller = new AbortController();
  const listeners = parents.map((parent) => {
    const listener = () => controller.abort(parent.reason);
    parent.addEventListener("abort", listener, { once: true });
    if (parent.aborted) listener();
    return { parent, listener };
  });
  return {
    signal: controller.signal,
    end() {
      controller.abort(parents.find(({ aborted }) => aborted)?.reason);
      for (const { parent, listener } of listeners) parent.removeEventListener("abort", listener);
    },
  };
}
