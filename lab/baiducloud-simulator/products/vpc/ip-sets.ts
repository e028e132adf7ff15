import { parseCidr, parseIp } from "@ccm/base";
import { ANY_TEXT, PAGING, pageOf } from "../../api/common.ts";
import { badRequest, denied, noSuchObject } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { page } from "../../api/paging.ts";
import { integer, list, object, oneOf, optional, text } from "../../api/schema.ts";

type IpVersion = "IPv4" | "IPv6";

interface IpAddressInfo {
  readonly ipAddress: string;
  readonly description: string;
}

/** Addresses with a name, for the rules of enterprise security groups. */
interface IpSet {
  readonly ipSetId: string;
  readonly name: string;
  readonly description: string;
  readonly ipVersion: IpVersion;
  readonly ipAddressInfo: readonly IpAddressInfo[];
}

/** Sets with a name. */
interface IpGroup {
  readonly ipGroupId: string;
  readonly name: string;
  readonly description: string;
  readonly ipVersion: IpVersion;
  readonly ipSetIds: readonly string[];
}

const SETS = "/v1/ipSet";
const SET = `${SETS}/{ipSetId}`;
const GROUPS = "/v1/ipGroup";
const GROUP = `${GROUPS}/{ipGroupId}`;
const NAME = text({ max: 65 });
const TEXT = optional(text({ max: 200 }), "");
const VERSION = oneOf("IPv4", "IPv6");
const ADDRESSES = list(object({ ipAddress: text(), description: TEXT }), 200);
const SET_IDS = list(text(), 100);
const ABOUT = { name: text(), description: ANY_TEXT, ipVersion: text() };
const SET_FIELDS = { ipSetId: text(), ...ABOUT, ipAddressInfo: ADDRESSES };
const GROUP_FIELDS = { ipGroupId: text(), ...ABOUT, ipSetIds: list(text()) };
const BOUND = { bindedInstances: list(object({ instanceId: text(), instanceType: text() })) };
const CHANGE = object({ name: optional(NAME), description: optional(text({ max: 200 })) });
const FILTERS = { ...PAGING, ipVersion: optional(VERSION) };
const ERRORS = ["NoSuchObject", "OperationDenied"] as const;

const OPERATIONS = operations({
  ListIpSets: {
    summary: "Lists the sets of addresses.",
    method: "GET",
    path: SETS,
    query: FILTERS,
    answer: pageOf("ipSets", object({ ...SET_FIELDS, bindedInstanceNum: integer() })),
  },
  GetIpSet: {
    summary: "One set, with the rules that name it.",
    method: "GET",
    path: SET,
    answer: object({ ...SET_FIELDS, ...BOUND }),
    errors: ["NoSuchObject"],
  },
  CreateIpSet: {
    summary: "Makes a set of addresses of one family.",
    method: "POST",
    path: SETS,
    body: object({ name: NAME, ipVersion: VERSION, ipAddressInfo: ADDRESSES, description: TEXT }),
    answer: object({ ipSetId: text() }),
  },
  AddIpAddressToIpSet: {
    summary: "Adds addresses to a set.",
    method: "POST",
    path: `${SET}/ipAddress`,
    body: object({ ipAddressInfo: ADDRESSES }),
    errors: ERRORS,
  },
  DeleteIpAddress: {
    summary: "Removes addresses from a set, all or none.",
    method: "POST",
    path: `${SET}/deleteIpAddress`,
    body: object({ ipAddressInfo: list(text()) }),
    errors: ERRORS,
  },
  UpdateIpSet: {
    summary: "Changes the name or the description.",
    method: "PUT",
    path: SET,
    when: "modifyAttribute",
    body: CHANGE,
    errors: ["NoSuchObject"],
  },
  DeleteIpSet: {
    summary: "Deletes a set that no group has.",
    method: "DELETE",
    path: SET,
    errors: ERRORS,
  },
  ListIpGroups: {
    summary: "Lists the groups of sets.",
    method: "GET",
    path: GROUPS,
    query: FILTERS,
    answer: pageOf("ipGroups", object({ ...GROUP_FIELDS, bindedInstanceNum: integer() })),
  },
  GetIpGroup: {
    summary: "One group.",
    method: "GET",
    path: GROUP,
    answer: object({ ...GROUP_FIELDS, ...BOUND }),
    errors: ["NoSuchObject"],
  },
  CreateIpGroup: {
    summary: "Makes a group of sets of one family.",
    method: "POST",
    path: GROUPS,
    body: object({ name: NAME, ipVersion: VERSION, ipSetIds: SET_IDS, description: TEXT }),
    answer: object({ ipGroupId: text() }),
    errors: ["NoSuchObject"],
  },
  BindIpSet: {
    summary: "Adds sets to a group.",
    method: "POST",
    path: `${GROUP}/bindIpSet`,
    body: object({ ipSetIds: SET_IDS }),
    errors: ["NoSuchObject"],
  },
  UnbindIpSet: {
    summary: "Removes sets from a group.",
    method: "POST",
    path: `${GROUP}/unbindIpSet`,
    body: object({ ipSetIds: SET_IDS }),
    errors: ["NoSuchObject"],
  },
  UpdateIpGroup: {
    summary: "Changes the name or the description.",
    method: "PUT",
    path: GROUP,
    when: "modifyAttribute",
    body: CHANGE,
    errors: ["NoSuchObject"],
  },
  DeleteIpGroup: {
    summary: "Deletes a group; its sets stay.",
    method: "DELETE",
    path: GROUP,
    errors: ["NoSuchObject"],
  },
});

/** Addresses with names. No source says what the rules that name them are called here, so none is counted. */
export const ipSets = part(OPERATIONS, (account) => {
  const sets = account.store.table<IpSet>("ipSets");
  const groups = account.store.table<IpGroup>("ipGroups");
  const getSet = (id: string): IpSet => {
    const set = sets.get(id);
    if (!set) throw noSuchObject(id);
    return set;
  };
  const getGroup = (id: string): IpGroup => {
    const group = groups.get(id);
    if (!group) throw noSuchObject(id);
    return group;
  };
  const bound = { bindedInstances: [] };
  const listed = <T extends { readonly ipVersion: string }>(all: readonly T[], ipVersion: string | undefined) =>
    all.filter((one) => !ipVersion || one.ipVersion === ipVersion).map((one) => ({ ...one, bindedInstanceNum: 0 }));
  const ofFamily = (ids: readonly string[], ipVersion: IpVersion): readonly string[] => {
    for (const set of ids.map(getSet))
      if (set.ipVersion !== ipVersion) throw badRequest(`ipSetIds: ${set.ipSetId} is of ${set.ipVersion}.`);
    return ids;
  };
  return {
    ListIpSets: ({ query }) => page(query, "ipSets", listed(sets.all(), query.ipVersion), ({ ipSetId }) => ipSetId),
    GetIpSet: ({ params }) => ({ ...getSet(params.ipSetId), ...bound }),
    CreateIpSet({ body }) {
      const ipAddressInfo = together([], body.ipAddressInfo, body.ipVersion);
      const ipSetId = account.newId("ips");
      sets.set(ipSetId, { ...body, ipSetId, ipAddressInfo });
      return { ipSetId };
    },
    AddIpAddressToIpSet({ params: { ipSetId }, body }) {
      const { ipAddressInfo, ipVersion } = getSet(ipSetId);
      sets.patch(ipSetId, { ipAddressInfo: together(ipAddressInfo, body.ipAddressInfo, ipVersion) });
      return {};
    },
    DeleteIpAddress({ params: { ipSetId }, body: { ipAddressInfo: gone } }) {
      const { ipAddressInfo } = getSet(ipSetId);
      const missing = gone.find((address) => !ipAddressInfo.some(({ ipAddress }) => ipAddress === address));
      if (missing !== undefined) throw noSuchObject(`${missing} in ${ipSetId}`);
      const left = ipAddressInfo.filter(({ ipAddress }) => !gone.includes(ipAddress));
      if (left.length === 0) throw denied(`${ipSetId} must keep an address.`);
      sets.patch(ipSetId, { ipAddressInfo: left });
      return {};
    },
    UpdateIpSet({ params: { ipSetId }, body }) {
      const { name, description } = getSet(ipSetId);
      sets.patch(ipSetId, { name: body.name ?? name, description: body.description ?? description });
      return {};
    },
    DeleteIpSet({ params: { ipSetId } }) {
      getSet(ipSetId);
      const holder = groups.all().find(({ ipSetIds }) => ipSetIds.includes(ipSetId));
      if (holder) throw denied(`${ipSetId} is in use: ${holder.ipGroupId} has it.`);
      sets.delete(ipSetId);
      return {};
    },
    ListIpGroups: ({ query }) =>
      page(query, "ipGroups", listed(groups.all(), query.ipVersion), ({ ipGroupId }) => ipGroupId),
    GetIpGroup: ({ params }) => ({ ...getGroup(params.ipGroupId), ...bound }),
    CreateIpGroup({ body }) {
      ofFamily(body.ipSetIds, body.ipVersion);
      const ipGroupId = account.newId("ipg");
      groups.set(ipGroupId, { ...body, ipGroupId, ipSetIds: [...new Set(body.ipSetIds)] });
      return { ipGroupId };
    },
    BindIpSet({ params: { ipGroupId }, body }) {
      const { ipSetIds, ipVersion } = getGroup(ipGroupId);
      groups.patch(ipGroupId, { ipSetIds: [...new Set([...ipSetIds, ...ofFamily(body.ipSetIds, ipVersion)])] });
      return {};
    },
    UnbindIpSet({ params: { ipGroupId }, body }) {
      const { ipSetIds } = getGroup(ipGroupId);
      for (const id of body.ipSetIds) if (!ipSetIds.includes(id)) throw noSuchObject(`${id} in ${ipGroupId}`);
      groups.patch(ipGroupId, { ipSetIds: ipSetIds.filter((id) => !body.ipSetIds.includes(id)) });
      return {};
    },
    UpdateIpGroup({ params: { ipGroupId }, body }) {
      const { name, description } = getGroup(ipGroupId);
      groups.patch(ipGroupId, { name: body.name ?? name, description: body.description ?? description });
      return {};
    },
    DeleteIpGroup({ params: { ipGroupId } }) {
      groups.delete(getGroup(ipGroupId).ipGroupId);
      return {};
    },
  };
});

function together(
  known: readonly IpAddressInfo[],
  more: readonly IpAddressInfo[],
  ipVersion: IpVersion,
): readonly IpAddressInfo[] {
  const family = ipVersion === "IPv4" ? 4 : 6;
  for (const { ipAddress } of more)
    if ((parseCidr(ipAddress) ?? parseIp(ipAddress))?.family !== family)
      throw badRequest(`ipAddressInfo: "${ipAddress}" is not valid, expected an ${ipVersion} address or range.`);
  const all = [...known, ...more];
  if (new Set(all.map(({ ipAddress }) => ipAddress)).size < all.length)
    throw badRequest("ipAddressInfo: an address is there twice.");
  return all;
}
