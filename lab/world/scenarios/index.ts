import type { Scenario } from "../enumeration/scenario.ts";
import { amongStrangers } from "./common.ts";
import { NODE_SCENARIOS, ROUTE_SCENARIOS } from "./nodes.ts";
import { OWNERSHIP_SCENARIOS } from "./ownership.ts";
import { SERVICE_SCENARIOS } from "./services.ts";
import { SURROUNDINGS_SCENARIOS } from "./surroundings.ts";
import { VARIANT_SCENARIOS } from "./variants.ts";

export const SCENARIOS: readonly Scenario[] = [
  ...SERVICE_SCENARIOS,
  ...VARIANT_SCENARIOS,
  ...OWNERSHIP_SCENARIOS,
  ...NODE_SCENARIOS,
  ...ROUTE_SCENARIOS,
  ...SURROUNDINGS_SCENARIOS,
].map(amongStrangers);

/** Throws a RangeError for a name that is none. */
export function scenarioNamed(name: string): Scenario {
  const found = SCENARIOS.find((scenario) => scenario.name === name);
  if (found) return found;
  throw new RangeError(`scenario "${name}": expected one of ${SCENARIOS.map((scenario) => scenario.name).join(", ")}`);
}
