import type { Account } from "../account.ts";
import { badRequest, noSuchObject } from "../api/fault.ts";
import { texts } from "../api/fields.ts";
import { page } from "../api/paging.ts";
import type { Router } from "../api/router.ts";
import type { Instances, SimulatedInstance } from "./instances.ts";

/** Bare metal servers: other paths and field names than BCC, the same form of ids, and no word of their network. */
export function createBbc(account: Account, router: Router, instances: Instances): void {
  const all = (): readonly SimulatedInstance[] =>
    [...instances.all.values()].filter(({ product }) => product === "bbc");
  const view = (instance: SimulatedInstance) => ({
    id: instance.id,
    name: instance.name,
    hostname: instance.hostname,
    uuid: instance.id,
    desc: "",
    status: instance.status,
    paymentTiming: "Postpaid",
    createTime: instance.createTime,
    expireTime: null,
    publicIp: instance.publicIp,
    internalIp: instance.internalIp,
    imageId: "m-lab00000",
    flavorId: instance.spec,
    zone: instance.zoneName,
    region: account.region,
    hasAlive: 1,
    tags: [],
    networkCapacityInMbps: 0,
  });
  const idOf = ({ id }: { readonly id: string }) => id;
  const chosen = (ids: readonly string[] | undefined) => {
    if ((ids?.length ?? 0) > 100) throw badRequest("at most 100 ids.");
    return all().filter(({ id }) => ids?.includes(id));
  };

  router.on("GET", "/v1/instance", (input) => {
    const ip = input.param("internalIp");
    return page(
      input,
      "instances",
      all()
        .filter((one) => !ip || one.internalIp === ip)
        .map(view),
      idOf,
    );
  });
  router.on("POST", "/v1/instance/listByInstanceId", (input) =>
    page(input, "instances", chosen(texts(input.body, "instanceIds")).map(view), idOf),
  );
  router.on("GET", "/v1/instance/{}", (_input, id = "") => {
    const instance = all().find((one) => one.id === id);
    if (!instance) throw noSuchObject(id);
    return view(instance);
  });
  router.on("POST", "/v1/vpcSubnet", ({ body }) => ({
    networkInfo: chosen(texts(body, "bbcIds")).map(({ id, subnetId, zoneName }) => ({
      bbcId: id,
      vpc: { vpcId: account.vpc.vpcId, cidr: account.vpc.cidr, name: account.vpc.name, isDefault: false },
      subnet: { subnetId, zoneName, vpcId: account.vpc.vpcId, subnetType: "BBC" },
    })),
  }));
}
