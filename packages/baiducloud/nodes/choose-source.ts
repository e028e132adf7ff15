import type { Logger } from "@ccm/base";
import { type Cce, isBceError } from "@ccm/bce";
import type { MachineSource } from "./machine-source.ts";

export interface NodeSourceChoice {
  readonly source: "bcc" | "cce";
  readonly why: string;
}

/**
 * Which source it is. auto: CCE where the cluster ID is one of CCE's and we may ask, else BCC. Throws when that cannot be
 * found out now: a choice on a bad day would stay.
 */
export async function chooseNodeSource(
  configured: "auto" | "bcc" | "cce",
  clusterId: string,
  cce: Pick<Cce, "listInstances">,
): Promise<NodeSourceChoice> {
  if (configured !== "auto") return { source: configured, why: "NodeSource of the cloud config" };
  if (!clusterId.startsWith("cce-")) {
    return { source: "bcc", why: `cluster ID ${clusterId} is not one of CCE's (cce-…)` };
  }
  try {
    await cce.listInstances(clusterId);
    return { source: "cce", why: `CCE knows cluster ${clusterId}` };
  } catch (error) {
    if (!isBceError(error, "auth", "absent", "permanent")) throw error;
    return { source: "bcc", why: `CCE cannot be asked: ${error.message}` };
  }
}

/** The chosen source: the choice is made when it is first needed, once, and logged once. */
export function chosenSource(
  choose: () => Promise<NodeSourceChoice>,
  sources: Readonly<Record<"bcc" | "cce", MachineSource>>,
  logger: Logger,
): () => Promise<MachineSource> {
  let choosing: Promise<MachineSource> | undefined;
  return () => {
    choosing ??= choose().then(
      ({ source, why }) => {
        logger.info("nodes are looked up in one place", { source, why });
        return sources[source];
      },
      (error: unknown) => {
        choosing = undefined;
        throw error;
      },
    );
    return choosing;
  };
}
