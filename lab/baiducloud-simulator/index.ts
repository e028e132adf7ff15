export { DEFAULT_QUOTAS, DEFAULT_TIMINGS, type Quotas, type Timings } from "./account.ts";
export type { GatewayToken } from "./api/access.ts";
export type { AccessKey } from "./api/signature.ts";
export * from "./data-plane/data-plane.ts";
export * from "./events.ts";
export type { Inventory } from "./inventory.ts";
export type { InstanceStatus, MachineProduct, NewInstance, SimulatedInstance } from "./products/instances.ts";
export * from "./simulator.ts";
