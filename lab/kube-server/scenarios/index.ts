import { DATA_SCENARIOS } from "./data.ts";
import { FORM_SCENARIOS } from "./forms.ts";
import { LEASE_SCENARIOS, NODE_SCENARIOS } from "./nodes-and-leases.ts";
import { PATCH_SCENARIOS } from "./patches.ts";
import { MORE_SCENARIOS } from "./patches-and-watches.ts";
import { READ_SCENARIOS } from "./reads.ts";
import type { Scenario } from "./scenario.ts";
import { SERVICE_CHANGE_SCENARIOS } from "./service-changes.ts";
import { SERVICE_SCENARIOS } from "./services.ts";
import { STORY_SCENARIOS } from "./stories.ts";
import { WRITE_SCENARIOS } from "./writes.ts";

export const SCENARIOS: readonly Scenario[] = [
  ...SERVICE_SCENARIOS,
  ...SERVICE_CHANGE_SCENARIOS,
  ...NODE_SCENARIOS,
  ...LEASE_SCENARIOS,
  ...DATA_SCENARIOS,
  ...PATCH_SCENARIOS,
  ...WRITE_SCENARIOS,
  ...READ_SCENARIOS,
  ...FORM_SCENARIOS,
  ...STORY_SCENARIOS,
  ...MORE_SCENARIOS,
];
