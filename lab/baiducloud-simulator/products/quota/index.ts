import type { Account, Quotas } from "../../account.ts";
import { ANY_TEXT, PAGING, pageOf } from "../../api/common.ts";
import { badRequest, denied, noSuchObject } from "../../api/fault.ts";
import { operations, type Product, part } from "../../api/operation.ts";
import { page } from "../../api/paging.ts";
import { boolean, list, object, optional, text } from "../../api/schema.ts";
import { LIMITS, type Limit, productOf } from "./limits.ts";

const PATH = "/v1/quota_center";
const WHICH = { productType: text(), serviceType: text(), type: text(), region: text(), name: text() };
const REQUEST = object({
  id: text(),
  ...WHICH,
  value: text(),
  reason: ANY_TEXT,
  status: text({ oneOf: ["PENDING", "APPROVED"] }),
  conclusion: ANY_TEXT,
  createTime: text(),
  effectTime: ANY_TEXT,
  approveTime: ANY_TEXT,
});

const OPERATIONS = operations({
  ListQuotas: {
    summary: "Quotas and how much of them is used.",
    method: "GET",
    path: PATH,
    query: { ...PAGING, type: ANY_TEXT, serviceType: ANY_TEXT, region: ANY_TEXT, name: ANY_TEXT },
    answer: pageOf("result", object({ ...WHICH, description: text(), value: text(), used: text() })),
  },
  ListQuotaProducts: {
    summary: "The products that have quotas.",
    method: "GET",
    path: `${PATH}/info/product`,
    query: { ...PAGING, productType: ANY_TEXT },
    answer: pageOf("result", object({ productType: text(), serviceType: text() })),
  },
  ListQuotaInfo: {
    summary: "What quotas there are, and whether they can be raised.",
    method: "GET",
    path: `${PATH}/info`,
    query: { ...PAGING, serviceType: ANY_TEXT, region: ANY_TEXT },
    answer: pageOf("result", object({ ...WHICH, description: text(), apply: boolean() })),
  },
  ListQuotaRegions: {
    summary: "The regions that a service has quotas in.",
    method: "GET",
    path: `${PATH}/info/region`,
    query: { productType: ANY_TEXT, serviceType: ANY_TEXT, type: ANY_TEXT },
    answer: object({ regions: list(text()) }),
  },
  ApplyQuota: {
    summary: "Asks for more; it is approved after a while.",
    method: "POST",
    path: `${PATH}/apply`,
    body: object({ ...WHICH, value: text({ pattern: /^\d{1,9}$/, hint: "a number" }), reason: optional(text(), "") }),
    answer: object({ id: text() }),
    errors: ["NoSuchObject", "OperationDenied"],
  },
  ListQuotaApplications: {
    summary: "What was asked for.",
    method: "GET",
    path: `${PATH}/apply`,
    query: {
      ...PAGING,
      id: ANY_TEXT,
      name: ANY_TEXT,
      status: ANY_TEXT,
      productType: ANY_TEXT,
      serviceType: ANY_TEXT,
      type: ANY_TEXT,
      region: ANY_TEXT,
    },
    answer: pageOf("result", REQUEST),
  },
  GetQuotaApplication: {
    summary: "One request for more.",
    method: "GET",
    path: "/v1/quota_center/apply/{id}",
    answer: REQUEST,
    errors: ["NoSuchObject"],
  },
});

interface Request {
  readonly id: string;
  readonly productType: string;
  readonly serviceType: string;
  readonly type: string;
  readonly region: string;
  readonly name: string;
  readonly value: string;
  readonly reason: string;
  readonly status: "PENDING" | "APPROVED";
  readonly conclusion: string;
  readonly createTime: string;
  readonly effectTime: string;
  readonly approveTime: string;
}

const TYPE = "QUOTA";
/** People look at a request for days; here a moment. */
const REVIEW_MS = 5000;
const APPROVED = "quota.approved";

/** The quota centre. It has no region of its own: the quotas are those of the region that is named. */
const centre = part(OPERATIONS, (account) => {
  const all = account.store.table<Request>("quotaRequests");
  const raise = ({ name, serviceType, value }: Request) => {
    const limit = LIMITS.find((one) => one.name === name && one.serviceType === serviceType);
    // The one place where the quotas of an account change: the record is this account's own.
    if (limit) (account.quotas as { -readonly [K in keyof Quotas]: number })[limit.quota] = Number(value);
  };
  for (const request of all.all()) if (request.status === "APPROVED") raise(request);
  account.store.on(APPROVED, (id) => {
    const time = account.time();
    const approved = { status: "APPROVED", conclusion: "approved", effectTime: time, approveTime: time } as const;
    const request = all.patch(id, approved);
    if (request) raise(request);
  });
  /** Of the region that is named; none elsewhere. */
  const limits = (query: { readonly region?: string | undefined; readonly serviceType?: string | undefined }) =>
    (query.region || account.region) === account.region
      ? LIMITS.filter(({ serviceType }) => !query.serviceType || serviceType === query.serviceType)
      : [];

  return {
    ListQuotas({ query }) {
      const entries = limits(query)
        .filter(({ name }) => (!query.name || name === query.name) && (!query.type || query.type === TYPE))
        .map((limit) => ({
          ...whichOf(account, limit),
          description: limit.description,
          value: String(account.quotas[limit.quota]),
          used: String(limit.used?.(account) ?? 0),
        }));
      return page(query, "result", entries, ({ name }) => name);
    },
    ListQuotaProducts({ query }) {
      const services = [...new Set(LIMITS.map(({ serviceType }) => serviceType))];
      const entries = services
        .map((serviceType) => ({ productType: productOf(serviceType), serviceType }))
        .filter(({ productType }) => !query.productType || productType === query.productType);
      return page(query, "result", entries, ({ serviceType }) => serviceType);
    },
    ListQuotaInfo({ query }) {
      const entries = limits(query).map((limit) => ({
        ...whichOf(account, limit),
        description: limit.description,
        apply: limit.apply,
      }));
      return page(query, "result", entries, ({ name }) => name);
    },
    ListQuotaRegions({ query }) {
      const has = LIMITS.some(
        ({ serviceType }) =>
          (!query.serviceType || serviceType === query.serviceType) &&
          (!query.productType || productOf(serviceType) === query.productType),
      );
      return { regions: has && (!query.type || query.type === TYPE) ? [account.region] : [] };
    },
    ApplyQuota({ body }) {
      if (body.region !== account.region) throw badRequest(`region: expected ${account.region}.`);
      const limit = LIMITS.find(({ name, serviceType }) => name === body.name && serviceType === body.serviceType);
      if (!limit || body.type !== TYPE || body.productType !== productOf(limit.serviceType))
        throw noSuchObject(`quota ${body.serviceType} ${body.name}`);
      if (!limit.apply) throw denied(`the quota ${limit.name} cannot be raised.`);
      if (Number(body.value) <= account.quotas[limit.quota])
        throw badRequest(`value: expected more than ${account.quotas[limit.quota]}.`);
      if (all.all().some(({ name, status }) => name === limit.name && status === "PENDING"))
        throw denied(`a request for ${limit.name} is being looked at.`);
      const id = account.newId("apply");
      const later = { conclusion: "", effectTime: "", approveTime: "" };
      all.set(id, { ...body, id, status: "PENDING", createTime: account.time(), ...later });
      account.store.schedule(APPROVED, id, REVIEW_MS);
      return { id };
    },
    ListQuotaApplications({ query }) {
      const fields = ["id", "name", "status", "productType", "serviceType", "type", "region"] as const;
      const chosen = all.all().filter((one) => fields.every((field) => !query[field] || one[field] === query[field]));
      return page(query, "result", chosen, ({ id }) => id);
    },
    GetQuotaApplication({ params }) {
      const found = all.get(params.id);
      if (!found) throw noSuchObject(params.id);
      return found;
    },
  };
});

function whichOf({ region }: Account, { serviceType, name }: Limit) {
  return { productType: productOf(serviceType), serviceType, type: TYPE, region, name };
}

export const QUOTA: Product = { name: "quota-center", title: "Quota centre", hosts: ["quota-center"], parts: [centre] };
