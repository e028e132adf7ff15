/** Fields whose values open something: of requests and of answers, at any depth. */
const SECRET =
  /pass(word|wd)?$|secret|tokens?$|adminpass|credential|private_?(key|data)|user_?data|kubeconfig|authorization|api_?key$|(auth|passthrough)code|dockerconfig|^sk$/i;
/** A token of this name opens nothing, and a replay needs it. */
const OPEN = /^clienttoken$/i;
const HIDDEN = "<removed>";

/** The same JSON without what is secret in it. */
export function redact(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(redact);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(
      ([name, field]) => [name, isSecret(name) && typeof field !== "boolean" ? HIDDEN : redact(field)] as const,
    ),
  );
}

/** The same target without the values of secret parameters, among them a signature. */
export function redactTarget(target: string): string {
  return target.replace(/([?&])([^=&]+)=([^&]*)/g, (whole, before: string, name: string) =>
    isSecret(name) ? `${before}${name}=${HIDDEN}` : whole,
  );
}

function isSecret(name: string): boolean {
  return SECRET.test(name) && !OPEN.test(name);
}
