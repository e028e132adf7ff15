import type { Scenario } from "../enumeration/scenario.ts";
import { SERVICE_SCENARIOS } from "./services.ts";

export const SCENARIOS: readonly Scenario[] = [...SERVICE_SCENARIOS];

/** Throws a RangeError for a name that is none. */
export function scenarioNamed(name: string): Scenario {
  const found = SCENARIOS.find((scenario) => scenario.name === name);
  if (found) return found;
  throw new RangeError(`scenario "${name}": expected one of ${SCENARIOS.map((scenario) => scenario.name).join(", ")}`);
}
