import type { Inspection, Inspector } from "@ccm/baiducloud";
import { errorText, mapLimited } from "@ccm/base";
import { keyOf, type Service } from "@ccm/kube";
import type { Progress } from "./progress.ts";

/** Services looked at at a time; the cloud's rate limits decide how fast it goes. */
const AT_A_TIME = 20;

export type Inspected =
  | { readonly service: Service; readonly inspection: Inspection }
  | { readonly service: Service; readonly error: string };

/** Looks at each; one that cannot be looked at keeps the others from nothing. */
export async function inspectAll(
  services: readonly Service[],
  inspector: Inspector,
  progress: Progress,
  signal: AbortSignal,
): Promise<readonly Inspected[]> {
  let done = 0;
  const tell = () => progress.step(`looked at ${done} of ${services.length} Services in the cloud`);
  tell();
  return mapLimited(services, AT_A_TIME, async (service): Promise<Inspected> => {
    try {
      return { service, inspection: await inspector.inspect(service, signal) };
    } catch (error) {
      if (signal.aborted) throw error;
      return { service, error: errorText(error) };
    } finally {
      done++;
      // Not each of thousands.
      if (done % 25 === 0) tell();
    }
  });
}

export interface Failed {
  readonly service: string;
  readonly error: string;
}

export function failedOf(inspected: readonly Inspected[]): readonly Failed[] {
  return inspected.flatMap((one) => ("error" in one ? [{ service: keyOf(one.service), error: one.error }] : []));
}
