export * from "./cloud-config.ts";
export * from "./load-balancers/annotations.ts";
export { type Desired, desiredOf } from "./load-balancers/desired.ts";
export { createObserver, type Observer } from "./load-balancers/observe.ts";
export type { Observed } from "./load-balancers/observed.ts";
export { type Plan, planDeletion, planService, type Step } from "./load-balancers/plan.ts";
export * from "./marks.ts";
export * from "./provider.ts";
export * from "./provider-id.ts";
