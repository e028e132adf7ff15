/** The text of anything thrown, with the texts of its causes: "list nodes: connect ECONNREFUSED 127.0.0.1:6443". */
export function errorText(error: unknown): string {
  const parts: string[] = [];
  let current: unknown = error;
  for (let depth = 0; current !== undefined && current !== null && depth < 6; depth++) {
    const text = ownText(current);
    if (text && !parts.some((part) => part.includes(text))) parts.push(text);
    // A TransportError has said in its own words what the system's error below it says in the system's.
    current = current instanceof Error && current.name !== "TransportError" ? current.cause : undefined;
  }
  return parts.join(": ") || "unknown error";
}

function ownText(thrown: unknown): string {
  if (thrown instanceof AggregateError && thrown.message === "") return thrown.errors.map(errorText).join("; ");
  if (thrown instanceof Error) return thrown.message || thrown.name;
  // An object need not have a toString, and one of a stranger may throw.
  return typeof thrown === "object" || typeof thrown === "function" ? "something that is no Error" : String(thrown);
}

/** Whether this is what an aborted signal threw. */
export function isAbort(error: unknown, signal: AbortSignal | undefined): boolean {
  return (
    signal?.aborted === true && (error === signal.reason || (error instanceof Error && error.name === "AbortError"))
  );
}
