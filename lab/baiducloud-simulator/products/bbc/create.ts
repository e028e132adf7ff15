import { TAGS } from "../../api/common.ts";
import { badRequest, denied, noSuchObject, quotaExceeded } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { boolean, integer, list, object, optional, text } from "../../api/schema.ts";
import { sizeOf } from "../bcc/flavors.ts";
import { imageOf } from "../bcc/image-catalog.ts";
import { addMachines, BILLING, HOSTNAME, INSTANCE_NAME, subnetFor, termOf } from "../bcc/machines.ts";
import { instancesOf } from "../bcc/records.ts";
import { groupsFor } from "../vpc/eni-model.ts";
import { FLAVORS } from "./flavors.ts";

const OPERATIONS = operations({
  CreateBbcInstance: {
    summary: "Creates bare metal servers; they are Starting for a while.",
    method: "POST",
    path: "/v1/instance",
    delay: "instanceCreate",
    body: object({
      flavorId: text(),
      imageId: text(),
      raidId: optional(text()),
      rootDiskSizeInGb: optional(integer(0, 2048), 20),
      purchaseCount: optional(integer(1, 100), 1),
      zoneName: text(),
      subnetId: optional(text()),
      billing: BILLING,
      name: INSTANCE_NAME,
      hostname: HOSTNAME,
      adminPass: optional(text()),
      securityGroupId: optional(text()),
      enterpriseSecurityGroupId: optional(text()),
      deploySetId: optional(text()),
      autoRenewTimeUnit: optional(text()),
      autoRenewTime: optional(integer(0, 36), 0),
      tags: TAGS,
      internalIps: optional(list(text()), []),
      enableNuma: optional(boolean()),
      enableHt: optional(boolean()),
    }),
    answer: object({ instanceIds: list(text()) }),
    errors: ["NoSuchObject", "QuotaLimitExceeded", "PrivateIpInUseException", "SubnetHasNoMoreIpException"],
  },
});

/** Bare metal servers, made. */
export const creation = part(OPERATIONS, (account) => ({
  CreateBbcInstance({ body }) {
    const { flavorId, purchaseCount: count, internalIps, securityGroupId, enterpriseSecurityGroupId } = body;
    if (!FLAVORS.some((flavor) => flavor.flavorId === flavorId))
      throw badRequest(`flavorId: "${flavorId}" is unknown.`);
    if (imageOf(account, body.imageId)?.status !== "Available") throw noSuchObject(body.imageId);
    const subnet = subnetFor(account, body);
    if (subnet.subnetType === "BCC_NAT") throw denied(`subnetId: ${subnet.subnetId} is not for bare metal.`);
    const groups = groupsFor(account, subnet.vpcId, {
      securityGroupIds: securityGroupId ? [securityGroupId] : [],
      enterpriseSecurityGroupIds: enterpriseSecurityGroupId ? [enterpriseSecurityGroupId] : [],
    });
    if (internalIps.length > 0 && internalIps.length !== count)
      throw badRequest(`internalIps: expected ${count}, one for each server.`);
    if (instancesOf(account).size + count > account.quotas.instances) throw quotaExceeded("instances");
    const period = body.autoRenewTime;
    const instanceIds = addMachines(account, {
      product: "bbc",
      subnet,
      count,
      internalIps,
      flavor: { spec: flavorId, gpuCard: "" },
      wanted: body,
      more: {
        ...groups,
        ...termOf(body.billing, account.time()),
        ...sizeOf(flavorId),
        status: "Starting",
        creating: true,
        imageId: body.imageId,
        rootDiskSizeInGb: body.rootDiskSizeInGb,
        tags: body.tags,
        deployIds: body.deploySetId ? [body.deploySetId] : [],
        autoRenew: period > 0 ? { unit: body.autoRenewTimeUnit || "month", period } : null,
      },
    });
    return { instanceIds };
  },
}));
