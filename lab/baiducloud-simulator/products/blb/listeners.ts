import { ordinaryKind } from "./listener-fields.ts";
import { listenerParts } from "./listener-parts.ts";
import { ORDINARY } from "./mutate.ts";

/** Listeners of ordinary load balancers; traffic flows through them. */
export const listeners = listenerParts({ family: ORDINARY, word: "", kind: ordinaryKind });
