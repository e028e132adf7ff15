import { ANY_TEXT, PAGING, pageOf } from "../../api/common.ts";
import { badRequest, noSuchObject } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { page } from "../../api/paging.ts";
import { integer, object, optional, text } from "../../api/schema.ts";
import { money } from "./prices.ts";
import { type TrafficPackage, trafficPackagesOf } from "./records.ts";
import { monthsAfter } from "./terms.ts";

const SPEC = {
  reservationLength: integer(),
  capacity: text({ pattern: /^\d+[GT]$/, hint: "such as 10G or 1T" }),
  deductPolicy: ANY_TEXT,
  packageType: ANY_TEXT,
};
const PACKAGE = object({
  id: text(),
  deductPolicy: text(),
  packageType: text(),
  status: text({ oneOf: ["RUNNING", "EXPIRED", "USED_UP"] }),
  capacity: text(),
  usedCapacity: text(),
  activeTime: text(),
  expireTime: text(),
  createTime: text(),
});

const OPERATIONS = operations({
  CreateEipTp: {
    summary: "Buys traffic ahead.",
    method: "POST",
    path: "/v1/eiptp",
    body: object(SPEC),
    answer: object({ id: text() }),
  },
  ListEipTp: {
    summary: "Lists traffic packages.",
    method: "GET",
    path: "/v1/eiptp",
    query: { ...PAGING, id: ANY_TEXT, deductPolicy: ANY_TEXT, status: ANY_TEXT },
    answer: pageOf("packageList", PACKAGE),
  },
  GetEipTp: {
    summary: "One traffic package.",
    method: "GET",
    path: "/v1/eiptp/{id}",
    answer: PACKAGE,
    errors: ["NoSuchObject"],
  },
  GetEipTpPrice: {
    summary: "What it would cost.",
    method: "POST",
    path: "/v1/eiptp/price",
    body: object(SPEC),
    answer: object({ price: optional(text()) }),
  },
});

/** Traffic packages. Nothing is taken from them: the simulator does not count public traffic. */
export const trafficPackages = part(OPERATIONS, (account) => {
  const all = trafficPackagesOf(account);
  const monthsOf = (length: number): number => {
    if (length !== 1 && length !== 6 && length !== 12)
      throw badRequest(`reservationLength: ${length} is not for sale: expected 1, 6 or 12.`);
    return length;
  };
  const view = (one: TrafficPackage) => ({
    ...one,
    status: Date.parse(one.expireTime) <= account.clock.now() ? "EXPIRED" : "RUNNING",
    usedCapacity: "0G",
    activeTime: one.createTime,
  });
  return {
    CreateEipTp({ body }) {
      const months = monthsOf(body.reservationLength);
      const id = `tp-${account.newId("x").slice(2)}`;
      const createTime = account.time();
      all.set(id, {
        id,
        deductPolicy: body.deductPolicy || "FullTimeDurationPackage",
        packageType: body.packageType || "WebOutBytes",
        capacity: body.capacity,
        createTime,
        expireTime: monthsAfter(createTime, months),
      });
      return { id };
    },
    ListEipTp({ query }) {
      const fields = ["id", "deductPolicy", "status"] as const;
      const chosen = all
        .all()
        .map(view)
        .filter((one) => fields.every((field) => !query[field] || one[field] === query[field]));
      return page(query, "packageList", chosen, ({ id }) => id);
    },
    GetEipTp({ params }) {
      const found = all.get(params.id);
      if (!found) throw noSuchObject(params.id);
      return view(found);
    },
    GetEipTpPrice({ body }) {
      const gigabytes = Number.parseInt(body.capacity, 10) * (body.capacity.endsWith("T") ? 1024 : 1);
      return { price: money(gigabytes * 0.7 * monthsOf(body.reservationLength)) };
    },
  };
});
