import type { Account } from "../account.ts";
import { badRequest, Fault } from "../api/fault.ts";
import { integer, text, texts } from "../api/fields.ts";
import type { Router } from "../api/router.ts";
import type { Instances, SimulatedInstance } from "./instances.ts";

/** Machines for AI work: one path for all actions, markers in the body, states of its own. */
export function createHpas(account: Account, router: Router, instances: Instances): void {
  const view = (instance: SimulatedInstance) => ({
    hpasId: instance.id,
    name: instance.name,
    zoneName: instance.zoneName,
    status: instance.status === "Running" ? "Active" : instance.status,
    appType: instance.spec,
    appPerformanceLevel: "10k",
    chargeType: "PostPaid",
    vpcId: account.vpc.vpcId,
    internalIp: instance.internalIp,
    subnetId: instance.subnetId,
    createTime: instance.createTime,
    tags: [],
    nicInfo: [
      {
        nicType: "primary",
        subnetId: instance.subnetId,
        ipv4s: [{ privateIp: instance.internalIp, primary: true }],
        ipv6s: instance.ipv6 ? [{ ipv6Address: instance.ipv6 }] : [],
      },
    ],
  });

  router.on("POST", "/", (input) => {
    const action = input.param("action");
    if (action !== "DescribeHPASInstances") throw new Fault(400, "InvalidAction", `action ${action} is not simulated.`);
    const { body } = input;
    const ids = texts(body, "hpasIds");
    if (ids && ids.length > 100) throw badRequest("hpasIds: at most 100 values.");
    const vpcId = text(body, "vpcId");
    const maxKeys = integer(body, "maxKeys", 1, 1000) ?? 1000;
    const marker = text(body, "marker") ?? "";
    const all = [...instances.all.values()]
      .filter(({ product, id }) => product === "hpas" && (!ids || ids.includes(id)) && id >= marker)
      .filter(() => !vpcId || vpcId === account.vpc.vpcId)
      .sort((a, b) => (a.id < b.id ? -1 : 1));
    const next = all[maxKeys];
    return {
      marker,
      isTruncated: next !== undefined,
      ...(next ? { nextMarker: next.id } : {}),
      maxKeys,
      hpass: all.slice(0, maxKeys).map(view),
    };
  });
}
