/** Runs all scenarios on a real API server. */
import { mapLimited } from "@ccm/base";
import { openTransport, systemClock } from "@ccm/base/node";
import type { ControlPlane, ControlPlaneOptions } from "@ccm/control-plane/node";
import { SERVICE_CIDR } from "../scenarios/embedded.ts";
import { SCENARIOS } from "../scenarios/index.ts";
import { normalise } from "../scenarios/normalise.ts";
import type { Recording } from "../scenarios/recording.ts";
import { runScenario } from "../scenarios/run.ts";
import type { Scenario } from "../scenarios/scenario.ts";

const AT_ONCE = 4;
/** Long enough for an event under load, and spent only where one is missing. */
const PATIENCE_MS = 10_000;

export const REAL_OPTIONS: ControlPlaneOptions = {
  serviceCidrs: [SERVICE_CIDR],
  apiServerFlags: {
    // Both act for controllers that run on neither side: one wants ServiceAccounts made, one a taint taken off.
    "disable-admission-plugins": "ServiceAccount,TaintNodesByCondition",
  },
};

export async function answersOfReal(
  { server, admin }: ControlPlane,
  scenarios: readonly Scenario[] = SCENARIOS,
  firstNamespace = 1000,
): Promise<Recording> {
  const { ca, cert, key } = admin.connection.tls;
  const transport = openTransport({ ...(ca ? { ca } : {}), ...(cert ? { cert } : {}), ...(key ? { key } : {}) });
  const patience = () =>
    new Promise<void>((resolve) => {
      systemClock.schedule(PATIENCE_MS, resolve);
    });
  const target = { send: transport.send, url: server, patience };
  try {
    const answers = await mapLimited([...scenarios.entries()], AT_ONCE, async ([index, scenario]) => {
      const namespace = `scenario-${firstNamespace + index}`;
      return [scenario.name, normalise(scenario, await runScenario(target, scenario, namespace), namespace)] as const;
    });
    return new Map(answers);
  } finally {
    await transport.close();
  }
}
