import { errorText, type Logger } from "@ccm/base";
import { hasCode, type KubeClient, keyOf, refOf, SERVICES, type Service } from "@ccm/kube";
import { ANNOTATION, readAnnotations } from "./annotations.ts";
import { familyOf, type Observed } from "./observed.ts";

/**
 * Writes to a Service, by a patch of its own, which load balancer and which address are its. When it could
 * not, that is logged, nothing else depends on it, and it is worth another try after the milliseconds that are returned.
 */
export type AnnotationRecorder = (
  service: Service,
  observed: Observed | undefined,
  signal: AbortSignal,
) => Promise<number | undefined>;

const AGAIN_MS = 10_000;
const AGAIN_WHEN_FORBIDDEN_MS = 300_000;

type Notes = Readonly<Record<string, string | null>>;

/**
 * What is to be written. Only about what was made for the Service: one that the user named is in the user's own
 * annotation. `observed` undefined: everything is gone, and so is what was written about it.
 */
export function notesFor(service: Service, observed: Observed | undefined): Notes {
  const { annotations = {} } = service.metadata;
  const { settings } = readAnnotations(annotations);
  const own = observed?.blb?.ours ? observed.blb.id : "";
  const eip = observed?.ownEips.find(
    ({ instanceId, eip }) => instanceId === observed.blb?.id && familyOf(eip) === "IPv4",
  );
  const { blb, givenEip } = observed ?? {};
  const shared = blb && !blb.ours ? [...blb.ownListeners].sort().join(",") : "";
  const written = settings.addedId !== "" && settings.id === settings.addedId;
  const wanted: Readonly<Record<string, string>> = {
    [ANNOTATION.addedId]: own,
    [ANNOTATION.addedEip]: eip?.eip ?? "",
    [ANNOTATION.boundEip]: givenEip && blb && givenEip.instanceId === blb.id ? givenEip.eip : "",
    [ANNOTATION.ownListeners]: shared,
    // The user's own word stays, also where it names what is not there.
    ...(settings.existingId === "" && (settings.id === "" || written) ? { [ANNOTATION.id]: own } : {}),
  };
  const changed = Object.entries(wanted).filter(([key, value]) => (annotations[key] ?? "") !== value);
  return Object.fromEntries(changed.map(([key, value]) => [key, value === "" ? null : value]));
}

/** The id that a user writes is an edit; the one that we wrote is beside its copy. */
export function isOwnNote(key: string, annotations: Readonly<Record<string, string>>): boolean {
  const notes = [ANNOTATION.addedId, ANNOTATION.addedEip, ANNOTATION.boundEip, ANNOTATION.ownListeners];
  if (notes.includes(key)) return true;
  return key === ANNOTATION.id && annotations[ANNOTATION.id] === annotations[ANNOTATION.addedId];
}

export function createAnnotationRecorder({
  client,
  logger,
}: {
  readonly client: KubeClient;
  readonly logger: Logger;
}): AnnotationRecorder {
  /** What was written last, which the copy at hand may not show yet. */
  const last = new Map<string, string>();
  return async (service, observed, signal) => {
    const { uid = "", resourceVersion = "" } = service.metadata;
    const annotations = notesFor(service, observed);
    if (Object.keys(annotations).length === 0) {
      last.delete(uid);
      return undefined;
    }
    const text = JSON.stringify([resourceVersion, annotations]);
    if (last.get(uid) === text) return undefined;
    try {
      const body = { metadata: { uid, annotations } };
      await client.patch(SERVICES, refOf(keyOf(service)), { type: "merge", body }, { signal });
      last.set(uid, text);
      return undefined;
    } catch (error) {
      if (signal.aborted) throw error;
      // Nothing depends on it: what is ours is known by the marks on it.
      if (!hasCode(error, "not_found") && !hasCode(error, "conflict")) {
        logger.warn("annotations could not be written", { service: keyOf(service), error: errorText(error) });
      }
      // Gone, or another Service of its name (its UID cannot be changed): there is nobody to write to.
      if (hasCode(error, "not_found", "invalid")) return undefined;
      return hasCode(error, "forbidden") ? AGAIN_WHEN_FORBIDDEN_MS : AGAIN_MS;
    }
  };
}
