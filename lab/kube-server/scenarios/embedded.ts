/** Runs scenarios on the embedded server, each on one of its own, under a virtual clock. */
import { inProcessTransport, seededRandom, VirtualClock } from "@ccm/base";
import { createKubeServer } from "../server.ts";
import { normalise } from "./normalise.ts";
import { runScenario } from "./run.ts";
import type { Scenario } from "./scenario.ts";

/** What both servers give out. */
export const SERVICE_CIDR = "10.0.0.0/16";

export async function answersOfEmbedded(scenario: Scenario): Promise<unknown> {
  const clock = new VirtualClock();
  const server = createKubeServer({ clock, random: seededRandom(1), serviceCidr: SERVICE_CIDR });
  const peer = { commonName: "admin", organizations: ["system:masters"] };
  let settled = Promise.resolve();
  const target = {
    send: inProcessTransport(server.handler, { peer }),
    url: "https://kubernetes.test",
    // Nothing takes time here: what has not come when all is quiet will not come.
    patience: () => {
      settled = settled.then(() => clock.advance(0)).then(() => clock.advance(0));
      return settled;
    },
  };
  try {
    return normalise(scenario, await runScenario(target, scenario, "scenario-1"), "scenario-1");
  } finally {
    await settled;
    server.close();
  }
}
