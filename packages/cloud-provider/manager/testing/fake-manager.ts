/** A cloud controller manager with the cloud in memory, for tests that need a process. --cloud-config: a JSON list of machines' names. */
import { FakeProvider } from "../../fake-provider.ts";
import { runProgram } from "../../node/index.ts";

await runProgram({
  command: "fake-cloud-controller-manager",
  description: "The manager with a cloud in memory",
  version: "1.2.3",
  commit: "abcdef",
  cloudProvider: "fake",
  createProvider({ clock, cloudConfig }) {
    const cloud = new FakeProvider({ clock });
    const names: unknown = JSON.parse(cloudConfig ?? "[]");
    for (const name of Array.isArray(names) ? names.map(String) : []) {
      const addresses = [{ type: "InternalIP", address: "192.0.2.1" }] as const;
      cloud.machines.set(name, { name, addresses, zone: "a", region: "r", instanceType: "t" });
    }
    return cloud;
  },
});
