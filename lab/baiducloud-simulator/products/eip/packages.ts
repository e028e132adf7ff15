import { ANY_TEXT, NAME, PAGING, pageOf, TAGS } from "../../api/common.ts";
import { badRequest, denied, noSuchObject } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { page } from "../../api/paging.ts";
import { integer, list, object, oneOf, optional, text } from "../../api/schema.ts";
import { getEip } from "./binding.ts";
import { getGroup } from "./group-members.ts";
import { money } from "./prices.ts";
import { type BandwidthPackage, bandwidthPackagesOf, eipsOf } from "./records.ts";
import { eipsIn } from "./schemas.ts";

const PATH = "/v1/eipbp/{id}";
const TYPE = optional(oneOf("BandwidthPackage", "AccelerationPackage"));
const TIME = optional(text({ pattern: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, hint: "a time in UTC" }));
const MBPS = integer(1, 5000);
const PACKAGE = {
  name: text(),
  id: text(),
  bindType: oneOf("eip", "eipgroup"),
  bandwidthInMbps: integer(),
  instanceId: text(),
  eips: list(text()),
  createTime: text(),
  autoReleaseTime: ANY_TEXT,
  type: text(),
  region: text(),
  tags: TAGS,
};
const RELEASE = "bandwidthPackage.release";

const OPERATIONS = operations({
  CreateEipBp: {
    summary: "Gives an address or a group more bandwidth for a while.",
    method: "POST",
    path: "/v1/eipbp",
    body: object({
      name: NAME,
      eip: ANY_TEXT,
      eipGroupId: ANY_TEXT,
      bandwidthInMbps: MBPS,
      type: TYPE,
      autoReleaseTime: TIME,
      tags: TAGS,
      resourceGroupId: ANY_TEXT,
    }),
    answer: object({ id: text() }),
    errors: ["NoSuchObject", "OperationDenied"],
  },
  ListEipBp: {
    summary: "Lists bandwidth packages.",
    method: "GET",
    path: "/v1/eipbp",
    query: { ...PAGING, id: ANY_TEXT, name: ANY_TEXT, bindType: ANY_TEXT, type: ANY_TEXT },
    answer: pageOf("bpList", object(PACKAGE)),
  },
  GetEipBp: {
    summary: "One bandwidth package.",
    method: "GET",
    path: PATH,
    answer: object({ ...PACKAGE, instanceBandwidthInMbps: integer() }),
    errors: ["NoSuchObject"],
  },
  ResizeEipBp: {
    summary: "Changes its bandwidth.",
    method: "PUT",
    path: PATH,
    when: "resize",
    body: object({ bandwidthInMbps: MBPS }),
    errors: ["NoSuchObject"],
  },
  UpdateEipBpAutoReleaseTime: {
    summary: "Changes when it ends by itself.",
    method: "PUT",
    path: PATH,
    when: "retime",
    body: object({ autoReleaseTime: TIME }),
    errors: ["NoSuchObject"],
  },
  UpdateEipBpName: {
    summary: "Renames it.",
    method: "PUT",
    path: PATH,
    when: "rename",
    body: object({ name: NAME }),
    errors: ["NoSuchObject"],
  },
  DeleteEipBp: {
    summary: "Ends it.",
    method: "DELETE",
    path: PATH,
    errors: ["NoSuchObject"],
  },
  GetEipBpPrice: {
    summary: "What it would cost.",
    method: "POST",
    path: "/v1/eipbp/price",
    body: object({ bandwidthInMbps: MBPS, count: optional(integer(1, 100), 1), type: TYPE }),
    answer: object({ prices: object({ configPrice: text() }) }),
  },
});

/** Bandwidth packages: for an address or a group, one each. */
export const bandwidthPackages = part(OPERATIONS, (account) => {
  const all = bandwidthPackagesOf(account);
  const get = (id: string): BandwidthPackage => {
    const found = all.get(id);
    if (!found) throw noSuchObject(id);
    return found;
  };
  account.store.on(RELEASE, (id, { autoReleaseTime }) => {
    if (all.get(id)?.autoReleaseTime === autoReleaseTime) all.delete(id);
  });
  account.onGone((target) => {
    for (const one of all.all()) if (one.target === target) all.delete(one.id);
  });
  const until = (time: string | undefined): string => {
    if (time && Date.parse(time) <= account.clock.now()) throw badRequest(`autoReleaseTime: ${time} is past.`);
    return time ?? "";
  };
  const releaseAt = (id: string, autoReleaseTime: string): void => {
    if (autoReleaseTime === "") return;
    account.store.schedule(RELEASE, id, Date.parse(autoReleaseTime) - account.clock.now(), { autoReleaseTime });
  };
  const view = ({ target, ...one }: BandwidthPackage) => ({
    ...one,
    instanceId: one.bindType === "eip" ? (eipsOf(account).get(target)?.eipId ?? "") : target,
    eips: one.bindType === "eip" ? [target] : eipsIn(account, target).map(({ eip }) => eip),
    region: account.region,
  });

  return {
    CreateEipBp({ body }) {
      const { eip, eipGroupId, bandwidthInMbps, tags } = body;
      if (!eip === !eipGroupId) throw badRequest("expected one of eip, eipGroupId.");
      const bindType = eip ? "eip" : "eipgroup";
      const target = eip || eipGroupId || "";
      if (eip) {
        const { shareGroupId } = getEip(account, eip);
        if (shareGroupId !== "") throw denied(`EIP ${eip} is in ${shareGroupId}, whose bandwidth it shares.`);
      } else getGroup(account, target);
      const other = all.all().find((one) => one.target === target);
      if (other) throw denied(`${target} has the bandwidth package ${other.id} already.`);
      const autoReleaseTime = until(body.autoReleaseTime);
      const id = account.newId("bw");
      const name = body.name || `bw-${id.slice(3)}`;
      const type = body.type || "BandwidthPackage";
      const createTime = account.time();
      all.set(id, { id, name, type, bindType, target, bandwidthInMbps, createTime, autoReleaseTime, tags });
      releaseAt(id, autoReleaseTime);
      account.changed();
      return { id };
    },
    ListEipBp({ query }) {
      const fields = ["id", "name", "bindType", "type"] as const;
      const chosen = all.all().filter((one) => fields.every((field) => !query[field] || one[field] === query[field]));
      return page(query, "bpList", chosen.map(view), ({ id }) => id);
    },
    GetEipBp({ params }) {
      const one = get(params.id);
      const bearer = one.bindType === "eip" ? getEip(account, one.target) : getGroup(account, one.target);
      return { ...view(one), instanceBandwidthInMbps: bearer.bandwidthInMbps };
    },
    ResizeEipBp({ params, body }) {
      all.patch(get(params.id).id, { bandwidthInMbps: body.bandwidthInMbps });
      account.changed();
      return {};
    },
    UpdateEipBpAutoReleaseTime({ params, body }) {
      const { id } = get(params.id);
      const autoReleaseTime = until(body.autoReleaseTime);
      all.patch(id, { autoReleaseTime });
      releaseAt(id, autoReleaseTime);
      return {};
    },
    UpdateEipBpName({ params, body }) {
      const { id, name } = get(params.id);
      all.patch(id, { name: body.name || name });
      return {};
    },
    DeleteEipBp({ params }) {
      all.delete(get(params.id).id);
      account.changed();
      return {};
    },
    GetEipBpPrice: ({ body }) => ({ prices: { configPrice: money(body.bandwidthInMbps * body.count * 0.0006) } }),
  };
});
