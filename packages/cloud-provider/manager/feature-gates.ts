import { UsageError } from "./usage-error.ts";

export type Stage = "ALPHA" | "BETA" | "";

export interface FeatureGate {
  readonly name: string;
  /** Unless the command line says otherwise. */
  readonly enabled: boolean;
  /** "" is GA, as the metric has it. */
  readonly stage: Stage;
}

/**
 * The gates that upstream's cloud controller manager knows, at Kubernetes 1.36, with its defaults but for the first: routes
 * follow node events unless somebody wants them not to. Those of the logging library have no effect here.
 */
export const FEATURE_GATES = [
  { name: "CloudControllerManagerWatchBasedRoutesReconciliation", enabled: true, stage: "ALPHA" },
  { name: "CloudControllerManagerWebhook", enabled: false, stage: "ALPHA" },
  { name: "ContextualLogging", enabled: true, stage: "BETA" },
  { name: "ControllerManagerReleaseLeaderElectionLockOnExit", enabled: false, stage: "ALPHA" },
  { name: "LoggingAlphaOptions", enabled: false, stage: "ALPHA" },
  { name: "LoggingBetaOptions", enabled: true, stage: "BETA" },
  { name: "NativeHistograms", enabled: false, stage: "ALPHA" },
] as const satisfies readonly FeatureGate[];

export type GateName = (typeof FEATURE_GATES)[number]["name"];

/** Switch all gates of a stage that are not named themselves. */
const GROUPS: Readonly<Record<string, Stage>> = { AllAlpha: "ALPHA", AllBeta: "BETA" };

/** `Name=true,Other=false` as an object. Throws a UsageError for anything else, and for gates that nobody knows. */
export function parseGates(value: string): Readonly<Record<string, boolean>> {
  const given: Record<string, boolean> = {};
  for (const part of value.split(",")) {
    if (part.trim() === "") continue;
    const [name = "", setting] = part.split("=").map((side) => side.trim());
    if (setting === undefined) throw new UsageError(`--feature-gates: missing bool value for ${name}`);
    if (!(name in GROUPS) && !FEATURE_GATES.some((gate) => gate.name === name)) {
      throw new UsageError(`--feature-gates: unrecognized feature gate: ${name}`);
    }
    if (/^(1|t|T|TRUE|true|True)$/.test(setting)) given[name] = true;
    else if (/^(0|f|F|FALSE|false|False)$/.test(setting)) given[name] = false;
    else throw new UsageError(`--feature-gates: invalid value of ${name}=${setting}, expected true or false`);
  }
  return given;
}

/** All gates with what is in force. */
export function gatesInForce(given: Readonly<Record<string, boolean>>): readonly FeatureGate[] {
  return FEATURE_GATES.map((gate) => {
    const group = Object.keys(GROUPS).find((name) => GROUPS[name] === gate.stage);
    const enabled = given[gate.name] ?? (group === undefined ? undefined : given[group]) ?? gate.enabled;
    return { ...gate, enabled };
  });
}

export function isGateEnabled(given: Readonly<Record<string, boolean>>, name: GateName): boolean {
  return gatesInForce(given).some((gate) => gate.name === name && gate.enabled);
}
