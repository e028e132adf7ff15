import { ANY_TEXT, NAME, PAGING, pageOf, TAGS } from "../../api/common.ts";
import { badRequest, denied } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { page } from "../../api/paging.ts";
import { integer, list, object, oneOf, optional, text } from "../../api/schema.ts";
import {
  addToGroup,
  deleteGroup,
  enterUpdating,
  getGroup,
  moveIn,
  moveOut,
  readyGroup,
  releaseFromGroup,
  roomInGroup,
} from "./group-members.ts";
import { priceOf } from "./prices.ts";
import { type EipGroup, type EipStatus, eipGroupsOf } from "./records.ts";
import { EIP, eipsIn, eipViews, PACKAGES, packages, STATUS } from "./schemas.ts";
import { BILLING, monthsAfter, monthsOf, prepaidOnly, termsOf } from "./terms.ts";

const PATH = "/v1/eipgroup/{groupId}";
const COUNT = optional(integer(0, 256), 0);
const GROUP = object({
  name: text(),
  status: STATUS,
  id: text(),
  bandwidthInMbps: integer(),
  ...PACKAGES,
  paymentTiming: oneOf("Prepaid", "Postpaid"),
  billingMethod: optional(text()),
  createTime: text(),
  expireTime: optional(text()),
  region: text(),
  routeType: text(),
  tags: TAGS,
  eips: list(EIP),
  eipv6s: list(EIP),
});

const OPERATIONS = operations({
  CreateEipGroup: {
    summary: "Creates shared bandwidth, with addresses of its own.",
    method: "POST",
    path: "/v1/eipgroup",
    delay: "eipCreate",
    body: object({
      name: NAME,
      eipCount: COUNT,
      eipv6Count: COUNT,
      bandwidthInMbps: integer(1, 5000),
      billing: BILLING,
      routeType: optional(oneOf("BGP", "BGP_S")),
      tags: TAGS,
      resourceGroupId: ANY_TEXT,
      idc: ANY_TEXT,
    }),
    answer: object({ id: text() }),
    errors: ["QuotaLimitExceeded"],
  },
  ListEipGroups: {
    summary: "Lists shared bandwidth with its addresses.",
    method: "GET",
    path: "/v1/eipgroup",
    query: { ...PAGING, id: ANY_TEXT, name: ANY_TEXT, status: ANY_TEXT },
    answer: pageOf("eipgroups", GROUP),
  },
  GetEipGroup: {
    summary: "One group.",
    method: "GET",
    path: PATH,
    answer: GROUP,
    errors: ["NoSuchObject"],
  },
  ResizeEipGroup: {
    summary: "Changes the bandwidth, or adds addresses, or releases some: which, the body tells.",
    method: "PUT",
    path: PATH,
    when: "resize",
    delay: "eipBind",
    body: object({
      bandwidthInMbps: optional(integer(0, 5000), 0),
      eipAddCount: COUNT,
      eipv6AddCount: COUNT,
      releaseIps: optional(list(text()), []),
    }),
    errors: ["NoSuchObject", "OperationDenied", "QuotaLimitExceeded"],
  },
  RenameEipGroup: {
    summary: "Renames a group.",
    method: "PUT",
    path: PATH,
    when: "update",
    body: object({ name: NAME }),
    errors: ["NoSuchObject"],
  },
  MoveEipIn: {
    summary: "Moves addresses into a group that shares its bandwidth.",
    method: "PUT",
    path: PATH,
    when: "move_in",
    body: object({ eips: optional(list(text()), []) }),
    errors: ["NoSuchObject", "OperationDenied"],
  },
  MoveEipOut: {
    summary: "Moves addresses out of a group; those made by it need a bandwidth and terms of their own.",
    method: "PUT",
    path: PATH,
    when: "move_out",
    body: object({
      moveOutEips: optional(
        list(object({ eip: text(), bandwidthInMbps: optional(integer(0, 5000), 0), billing: optional(BILLING) })),
        [],
      ),
    }),
    errors: ["NoSuchObject", "OperationDenied"],
  },
  PurchaseReservedEipGroup: {
    summary: "Prolongs a prepaid group.",
    method: "PUT",
    path: PATH,
    when: "purchaseReserved",
    body: object({ billing: BILLING }),
    errors: ["NoSuchObject", "OperationDenied"],
  },
  RefundEipGroup: {
    summary: "Gives a prepaid group back before its term ends.",
    method: "PUT",
    path: "/v1/eipgroup/refund/{groupId}",
    errors: ["NoSuchObject", "OperationDenied"],
  },
  DeleteEipGroup: {
    summary: "Releases a postpaid group whose addresses are not bound: those made by it go too, the others leave it.",
    method: "DELETE",
    path: PATH,
    errors: ["NoSuchObject", "OperationDenied"],
  },
  GetEipGroupPrice: {
    summary: "What groups would cost.",
    method: "POST",
    path: "/v1/eipgroup/price",
    body: object({
      bandwidthInMbps: integer(1, 5000),
      count: optional(integer(1, 100), 1),
      ipNum: optional(integer(0, 256), 0),
      billing: BILLING,
    }),
    answer: object({
      prices: object({ purchasePrice: ANY_TEXT, configPrice: ANY_TEXT, netrafficPrice: optional(text()) }),
    }),
  },
});

/** Shared bandwidth, and which addresses share it. */
export const groups = part(OPERATIONS, (account) => {
  const all = eipGroupsOf(account);
  const { timings } = account;
  readyGroup(account);
  const viewOf = () => {
    const view = eipViews(account);
    const extra = packages(account);
    return (group: EipGroup) => {
      const members = eipsIn(account, group.id);
      const shown = (version: string) =>
        members
          .filter(({ ipVersion }) => ipVersion === version)
          .map((eip) => ({
            ...view(eip),
            nativeGroup: eip.nativeGroup,
            originalBandwidth: eip.nativeGroup ? null : eip.bandwidthInMbps,
            originProductType: eip.nativeGroup ? null : eip.paymentTiming.toLowerCase(),
            originSubProductType: eip.nativeGroup ? null : eip.billingMethod,
          }));
      return { ...group, ...extra(group.id), region: account.region, eips: shown("ipv4"), eipv6s: shown("ipv6") };
    };
  };

  return {
    CreateEipGroup({ body }) {
      const { bandwidthInMbps, eipCount, eipv6Count, tags } = body;
      const routeType = body.routeType || "BGP";
      const terms = termsOf(account, body.billing, ["ByBandwidth", "ByPeak95", "ByNetrafficMax"]);
      const least = routeType === "BGP_S" ? 100 : terms.paymentTiming === "Prepaid" ? 20 : 1;
      const most = routeType === "BGP_S" ? 5000 : terms.paymentTiming === "Prepaid" ? 500 : 5000;
      if (bandwidthInMbps < least || bandwidthInMbps > most)
        throw badRequest(`bandwidthInMbps: ${bandwidthInMbps} is out of range, expected ${least} to ${most}.`);
      roomInGroup(account, routeType, bandwidthInMbps, 0, eipCount + eipv6Count);
      const id = account.newId("eg");
      const group: EipGroup = {
        id,
        name: body.name || `eipgroup-${id.slice(3)}`,
        status: "creating",
        bandwidthInMbps,
        ...terms,
        createTime: account.time(),
        routeType,
        tags,
      };
      all.set(id, group);
      addToGroup(account, group, eipCount, eipv6Count);
      enterUpdating(account, id, "creating", timings.eipCreate);
      return { id };
    },
    ListEipGroups({ query }) {
      const chosen = all
        .all()
        .filter(
          (group) =>
            (!query.id || group.id === query.id) &&
            (!query.name || group.name === query.name) &&
            (!query.status || group.status === (query.status as EipStatus)),
        );
      return page(query, "eipgroups", chosen.map(viewOf()), ({ id }) => id);
    },
    GetEipGroup: ({ params }) => viewOf()(getGroup(account, params.groupId)),
    ResizeEipGroup({ params, body }) {
      const group = getGroup(account, params.groupId, "available");
      const { bandwidthInMbps, eipAddCount, eipv6AddCount, releaseIps } = body;
      const members = eipsIn(account, group.id).length;
      const added = eipAddCount + eipv6AddCount;
      const asked = [bandwidthInMbps > 0, added > 0, releaseIps.length > 0].filter(Boolean).length;
      if (asked !== 1) throw badRequest("expected one of bandwidthInMbps, eipAddCount or eipv6AddCount, releaseIps.");
      if (bandwidthInMbps > 0) {
        roomInGroup(account, group.routeType, bandwidthInMbps, members, 0);
        all.patch(group.id, { bandwidthInMbps });
        enterUpdating(account, group.id, "updating", timings.eipBind);
        account.changed();
      } else if (added > 0) {
        roomInGroup(account, group.routeType, group.bandwidthInMbps, members, added);
        addToGroup(account, group, eipAddCount, eipv6AddCount);
      } else releaseFromGroup(account, group.id, releaseIps);
      return {};
    },
    RenameEipGroup({ params, body }) {
      const { id, name } = getGroup(account, params.groupId);
      all.patch(id, { name: body.name || name });
      return {};
    },
    MoveEipIn: ({ params, body }) => moveIn(account, params.groupId, body.eips),
    MoveEipOut: ({ params, body }) => moveOut(account, params.groupId, body.moveOutEips),
    PurchaseReservedEipGroup({ params, body }) {
      const { id, paymentTiming, expireTime } = getGroup(account, params.groupId, "available");
      prepaidOnly(`group ${id}`, paymentTiming);
      all.patch(id, { expireTime: monthsAfter(expireTime ?? account.time(), monthsOf(body.billing)) });
      return {};
    },
    RefundEipGroup({ params }) {
      const group = getGroup(account, params.groupId, "available");
      prepaidOnly(`group ${group.id}`, group.paymentTiming);
      return deleteGroup(account, group);
    },
    DeleteEipGroup({ params }) {
      const group = getGroup(account, params.groupId, "available");
      if (group.paymentTiming === "Prepaid")
        throw denied(`group ${group.id} is prepaid: it cannot be released before its term ends.`);
      return deleteGroup(account, group);
    },
    GetEipGroupPrice: ({ body }) => ({ prices: priceOf(body.billing, body.bandwidthInMbps * body.count) }),
  };
});
