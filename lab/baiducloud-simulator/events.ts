/** What happened in the simulated cloud, for whoever wants to tell or count it. */
export type SimulatorEvent =
  | { readonly kind: "instance.created" | "instance.deleted"; readonly instanceId: string; readonly name: string }
  | { readonly kind: "instance.state"; readonly instanceId: string; readonly name: string; readonly status: string }
  | {
      readonly kind: "blb.created" | "blb.available";
      readonly blbId: string;
      readonly name: string;
      readonly address: string;
    }
  | { readonly kind: "blb.deleted"; readonly blbId: string; readonly name: string }
  | {
      readonly kind: "listener.created" | "listener.updated" | "listener.deleted";
      readonly blbId: string;
      readonly type: string;
      readonly port: number;
      readonly backendPort: number;
    }
  | { readonly kind: "backends.changed"; readonly blbId: string; readonly instanceIds: readonly string[] }
  | { readonly kind: "eip.created" | "eip.released"; readonly eip: string; readonly name: string }
  | { readonly kind: "eip.bound" | "eip.unbound"; readonly eip: string; readonly instanceId: string }
  | {
      readonly kind: "route.created" | "route.deleted";
      readonly routeRuleId: string;
      readonly destination: string;
      readonly nexthopId: string;
    }
  | { readonly kind: "data-plane.problem"; readonly message: string };
