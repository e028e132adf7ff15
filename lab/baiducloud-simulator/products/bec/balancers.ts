import { TAGS } from "../../api/common.ts";
import { badRequest, denied } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { boolean, type InferFields, integer, list, object, oneOf, optional, text } from "../../api/schema.ts";
import { nextEdgeIp, releaseEdgeIp, takeEdgeIp } from "./addresses.ts";
import {
  type EdgeBlb,
  edgeBlbsOf,
  getBlb,
  LISTENER,
  LISTENER_VIEW,
  listenerOf,
  listenerView,
  readyBlb,
  sameListener,
} from "./balancer-model.ts";
import { limitExceeded } from "./faults.ts";
import { CARRIERS, carriersOf, LOCATION_VIEW, locationOf, PLACE } from "./locations.ts";
import { checkNetwork } from "./vm-model.ts";
import { DEPLOYMENTS } from "./vm-schemas.ts";
import { ACTION, each, listing, listingOf, OUTCOMES, PLACED_LISTING, writeOf, written } from "./wire.ts";

const BLB = "/v1/blb";
const TEXT = optional(text());
const NEW = {
  lbType: optional(oneOf("vm", "container"), "container"),
  paymentMethod: optional(oneOf("postpay", "prepay")),
  blbName: optional(text({ max: 65 })),
  needPublicIp: optional(boolean(), false),
  bandwidthInMbpsLimit: optional(integer(1, 20_000)),
  tags: TAGS,
  listeners: optional(list(LISTENER, 50), []),
};
const WHERE = {
  ...PLACE,
  subServiceProviders: CARRIERS,
  networkType: optional(oneOf("classic", "vpc")),
  vpcId: TEXT,
  subnetId: TEXT,
};
const VIEW = object({
  blbId: text(),
  blbName: text(),
  status: text(),
  lbType: text(),
  ...LOCATION_VIEW,
  publicIp: text(),
  cmPublicIP: text(),
  ctPublicIP: text(),
  unPublicIP: text(),
  internalIp: text(),
  ports: list(LISTENER_VIEW),
  podCount: integer(),
  bandwidthInMbpsLimit: integer(),
  createTime: text(),
});

const OPERATIONS = operations({
  CreateBlb: {
    summary: "Makes a load balancer at one place.",
    method: "POST",
    path: BLB,
    body: object({ ...NEW, ...WHERE }),
    answer: writeOf(VIEW),
    errors: ["ResourceNotFound", "OperationDenied", "LimitExceeded"],
    delay: "becCreate",
  },
  BatchCreateBlbs: {
    summary: "Makes load balancers alike, one at each place.",
    method: "POST",
    path: `${BLB}/batch/create`,
    body: object({ ...NEW, regionSelection: TEXT, deployInstances: DEPLOYMENTS }),
    answer: writeOf(list(VIEW)),
    errors: ["ResourceNotFound", "OperationDenied", "LimitExceeded"],
    delay: "becCreate",
  },
  BatchDeleteBlbs: {
    summary: "Deletes several load balancers. The body is a list of ids.",
    method: "POST",
    path: `${BLB}/batch/delete`,
    body: list(text(), 100),
    answer: OUTCOMES,
  },
  ListBlbs: {
    summary: "Lists the load balancers of a type; without one, those for containers.",
    method: "GET",
    path: BLB,
    query: { ...PLACED_LISTING, lbType: optional(oneOf("vm", "container"), "container") },
    answer: listingOf(VIEW),
  },
  GetBlb: {
    summary: "One load balancer.",
    method: "GET",
    path: `${BLB}/{blbId}`,
    answer: VIEW,
    errors: ["ResourceNotFound"],
  },
  UpdateBlb: {
    summary: "Renames a load balancer (blbName) or changes its bandwidth (bandwidth).",
    method: "PUT",
    path: `${BLB}/{blbId}`,
    body: object({
      type: oneOf("bandwidth", "blbName"),
      blbName: optional(text({ max: 65 })),
      bandwidthInMbpsLimit: optional(integer(1, 20_000)),
    }),
    answer: writeOf(VIEW),
    errors: ["ResourceNotFound", "OperationDenied"],
  },
  DeleteBlb: {
    summary: "Deletes a load balancer.",
    method: "DELETE",
    path: `${BLB}/{blbId}`,
    answer: ACTION,
    errors: ["ResourceNotFound"],
  },
});

export const balancers = part(OPERATIONS, (account) => {
  const blbs = edgeBlbsOf(account);
  account.shared.on("bec.blb", (id, { from }) => {
    if (blbs.get(id)?.status === from) blbs.patch(id, { status: "RUNNING" });
  });
  account.onGone((name) => {
    for (const { blbId, backends } of blbs.all())
      if (backends.some((one) => one.name === name))
        blbs.patch(blbId, { backends: backends.filter((one) => one.name !== name) });
  });
  /** Those of three carriers have an address of each and none of their own. */
  const view = (blb: EdgeBlb) => {
    const { blbId, blbName, status, lbType, region, city, serviceProvider, regionId, publicIps } = blb;
    const triple = serviceProvider === "TRIPLE_LINE";
    const ipOf = (carrier: string) => (triple && publicIps.find((one) => one.serviceProvider === carrier)?.ip) || "";
    return {
      blbId,
      blbName,
      status,
      lbType,
      region,
      city,
      serviceProvider,
      regionId,
      publicIp: triple ? "" : (publicIps[0]?.ip ?? ""),
      cmPublicIP: ipOf("CHINA_MOBILE"),
      ctPublicIP: ipOf("CHINA_TELECOM"),
      unPublicIP: ipOf("CHINA_UNICOM"),
      internalIp: blb.internalIp,
      ports: blb.listeners.map(listenerView),
      podCount: blb.backends.length,
      bandwidthInMbpsLimit: blb.bandwidthInMbpsLimit,
      createTime: blb.createTime,
    };
  };
  const check = (body: InferFields<typeof NEW>, where: InferFields<typeof WHERE>): void => {
    const { regionId } = locationOf(where);
    if (body.needPublicIp && body.bandwidthInMbpsLimit === undefined)
      throw badRequest("bandwidthInMbpsLimit is required with needPublicIp.");
    if (where.networkType === "vpc") checkNetwork(account, regionId, where.vpcId ?? "", where.subnetId ?? "");
    if (body.listeners.length > account.quotas.listenersPerBlb) throw limitExceeded("listeners");
    const twice = body.listeners.find((one, index) =>
      body.listeners.slice(0, index).some((other) => sameListener(one, other)),
    );
    if (twice) throw denied(`port ${twice.port} is used twice.`);
  };
  const add = (body: InferFields<typeof NEW>, where: InferFields<typeof WHERE>): EdgeBlb => {
    const location = locationOf(where);
    const blbId = account.newId("lb");
    const subnetId = where.networkType === "vpc" ? (where.subnetId ?? "") : "";
    const carriers = body.needPublicIp ? carriersOf(location, where.subServiceProviders) : [];
    const blb: EdgeBlb = {
      ...location,
      blbId,
      blbName: body.blbName || blbId,
      status: "CREATING",
      lbType: body.lbType || "container",
      publicIps: carriers.map((serviceProvider) => ({ serviceProvider, ip: nextEdgeIp(account), ipv6: "" })),
      internalIp: takeEdgeIp(account, subnetId, blbId),
      subnetId,
      listeners: body.listeners.map((listener) => listenerOf(listener)),
      backends: [],
      bandwidthInMbpsLimit: body.bandwidthInMbpsLimit ?? 0,
      createTime: account.time(),
      tags: body.tags,
    };
    blbs.set(blbId, blb);
    account.shared.schedule("bec.blb", blbId, account.timings.becCreate, { from: "CREATING" });
    return blb;
  };
  const checkQuota = (more: number): void => {
    if (blbs.size + more > account.quotas.blbs) throw limitExceeded("load balancers");
  };
  const remove = (id: string): void => {
    const { subnetId, internalIp } = getBlb(account, id);
    releaseEdgeIp(account, subnetId, internalIp);
    blbs.delete(id);
  };
  return {
    CreateBlb({ body }) {
      check(body, body);
      checkQuota(1);
      return written("CreateBlb", view(add(body, body)));
    },
    BatchCreateBlbs({ body }) {
      const places = body.deployInstances ?? [];
      if (places.length === 0) throw badRequest("deployInstances: expected at least one.");
      for (const place of places) check(body, place);
      checkQuota(places.length);
      return written(
        "BatchCreateBlb",
        places.map((place) => view(add(body, place))),
      );
    },
    BatchDeleteBlbs: ({ body }) => each("BatchDeleteBlb", body, remove),
    ListBlbs: ({ query }) =>
      listing(
        query,
        blbs
          .all()
          .filter(({ lbType }) => lbType === query.lbType)
          .map(view),
      ),
    GetBlb: ({ params }) => view(getBlb(account, params.blbId)),
    UpdateBlb({ params: { blbId }, body }) {
      readyBlb(account, blbId);
      const { type, blbName, bandwidthInMbpsLimit } = body;
      if (type === "blbName" ? !blbName : bandwidthInMbpsLimit === undefined)
        throw badRequest(`${type === "blbName" ? type : "bandwidthInMbpsLimit"} is required.`);
      blbs.patch(blbId, {
        ...(type === "blbName" && blbName ? { blbName } : {}),
        ...(type === "bandwidth" && bandwidthInMbpsLimit ? { bandwidthInMbpsLimit } : {}),
      });
      return written("UpdateBlb", view(getBlb(account, blbId)));
    },
    DeleteBlb({ params }) {
      remove(params.blbId);
      return written("DeleteBlb");
    },
  };
});
