import type { Ccr, RegistryInstance } from "@ccm/bce";
import type { Account } from "@ccm/cluster-access";
import { registryAt } from "@ccm/image-registry";
import { type Io, UsageFault } from "../io.ts";

/** A registry of the enterprise edition, found. */
export interface FoundRegistry {
  readonly instance: RegistryInstance;
  readonly ccr: Ccr;
  /** Of docker: the public one first, as far as there is one. */
  readonly hosts: readonly string[];
}

export const PERSONAL = "personal";

/** By ID, name or host. Throws an Error that names what there is. */
export async function findRegistry(io: Io, account: Account, wanted: string): Promise<FoundRegistry> {
  const place = registryAt(hostOf(wanted));
  if (wanted === PERSONAL || place?.edition === "personal") {
    throw new UsageFault(`${wanted}: expected a registry of the enterprise edition: the personal one has no robots`);
  }
  const id = place?.instanceId ?? wanted;
  const options = { lane: "user", signal: io.signal } as const;
  const everywhere = !account.regionChosen;
  const instances = await account.client(place?.region ?? account.region).ccr.listInstances({ everywhere }, options);
  const fits = ({ customDomains, ...one }: RegistryInstance) =>
    one.id === id || one.name === wanted || (customDomains ?? []).includes(hostOf(wanted));
  const found = instances.filter(fits);
  const [instance, another] = found;
  if (!instance || another) {
    const known = (another ? found : instances).map((one) => `${one.id} (${one.name}, ${one.region})`).join(", ");
    throw new Error(
      `registry ${wanted}: ${another ? "several have this name" : "there is none"}: ${known || "the account has no registry"}`,
    );
  }
  return { instance, ccr: account.client(instance.region).ccr, hosts: hostsOf(instance) };
}

export function hostsOf({ publicURL, privateURL, customDomains }: RegistryInstance): readonly string[] {
  return [publicURL, ...(customDomains ?? []), privateURL].flatMap((url) => (url ? [hostOf(url)] : []));
}

function hostOf(url: string): string {
  return (
    url
      .replace(/^https?:\/\//i, "")
      .split("/", 1)[0]
      ?.toLowerCase() ?? ""
  );
}
