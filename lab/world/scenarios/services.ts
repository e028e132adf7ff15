import type { Scenario } from "../enumeration/scenario.ts";

export const SERVICE_SCENARIOS: readonly Scenario[] = [
  {
    name: "service-create",
    summary: "A LoadBalancer Service is created.",
    act: (scene) => scene.service("web"),
  },
];
