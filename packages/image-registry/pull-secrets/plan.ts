import type { Secret, ServiceAccount } from "@ccm/kube";
import { ANNOTATION_EXPIRES, DOCKER_CONFIG, isOurs } from "./objects.ts";

export interface Observed {
  readonly selected: boolean;
  /** Of the Secret's name, in the namespace. */
  readonly secret: Secret | undefined;
  /** "default"; undefined where there is none, or where it is not to be changed. */
  readonly account: ServiceAccount | undefined;
}

/** What the copies are to hold. */
export interface Content {
  /** In base64, as in the Secret that they are copies of. */
  readonly dockerConfig: string;
  readonly expires: string;
}

export type Step =
  | { readonly do: "create"; readonly content: Content }
  | { readonly do: "update"; readonly content: Content }
  | { readonly do: "delete" }
  | { readonly do: "refer" }
  | { readonly do: "unrefer" }
  /** A Secret of somebody else has the name. */
  | { readonly do: "refuse" };

/**
 * What is to be done in a namespace, in this order. Pure; a second plan after it is empty, but for a refusal. `content`
 * undefined: no password has ever been had. A Secret comes before what refers to it, and goes after it.
 */
export function planNamespace(
  name: string,
  { selected, secret, account }: Observed,
  content?: Content,
): readonly Step[] {
  const refers = account?.imagePullSecrets?.some((one) => one.name === name) ?? false;
  if (!selected) {
    if (!secret || !isOurs(secret)) return [];
    return [...(refers ? [{ do: "unrefer" } as const] : []), { do: "delete" }];
  }
  if (secret && !isOurs(secret)) return [{ do: "refuse" }];
  if (!content) return [];
  const steps: Step[] = [];
  if (!secret) steps.push({ do: "create", content });
  else if (!holds(secret, content)) steps.push({ do: "update", content });
  if (account && !refers) steps.push({ do: "refer" });
  return steps;
}

/** Whoever changes a copy finds it changed back; what others add to its labels and annotations stays. */
function holds({ data = {}, metadata }: Secret, { dockerConfig, expires }: Content): boolean {
  const keys = Object.keys(data);
  return (
    keys.length === 1 && data[DOCKER_CONFIG] === dockerConfig && metadata.annotations?.[ANNOTATION_EXPIRES] === expires
  );
}
