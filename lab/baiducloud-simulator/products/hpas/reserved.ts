import type { Account } from "../../account.ts";
import { ANY_TEXT, TAGS, type Tag } from "../../api/common.ts";
import { badRequest, noSuchObject } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { page } from "../../api/paging.ts";
import { boolean, integer, list, object, optional, text } from "../../api/schema.ts";
import { monthsAfter } from "../eip/terms.ts";
import { BILLING_MODEL } from "./lifecycle.ts";
import { HPAS_SPECS } from "./specs.ts";

/** A right to a machine for a while, bought ahead. */
interface ReservedHpas {
  readonly reservedHpasId: string;
  readonly name: string;
  readonly zoneName: string;
  readonly appType: string;
  readonly appPerformanceLevel: string;
  readonly reservedHpasPeriod: number;
  readonly createTime: string;
  readonly expireTime: string;
  readonly ehcClusterId: string;
  readonly tags: readonly Tag[];
}

const reservedOf = ({ store }: Pick<Account, "store">) => store.table<ReservedHpas>("reservedHpas");

const TEXT = optional(text());
const RESERVED = object({
  reservedHpasId: text(),
  name: ANY_TEXT,
  zoneName: text(),
  appType: text(),
  offeringType: text(),
  status: text(),
  reservedHpasPeriod: integer(),
  appPerformanceLevel: text(),
  createTime: text(),
  expireTime: text(),
  tags: TAGS,
  hpasId: ANY_TEXT,
  hpasName: ANY_TEXT,
  deductInstance: boolean(),
  ehcClusterId: ANY_TEXT,
  ehcClusterName: ANY_TEXT,
});
const FILTERS = {
  reservedHpasIds: optional(list(text(), 100)),
  name: TEXT,
  zoneName: TEXT,
  reservedHpasStatus: TEXT,
  appType: TEXT,
};
const POST = { method: "POST", path: "/" } as const;

const OPERATIONS = operations({
  CreateReservedInstances: {
    ...POST,
    summary: "Reserves machines for a term.",
    when: "action=CreateReservedInstances",
    body: object({
      name: optional(text(), ""),
      zoneName: text(),
      appType: text(),
      appPerformanceLevel: TEXT,
      billingModel: optional(BILLING_MODEL),
      purchaseNum: optional(integer(1, 100), 1),
      ehcClusterId: optional(text(), ""),
      tags: TAGS,
    }),
    answer: object({ orderId: text(), reservedHpasIds: list(text()) }),
  },
  DescribeReservedInstances: {
    ...POST,
    summary: "Lists reservations, paged by number.",
    when: "action=DescribeReservedInstances",
    clientToken: false,
    body: object({ ...FILTERS, pageNo: optional(integer(0), 1), pageSize: optional(integer(0, 1000), 100) }),
    answer: object({
      orderBy: ANY_TEXT,
      order: ANY_TEXT,
      pageNo: integer(),
      pageSize: integer(),
      totalCount: integer(),
      reservedHpasList: list(RESERVED),
    }),
  },
  DescribeHPASReservedInstances: {
    ...POST,
    summary: "Lists reservations; the marker is in the body.",
    when: "action=DescribeHPASReservedInstances",
    clientToken: false,
    body: object({ ...FILTERS, hpasId: TEXT, marker: TEXT, maxKeys: optional(integer(0, 1000)) }),
    answer: object({
      marker: ANY_TEXT,
      isTruncated: boolean(),
      nextMarker: TEXT,
      maxKeys: integer(),
      reservedHpasList: list(RESERVED),
    }),
  },
  ModifyReservedInstancesName: {
    ...POST,
    summary: "Renames reservations.",
    method: "PUT",
    when: "action=ModifyReservedInstancesName",
    body: object({ reservedInstanceIds: list(text(), 100), name: text() }),
    answer: object({ requestId: ANY_TEXT }),
    errors: ["NoSuchObject"],
  },
  ModifyReservedInstances: {
    ...POST,
    summary: "Moves reservations to another zone or cluster.",
    when: "action=ModifyReservedInstances",
    body: object({
      reservedInstances: list(object({ reservedInstanceId: text(), zoneName: TEXT, ehcClusterId: TEXT })),
    }),
    answer: object({ modifyReservedInstanceOrders: list(object({ reservedInstanceId: text(), orderId: text() })) }),
    errors: ["NoSuchObject"],
  },
});

/** Reservations. They are kept; nothing is deducted from them. */
export const reserved = part(OPERATIONS, (account) => {
  const all = reservedOf(account);
  const get = (id: string): ReservedHpas => {
    const found = all.get(id);
    if (!found) throw noSuchObject(id);
    return found;
  };
  const view = (one: ReservedHpas) => ({
    ...one,
    offeringType: "FullyPrepay",
    status: Date.parse(one.expireTime) > account.clock.now() ? "Active" : "Expired",
    hpasId: "",
    hpasName: "",
    deductInstance: false,
    ehcClusterName: "",
  });
  const chosen = (wanted: {
    readonly reservedHpasIds: readonly string[] | undefined;
    readonly name: string | undefined;
    readonly zoneName: string | undefined;
    readonly reservedHpasStatus: string | undefined;
    readonly appType: string | undefined;
  }) => {
    const is = (value: string, given: string | undefined) => !given || given === value;
    return all
      .all()
      .map(view)
      .filter(
        (one) =>
          (!wanted.reservedHpasIds?.length || wanted.reservedHpasIds.includes(one.reservedHpasId)) &&
          is(one.name, wanted.name) &&
          is(one.zoneName, wanted.zoneName) &&
          is(one.status, wanted.reservedHpasStatus) &&
          is(one.appType, wanted.appType),
      );
  };
  const orderId = () => account.random.uuid().replaceAll("-", "");

  return {
    CreateReservedInstances({ body: { purchaseNum, billingModel, appPerformanceLevel, ...body } }) {
      const spec = HPAS_SPECS.find(({ appType }) => appType === body.appType);
      if (!spec || (appPerformanceLevel && appPerformanceLevel !== spec.appPerformanceLevel))
        throw badRequest(`appType: there is no ${body.appType} of level ${appPerformanceLevel}.`);
      const months = (billingModel?.period || 1) * (/^year$/i.test(billingModel?.periodUnit ?? "") ? 12 : 1);
      const createTime = account.time();
      const reservedHpasIds = Array.from({ length: purchaseNum }, () => {
        const reservedHpasId = account.newId("rhpas");
        all.set(reservedHpasId, {
          ...body,
          reservedHpasId,
          appPerformanceLevel: spec.appPerformanceLevel,
          reservedHpasPeriod: months,
          createTime,
          expireTime: monthsAfter(createTime, months),
        });
        return reservedHpasId;
      });
      return { orderId: orderId(), reservedHpasIds };
    },
    DescribeReservedInstances({ body }) {
      const [pageNo, pageSize] = [body.pageNo || 1, body.pageSize || 100];
      const found = chosen(body);
      const shown = found.slice((pageNo - 1) * pageSize, pageNo * pageSize);
      const order = { orderBy: "createTime", order: "desc" };
      return { ...order, pageNo, pageSize, totalCount: found.length, reservedHpasList: shown };
    },
    DescribeHPASReservedInstances({ body }) {
      const paging = { marker: body.marker, maxKeys: body.maxKeys || undefined };
      return page(paging, "reservedHpasList", chosen(body), ({ reservedHpasId }) => reservedHpasId);
    },
    ModifyReservedInstancesName({ body }) {
      const found = body.reservedInstanceIds.map(get);
      for (const { reservedHpasId } of found) all.patch(reservedHpasId, { name: body.name });
      return { requestId: account.random.uuid() };
    },
    ModifyReservedInstances({ body }) {
      const found = body.reservedInstances.map((one) => [one, get(one.reservedInstanceId)] as const);
      const orders = found.map(([wanted, before]) => {
        all.patch(before.reservedHpasId, {
          zoneName: wanted.zoneName || before.zoneName,
          ehcClusterId: wanted.ehcClusterId ?? before.ehcClusterId,
        });
        return { reservedInstanceId: before.reservedHpasId, orderId: orderId() };
      });
      return { modifyReservedInstanceOrders: orders };
    },
  };
});
