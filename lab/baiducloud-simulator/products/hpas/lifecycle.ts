import { TAGS } from "../../api/common.ts";
import { badRequest, denied, noSuchObject, quotaExceeded } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { boolean, integer, list, object, oneOf, optional, text } from "../../api/schema.ts";
import { imageOf } from "../bcc/image-catalog.ts";
import { liveInstance, rebootInstance, startInstance, steadyInstance, stopInstance } from "../bcc/lifecycle.ts";
import { addMachines, checkLogin, subnetFor, termOf } from "../bcc/machines.ts";
import { ehcClustersOf, instancesOf, type SimulatedInstance } from "../bcc/records.ts";
import { checkRelease, release } from "../bcc/release-model.ts";
import { rebuild } from "../bcc/reshape.ts";
import { addVolumes } from "../bcc/volume-model.ts";
import { groupsFor } from "../vpc/eni-model.ts";
import { statusOf } from "./machines.ts";
import { HPAS_SPECS } from "./specs.ts";

const TEXT = optional(text());
export const BILLING_MODEL = object({
  chargeType: optional(text()),
  period: optional(integer(0, 36)),
  periodUnit: optional(text()),
  autoRenew: optional(boolean(), false),
  autoRenewPeriod: optional(integer(0, 36)),
  autoRenewPeriodUnit: optional(text()),
});
const POST = { method: "POST", path: "/" } as const;
const IDS = { hpasIds: list(text(), 100) };
const FORCE = optional(boolean(), false);
const DISK = object({
  volumeType: TEXT,
  volumeSizeInGiB: integer(1),
  volumeCount: optional(integer(1, 20), 1),
  snapshotId: TEXT,
  encryptKeyId: TEXT,
});

const OPERATIONS = operations({
  CreateInstances: {
    ...POST,
    summary: "Creates machines; they are Creating for a while.",
    when: "action=CreateInstances",
    delay: "instanceCreate",
    body: object({
      appType: text(),
      appPerformanceLevel: TEXT,
      name: TEXT,
      applicationName: TEXT,
      autoSeqSuffix: optional(boolean()),
      description: optional(text(), ""),
      purchaseNum: optional(integer(1, 100), 1),
      zoneName: TEXT,
      imageId: text(),
      subnetId: TEXT,
      password: TEXT,
      keypairId: optional(text(), ""),
      ehcClusterId: optional(text(), ""),
      securityGroupType: optional(oneOf("normal", "enterprise", ""), ""),
      securityGroupIds: optional(list(text()), []),
      internalIps: optional(list(text()), []),
      billingModel: optional(BILLING_MODEL),
      tags: TAGS,
      userData: optional(text(), ""),
      rootDiskSizeInGb: optional(integer(0, 2048)),
      rootDiskStorageType: TEXT,
      enableJumboFrame: optional(boolean(), false),
      dataVolumes: optional(list(DISK), []),
    }),
    answer: object({ orderId: text(), hpasIds: list(text()), couponHpasIds: list(text()) }),
    errors: ["NoSuchObject", "QuotaLimitExceeded", "Keypair.KeypairNotExist", "PrivateIpInUseException"],
  },
  DeleteInstances: {
    ...POST,
    summary: "Releases machines, all or none.",
    when: "action=DeleteInstances",
    delay: "instanceDelete",
    body: object({ ...IDS, deleteVolume: optional(boolean(), false) }),
    errors: ["NoSuchObject", "Instance.ReleaseWhileCreating"],
  },
  StartInstances: {
    ...POST,
    summary: "Switches machines on, all or none.",
    when: "action=StartInstances",
    delay: "instanceStart",
    body: object(IDS),
    errors: ["NoSuchObject", "OperationDenied"],
  },
  StopInstances: {
    ...POST,
    summary: "Switches machines off, all or none.",
    when: "action=StopInstances",
    delay: "instanceStop",
    body: object({ ...IDS, forceStop: FORCE }),
    errors: ["NoSuchObject", "OperationDenied"],
  },
  RebootInstances: {
    ...POST,
    summary: "Switches machines off and on, all or none.",
    when: "action=RebootInstances",
    delay: "instanceStart",
    body: object({ ...IDS, forceStop: FORCE }),
    errors: ["NoSuchObject", "OperationDenied"],
  },
  ResetInstances: {
    ...POST,
    summary: "Installs an image anew; the machines are in Rebuild for a while.",
    when: "action=ResetInstances",
    delay: "instanceChange",
    body: object({
      ...IDS,
      imageId: text(),
      password: TEXT,
      keypairId: TEXT,
      userData: TEXT,
      cleanLastUserData: optional(boolean(), false),
    }),
    errors: ["NoSuchObject", "OperationDenied", "Keypair.KeypairNotExist"],
  },
});

/** Machines for AI work, made, switched and released. */
export const lifecycle = part(OPERATIONS, (account) => {
  const some = (ids: readonly string[]): readonly SimulatedInstance[] => {
    if (ids.length === 0) throw badRequest("hpasIds is required.");
    return ids.map((id) => liveInstance(account, id, "hpas"));
  };
  /** All of them are in that state, or nothing is done. */
  const allIn = (ids: readonly string[], status: SimulatedInstance["status"]): readonly SimulatedInstance[] => {
    const found = some(ids);
    const other = found.find((one) => one.status !== status);
    if (other) throw denied(`${other.id} is ${statusOf(other)}.`);
    return found;
  };

  return {
    CreateInstances({ body }) {
      const { appType, purchaseNum: count, internalIps, securityGroupIds, ehcClusterId } = body;
      const spec = HPAS_SPECS.find(
        (one) =>
          one.appType === appType &&
          (!body.appPerformanceLevel || body.appPerformanceLevel === one.appPerformanceLevel),
      );
      if (!spec) throw badRequest(`appType: there is no ${appType} of level ${body.appPerformanceLevel}.`);
      if (imageOf(account, body.imageId)?.status !== "Available") throw noSuchObject(body.imageId);
      if (ehcClusterId && !ehcClustersOf(account).has(ehcClusterId)) throw noSuchObject(ehcClusterId);
      checkLogin(account, { adminPass: body.password, keypairId: body.keypairId });
      const subnet = subnetFor(account, body);
      const isEnterprise = body.securityGroupType === "enterprise";
      const given = isEnterprise ? { enterpriseSecurityGroupIds: securityGroupIds } : { securityGroupIds };
      const groups = groupsFor(account, subnet.vpcId, given);
      if (internalIps.length > 0 && internalIps.length !== count)
        throw badRequest(`internalIps: expected ${count}, one for each machine.`);
      if (instancesOf(account).size + count > account.quotas.instances) throw quotaExceeded("instances");
      const billing = body.billingModel;
      const { period = 1, periodUnit = "month", chargeType = "" } = billing ?? {};
      const term = termOf(
        {
          paymentTiming: /^prepaid$/i.test(chargeType) ? "Prepaid" : "Postpaid",
          reservation: { reservationLength: period, reservationTimeUnit: periodUnit },
        },
        account.time(),
      );
      const hpasIds = addMachines(account, {
        product: "hpas",
        subnet,
        count,
        internalIps,
        flavor: { spec: appType, gpuCard: "" },
        wanted: body,
        more: {
          ...groups,
          ...term,
          status: "Creating",
          creating: true,
          desc: body.description,
          cpuCount: spec.cpuCount,
          memoryCapacityInGB: spec.memoryCapacityInGB,
          imageId: body.imageId,
          keypairId: body.keypairId,
          ehcClusterId,
          userData: body.userData,
          tags: body.tags,
          rootDiskSizeInGb: body.rootDiskSizeInGb || 100,
          rootDiskStorageType: body.rootDiskStorageType || "enhanced_ssd_pl1",
          enableJumboFrame: body.enableJumboFrame,
          autoRenew: billing?.autoRenew
            ? { unit: billing.autoRenewPeriodUnit || "month", period: billing.autoRenewPeriod || 1 }
            : null,
        },
      });
      const disks = body.dataVolumes.map(({ volumeType, volumeSizeInGiB, volumeCount, snapshotId, encryptKeyId }) => ({
        storageType: volumeType,
        cdsSizeInGB: volumeSizeInGiB,
        cdsNum: volumeCount,
        snapshotId,
        encryptKey: encryptKeyId,
        name: undefined,
        deleteWithInstance: false,
      }));
      for (const instanceId of hpasIds) addVolumes(account, disks, { ...term, instanceId, zoneName: subnet.zoneName });
      return { orderId: account.random.uuid().replaceAll("-", ""), hpasIds, couponHpasIds: [] };
    },
    DeleteInstances({ body }) {
      const found = some(body.hpasIds);
      for (const one of found) checkRelease(one);
      for (const one of found) release(account, one, { related: body.deleteVolume });
      return {};
    },
    StartInstances({ body }) {
      for (const { id } of allIn(body.hpasIds, "Stopped")) startInstance(account, id);
      return {};
    },
    StopInstances({ body }) {
      for (const { id } of allIn(body.hpasIds, "Running")) stopInstance(account, id);
      return {};
    },
    RebootInstances({ body }) {
      for (const { id } of allIn(body.hpasIds, "Running")) rebootInstance(account, id, "Reboot");
      return {};
    },
    ResetInstances({ body }) {
      const found = some(body.hpasIds).map(({ id }) => steadyInstance(account, id, "hpas"));
      const { imageId, password, keypairId, userData, cleanLastUserData } = body;
      const wanted = { imageId, adminPass: password, keypairId, userData: cleanLastUserData ? "" : userData };
      rebuild(account, found, wanted, "Rebuild");
      return {};
    },
  };
});
