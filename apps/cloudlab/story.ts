import { styleText } from "node:util";
import type { SimulatorEvent } from "@ccm/baiducloud-simulator";
import type { Clock } from "@ccm/base";
import type { Informer, Node, Service } from "@ccm/kube";
import { keyOf } from "@ccm/kube";

/** Tells, as it happens, what a person wants to know. */
export interface Story {
  onCloud(event: SimulatorEvent): void;
  follow(nodes: Informer<Node>, services: Informer<Service>): void;
  /** Once the Service has its address, says how to reach it. */
  announce(services: Informer<Service>, key: string, line: (service: Service) => string): void;
  /** Called with a machine's name when it is switched on, off, or deleted. */
  onMachine(listener: (name: string, on: boolean) => Promise<void>): void;
}

export function createStory(clock: Clock, print: (line: string) => void): Story {
  const start = clock.monotonic();
  let machine: (name: string, on: boolean) => Promise<void> = async () => {};
  const names = new Map<string, string>();
  const backends = new Map<string, ReadonlySet<string>>();
  const nameOf = (id: string) => names.get(id) ?? id;
  const tell = (who: string, text: string): void => {
    const seconds = ((clock.monotonic() - start) / 1000).toFixed(1).padStart(6);
    print(`${styleText("dim", `${seconds} s`)}  ${who.padEnd(11)} ${text}`);
  };
  const cloud = (text: string) => tell("cloud", text);

  return {
    onMachine(listener) {
      machine = listener;
    },
    onCloud(event) {
      switch (event.kind) {
        case "instance.created":
          names.set(event.instanceId, event.name);
          return;
        case "instance.deleted":
          cloud(`instance ${event.instanceId} (${event.name}) deleted`);
          void machine(event.name, false).catch(() => {});
          return;
        case "instance.state":
          cloud(`instance ${event.instanceId} (${event.name}) is ${event.status}`);
          if (event.status === "Stopped" || event.status === "Running") {
            void machine(event.name, event.status === "Running").catch(() => {});
          }
          return;
        case "blb.created":
          names.set(event.blbId, event.name);
          cloud(`load balancer ${event.blbId} (${event.name}) is being made, ${event.address} in the VPC`);
          return;
        case "blb.available":
          cloud(`load balancer ${event.blbId} is available`);
          return;
        case "blb.deleted":
          cloud(`load balancer ${event.blbId} (${event.name}) deleted`);
          return;
        case "listener.created":
        case "listener.updated":
          cloud(`listener ${event.port}/${event.type} → node port ${event.backendPort} on ${event.blbId}`);
          return;
        case "listener.deleted":
          cloud(`listener ${event.port}/${event.type} removed from ${event.blbId}`);
          return;
        case "backends.changed": {
          const before = backends.get(event.blbId) ?? new Set<string>();
          const now = new Set(event.instanceIds);
          backends.set(event.blbId, now);
          const added = [...now].filter((id) => !before.has(id)).map((id) => `+${nameOf(id)}`);
          const removed = [...before].filter((id) => !now.has(id)).map((id) => `−${nameOf(id)}`);
          cloud(`backends of ${event.blbId}: ${[...added, ...removed].join(" ")}`);
          return;
        }
        case "eip.created":
          cloud(`public address ${event.eip} made`);
          return;
        case "eip.bound":
          cloud(`public address ${event.eip} bound to ${event.instanceId}`);
          return;
        case "eip.unbound":
          cloud(`public address ${event.eip} unbound from ${event.instanceId}`);
          return;
        case "eip.released":
          cloud(`public address ${event.eip} released`);
          return;
        case "route.created":
          cloud(`route ${event.destination} → ${nameOf(event.nexthopId)} made`);
          return;
        case "route.deleted":
          cloud(`route ${event.destination} → ${nameOf(event.nexthopId)} removed`);
          return;
        case "data-plane.problem":
          cloud(event.message);
      }
    },
    follow(nodes, services) {
      nodes.subscribe({
        add: (node) => tell("node", `${node.metadata.name} registered`),
        update(before, after) {
          if (before.spec?.providerID || !after.spec?.providerID) return;
          const labels = after.metadata.labels ?? {};
          const type = labels["node.kubernetes.io/instance-type"];
          const zone = labels["topology.kubernetes.io/zone"];
          const ip = after.status?.addresses?.find((address) => address.type === "InternalIP")?.address;
          tell("node", `${after.metadata.name} initialised: ${after.spec.providerID}, ${type} in ${zone}, ${ip}`);
        },
        delete: (node) => tell("node", `${node.metadata.name} deleted`),
      });
      services.subscribe({
        update(before, after) {
          const [was, is] = [ipOf(before), ipOf(after)];
          if (was !== is) tell("service", `${keyOf(after)} ${is ? `has address ${is}` : "has no address any more"}`);
        },
        delete: (service) => tell("service", `${keyOf(service)} deleted`),
      });
    },
    announce(services, key, line) {
      let told = false;
      const look = (service: Service) => {
        if (told || keyOf(service) !== key || !ipOf(service)) return;
        told = true;
        print("");
        print(`  ${styleText("bold", line(service))}`);
        print("");
      };
      services.subscribe({ add: look, update: (_before, after) => look(after) });
    },
  };
}

function ipOf(service: Service): string | undefined {
  return service.status?.loadBalancer?.ingress?.[0]?.ip;
}
