import type { Account } from "../../account.ts";
import { badRequest, denied, noSuchObject } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { boolean, integer, list, object, optional, text } from "../../api/schema.ts";
import { FLAVORS, type Flavor } from "./flavors.ts";
import { imageOf } from "./image-catalog.ts";
import { steadyInstance, switchInstance } from "./lifecycle.ts";
import { checkLogin } from "./machines.ts";
import { type InstanceStatus, instancesOf, type SimulatedInstance } from "./records.ts";

const LOGIN = {
  adminPass: optional(text()),
  keypairId: optional(text()),
  keepImageLogin: optional(boolean(), false),
  userData: optional(text()),
  sysRootSize: optional(integer(0, 2048)),
};
const CHANGED = ["NoSuchObject", "OperationDenied"] as const;

const OPERATIONS = operations({
  RebuildInstance: {
    summary: "Installs an image anew; the instance is ImageProcessing for a while and runs then.",
    method: "PUT",
    path: "/v2/instance/{instanceId}",
    when: "rebuild",
    delay: "instanceChange",
    body: object({ imageId: text(), ...LOGIN }),
    errors: [...CHANGED, "Keypair.KeypairNotExist"],
  },
  BatchRebuildInstances: {
    summary: "Installs an image anew on several instances, all or none.",
    method: "PUT",
    path: "/v2/instance/rebuild",
    delay: "instanceChange",
    body: object({ imageId: text(), instanceIds: list(text(), 100), ...LOGIN }),
    errors: [...CHANGED, "Keypair.KeypairNotExist"],
  },
  ResizeInstance: {
    summary: "Gives an instance another size (the old way).",
    method: "PUT",
    path: "/v2/instance/{instanceId}",
    when: "resize",
    delay: "instanceChange",
    body: object({ cpuCount: integer(1), memoryCapacityInGB: integer(1), liveResize: optional(boolean()) }),
    errors: CHANGED,
  },
  ResizeInstanceBySpec: {
    summary: "Gives an instance another flavour; it is Scaling for a while.",
    method: "PUT",
    path: "/v2/instanceBySpec/{instanceId}",
    when: "resize",
    delay: "instanceChange",
    body: object({ spec: text(), enableJumboFrame: optional(boolean()) }),
    errors: CHANGED,
  },
});

/** New images and new sizes. */
export const reshaping = part(OPERATIONS, (account) => {
  const resize = (id: string, flavor: Flavor | undefined, what: string): SimulatedInstance => {
    const instance = steadyInstance(account, id, "bcc");
    if (!flavor) throw badRequest(`there is no flavour ${what}.`);
    if (flavor.spec === instance.spec) throw denied(`Instance ${id} is of ${flavor.spec} already.`);
    const { spec, cpuCount, memoryCapacityInGB, gpuCard } = flavor;
    instancesOf(account).patch(id, { spec, cpuCount, memoryCapacityInGB, gpuCard });
    switchInstance(account, id, "Scaling", instance.status, account.timings.instanceChange);
    return instance;
  };
  return {
    RebuildInstance({ params, body }) {
      rebuild(account, [steadyInstance(account, params.instanceId, "bcc")], body, "ImageProcessing");
      return {};
    },
    BatchRebuildInstances({ body }) {
      if (body.instanceIds.length === 0) throw badRequest("instanceIds is required.");
      const instances = body.instanceIds.map((id) => steadyInstance(account, id, "bcc"));
      rebuild(account, instances, body, "ImageProcessing");
      return {};
    },
    ResizeInstance({ params, body: { cpuCount: cpu, memoryCapacityInGB: memory } }) {
      const flavor = FLAVORS.find((one) => one.cpuCount === cpu && one.memoryCapacityInGB === memory);
      resize(params.instanceId, flavor, `with ${cpu} CPUs and ${memory} GB of memory`);
      return {};
    },
    ResizeInstanceBySpec({ params, body }) {
      const flavor = FLAVORS.find(({ spec }) => spec === body.spec);
      const { id, enableJumboFrame } = resize(params.instanceId, flavor, body.spec);
      instancesOf(account).patch(id, { enableJumboFrame: body.enableJumboFrame ?? enableJumboFrame });
      return {};
    },
  };
});

export interface Rebuild {
  readonly imageId: string;
  readonly adminPass?: string | undefined;
  readonly keypairId?: string | undefined;
  readonly userData?: string | undefined;
  readonly sysRootSize?: number | undefined;
}

/** Installs an image on machines that are not on their way elsewhere. */
export function rebuild(
  account: Account,
  instances: readonly SimulatedInstance[],
  wanted: Rebuild,
  during: InstanceStatus,
): void {
  const { imageId, keypairId, userData, sysRootSize } = wanted;
  if (imageOf(account, imageId)?.status !== "Available") throw noSuchObject(imageId);
  checkLogin(account, wanted);
  for (const { id, rootDiskSizeInGb, ...before } of instances) {
    instancesOf(account).patch(id, {
      imageId,
      keypairId: keypairId || (wanted.adminPass ? "" : before.keypairId),
      userData: userData ?? before.userData,
      rootDiskSizeInGb: sysRootSize || rootDiskSizeInGb,
    });
    switchInstance(account, id, during, "Running", account.timings.instanceChange);
  }
}
