/** Which of the cloud's registries answers at a host. */
export type RegistryPlace =
  | { readonly edition: "enterprise"; readonly instanceId: string; readonly region: string }
  /** One for all regions, of the account that asks. */
  | { readonly edition: "personal" };

/** A host that the cloud does not name itself: a custom domain, or a registry behind a proxy. With its port, if it has one. */
export interface NamedRegistry {
  readonly host: string;
  readonly place: RegistryPlace;
}

const INSTANCE_HOST = /^(ccr-[a-z0-9]{8})-(?:pub|vpc)\.cnc\.([a-z0-9-]+)\.baidubce\.com$/;
const PERSONAL_HOSTS: readonly string[] = ["registry.baidubce.com", "hub.baidubce.com"];

/** What the kubelet is to ask about: a pattern for each kind of host that the cloud names. */
export const HOST_PATTERNS: readonly string[] = ["*.cnc.*.baidubce.com", ...PERSONAL_HOSTS];

/** The registry at this host, or undefined for a host that is none of the cloud's. */
export function registryAt(host: string, named: readonly NamedRegistry[] = []): RegistryPlace | undefined {
  const lower = host.toLowerCase();
  const known = named.find((one) => one.host === lower);
  if (known) return known.place;
  if (PERSONAL_HOSTS.includes(lower)) return { edition: "personal" };
  const [, instanceId, region] = INSTANCE_HOST.exec(lower) ?? [];
  return instanceId && region ? { edition: "enterprise", instanceId, region } : undefined;
}

/**
 * The host of an image, in lower case and with its port: "r.example:5000" of "r.example:5000/app/web:v1@sha256:…". Without
 * one it is Docker's own, as container runtimes read it.
 */
export function imageHost(image: string): string {
  const first = image.split("/", 1)[0] ?? "";
  const isHost = image.includes("/") && (/[.:]/.test(first) || first === "localhost");
  return isHost ? first.toLowerCase() : "docker.io";
}

const HOST = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?(?::\d{1,5})?$/;
const PLACE = /^(ccr-[a-z0-9]{8})@([a-z0-9][a-z0-9-]{0,62})$/;

/** "registry.example.com=ccr-1a2b3c4d@bj" or "registry.example.com=personal". Throws a RangeError that says what was expected. */
export function parseNamedRegistry(text: string): NamedRegistry {
  const [host = "", place = "", ...rest] = text.trim().toLowerCase().split("=");
  const [, instanceId, region] = PLACE.exec(place) ?? [];
  const isPersonal = place === "personal";
  if (rest.length > 0 || !HOST.test(host) || (!isPersonal && !(instanceId && region))) {
    throw new RangeError("expected host=ccr-1a2b3c4d@region or host=personal, the host with its port if it has one");
  }
  if (isPersonal || !instanceId || !region) return { host, place: { edition: "personal" } };
  return { host, place: { edition: "enterprise", instanceId, region } };
}

/** For people and for keys: "ccr-1a2b3c4d in bj", "the personal edition". */
export function placeText(place: RegistryPlace): string {
  return place.edition === "personal" ? "the personal edition" : `${place.instanceId} in ${place.region}`;
}
