import { PAGING, pageOf } from "../../api/common.ts";
import { badRequest, Fault, noSuchObject } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { page } from "../../api/paging.ts";
import { boolean, csv, list, object, oneOf, optional, text } from "../../api/schema.ts";
import { bccInstances, INSTANCE, instanceViews } from "./instance-view.ts";
import { fitsV3, INSTANCE_V3, V3_FILTERS, viewV3 } from "./instance-view-v3.ts";
import { getInstance, startLifecycle } from "./lifecycle.ts";
import { deploySetsOf, type SimulatedInstance, volumesOf } from "./records.ts";
import { systemVolumeId } from "./volume-view.ts";

const PATH = "/v2/instance/{instanceId}";
const IDS = optional(csv(100));
const TEXT = optional(text());
const FEW = { ...PAGING, internalIp: TEXT, keypairId: TEXT, zoneName: TEXT, instanceIds: IDS };
const LONGEST = 100;

const OPERATIONS = operations({
  ListInstances: {
    summary: "Lists instances: different fields must all fit, of a list of values one.",
    method: "GET",
    path: "/v2/instance",
    query: {
      ...FEW,
      // As the Go SDK spells it, beside the documented name.
      dedicatedHostId: TEXT,
      dedicateHostId: TEXT,
      instanceNames: IDS,
      fuzzyInstanceName: TEXT,
      volumeIds: IDS,
      cdsIds: IDS,
      deploySetIds: IDS,
      securityGroupIds: IDS,
      autoRenew: optional(boolean()),
      paymentTiming: TEXT,
      ehcClusterId: TEXT,
      status: TEXT,
      tags: IDS,
      vpcId: TEXT,
      privateIps: IDS,
      ipv6Addresses: IDS,
      showRdmaTopo: optional(boolean()),
    },
    answer: pageOf("instances", INSTANCE),
  },
  ListNoChargeInstances: {
    summary: "Lists the instances that cost nothing while they are stopped.",
    method: "GET",
    path: "/v2/instance/noCharge",
    query: FEW,
    answer: pageOf("instances", INSTANCE),
  },
  ListInstancesByIds: {
    summary: "Lists instances of given ids; unknown ones are left out.",
    method: "POST",
    path: "/v2/instance/listByInstanceId",
    clientToken: false,
    query: PAGING,
    body: object({ instanceIds: optional(list(text(), LONGEST), []) }),
    answer: pageOf("instances", INSTANCE),
  },
  ListInstancesV3: {
    summary: "Lists instances; the newer call, with the marker in the body and other names.",
    method: "POST",
    path: "/v3/instance/list",
    clientToken: false,
    body: V3_FILTERS,
    answer: pageOf("instances", INSTANCE_V3),
  },
  GetInstance: {
    summary: "One instance.",
    method: "GET",
    path: PATH,
    query: { isDeploySet: optional(boolean()), containsFailed: optional(boolean()) },
    answer: object({ instance: INSTANCE }),
    errors: ["NoSuchObject"],
  },
  GetInstanceVnc: {
    summary: "Where the console of an instance can be seen.",
    method: "GET",
    path: `${PATH}/vnc`,
    answer: object({ vncUrl: text() }),
    errors: ["NoSuchObject"],
  },
  ListIdMappings: {
    summary: "Long ids of short ones, or the other way round.",
    method: "POST",
    path: "/v2/instance/id/mapping",
    clientToken: false,
    body: object({
      idType: oneOf("shortId", "longId"),
      objectType: optional(text()),
      instanceIds: list(text(), LONGEST),
    }),
    answer: object({ mappings: list(object({ id: text(), uuid: text() })) }),
  },
});

/** Cloud servers, as they are read. */
export const instances = part(OPERATIONS, (account) => {
  startLifecycle(account);
  const pageOfViews = (query: Parameters<typeof page>[0], chosen: readonly SimulatedInstance[]) => {
    const found = page(query, "instances", chosen, ({ id }) => id);
    return { ...found, instances: instanceViews(account, found.instances as readonly SimulatedInstance[]) };
  };

  return {
    ListInstances({ query }) {
      if (Boolean(query.vpcId) !== Boolean(query.privateIps)) throw badRequest("vpcId and privateIps go together.");
      if (query.fuzzyInstanceName && query.instanceNames)
        throw badRequest("instanceNames and fuzzyInstanceName exclude each other.");
      const { internalIp, fuzzyInstanceName, autoRenew } = query;
      const host = query.dedicatedHostId || query.dedicateHostId;
      const disks = query.volumeIds ?? query.cdsIds;
      const withDisk = disks && holdersOf(disks, volumesOf(account).all());
      const [byId, byName, byIp, byIpv6, bySet, byGroup] = [
        query.instanceIds,
        query.instanceNames,
        query.privateIps,
        query.ipv6Addresses,
        query.deploySetIds,
        query.securityGroupIds,
      ].map(oneOfThese);
      const is = (value: string, wanted: string | undefined) => !wanted || wanted === value;
      const chosen = bccInstances(account).filter((one) => {
        const ips = [one.internalIp, ...one.secondaryIps.map(({ ip }) => ip)];
        return (
          byId?.([one.id]) &&
          byName?.([one.name]) &&
          byIp?.(ips) &&
          byIpv6?.([one.ipv6, ...one.secondaryIpv6s]) &&
          bySet?.(one.deployIds) &&
          byGroup?.([...one.securityGroupIds, ...one.enterpriseSecurityGroupIds]) &&
          (!internalIp || ips.includes(internalIp)) &&
          (!fuzzyInstanceName || one.name.includes(fuzzyInstanceName)) &&
          (!withDisk || withDisk(one)) &&
          (autoRenew === undefined || autoRenew === (one.autoRenew !== null)) &&
          (!query.tags || query.tags.some((tag) => hasTag(one, tag))) &&
          is(one.vpcId, query.vpcId) &&
          is(one.zoneName, query.zoneName) &&
          is(one.status, query.status) &&
          is(one.keypairId, query.keypairId) &&
          is(one.dedicatedHostId, host) &&
          is(one.paymentTiming, query.paymentTiming) &&
          is(one.ehcClusterId, query.ehcClusterId)
        );
      });
      const found = pageOfViews(query, chosen);
      if (!query.showRdmaTopo) return found;
      return { ...found, instances: found.instances.map((one) => ({ ...one, rdmaNicTopo: [] })) };
    },
    ListNoChargeInstances({ query }) {
      const byId = oneOfThese(query.instanceIds);
      const is = (value: string, wanted: string | undefined) => !wanted || wanted === value;
      const chosen = bccInstances(account).filter(
        (one) =>
          one.chargeStatus === "STOPPED_NOT_CHARGING" &&
          byId([one.id]) &&
          is(one.internalIp, query.internalIp) &&
          is(one.keypairId, query.keypairId) &&
          is(one.zoneName, query.zoneName),
      );
      return pageOfViews(query, chosen);
    },
    ListInstancesByIds({ query, body }) {
      const ids = new Set(body.instanceIds);
      const chosen = bccInstances(account).filter(({ id }) => ids.has(id));
      return pageOfViews(query, chosen);
    },
    ListInstancesV3({ body }) {
      const chosen = bccInstances(account).filter((one) => fitsV3(account, one, body));
      const paging = { marker: body.marker, maxKeys: body.maxKeys || undefined };
      const found = page(paging, "instances", chosen, ({ id }) => id);
      return {
        ...found,
        instances: (found.instances as readonly SimulatedInstance[]).map((one) => viewV3(account, one)),
      };
    },
    GetInstance({ params, query }) {
      const found = getInstance(account, params.instanceId);
      if (found.product !== "bcc") throw noSuchObject(params.instanceId);
      const [view] = instanceViews(account, [found]);
      if (!query.isDeploySet) return { instance: view };
      const deploysetList = found.deployIds.map((deploysetId) => {
        const unknown = { deploysetId, name: deploysetId, desc: "", strategy: "HOST_HA", concurrency: 1 };
        return deploySetsOf(account).get(deploysetId) ?? unknown;
      });
      return { instance: { ...view, deploysetList } };
    },
    GetInstanceVnc({ params }) {
      const { id, product, status } = getInstance(account, params.instanceId);
      if (product !== "bcc") throw noSuchObject(id);
      if (status !== "Running") throw new Fault(409, "OperationDenied", `Instance ${id} is ${status}.`);
      return { vncUrl: `https://vnc.${account.region}.baidubce.com/vnc?instanceId=${id}` };
    },
    ListIdMappings({ body }) {
      const given = new Set(body.instanceIds);
      const field = body.idType === "shortId" ? "id" : "serialNumber";
      const found = bccInstances(account).filter((one) => given.has(one[field]));
      return { mappings: found.map(({ id, serialNumber }) => ({ id, uuid: serialNumber })) };
    },
  };
});

/** Whether one of some values is among the wanted ones; with none wanted, always. */
function oneOfThese(wanted: readonly string[] | undefined): (values: readonly string[]) => boolean {
  const set = wanted && wanted.length > 0 ? new Set(wanted) : undefined;
  return (values) => !set || values.some((value) => set.has(value));
}

function hasTag({ tags }: SimulatedInstance, wanted: string): boolean {
  const colon = wanted.indexOf(":");
  const key = colon < 0 ? wanted : wanted.slice(0, colon);
  return tags.some(({ tagKey, tagValue }) => tagKey === key && (colon < 0 || tagValue === wanted.slice(colon + 1)));
}

function holdersOf(
  ids: readonly string[],
  volumes: readonly { readonly id: string; readonly instanceId: string }[],
): (instance: SimulatedInstance) => boolean {
  const wanted = new Set(ids);
  const holders = new Set(volumes.filter(({ id }) => wanted.has(id)).map(({ instanceId }) => instanceId));
  return ({ id }) => holders.has(id) || wanted.has(systemVolumeId(id));
}
