export const PROVIDER_NAME = "cce";

/** `cce://i-…`. */
export function providerIdOf(instanceId: string): string {
  return `${PROVIDER_NAME}://${instanceId}`;
}

/** The instance of a provider ID; a bare instance ID is one too. Undefined for another cloud's. */
export function instanceIdOf(providerId: string | undefined): string | undefined {
  if (!providerId) return undefined;
  const match = /^(?:([^:/]+):\/\/)?([^:/]+)$/.exec(providerId);
  if (!match || (match[1] !== undefined && match[1] !== PROVIDER_NAME)) return undefined;
  return match[2];
}
