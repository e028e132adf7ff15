import { TAG, TAGS } from "../../api/common.ts";
import { badRequest, denied, quotaExceeded } from "../../api/fault.ts";
import { operations, part } from "../../api/operation.ts";
import { anything, boolean, integer, list, object, oneOf, optional, text } from "../../api/schema.ts";
import { chartsOf } from "./charts.ts";
import { NUMBERED, numberedPage, numberedPageOf } from "./paging.ts";
import {
  blobsOf,
  getRegistry,
  type InstanceType,
  privateHost,
  projectsOf,
  publicHost,
  type RegistryInstance,
  registriesOf,
  repositoriesIn,
} from "./records.ts";

const TYPES = ["BASIC", "STANDARD", "ADVANCED"] as const;
/** No source has the numbers; these grow as the editions do. */
export const LIMITS: Readonly<Record<InstanceType, { repo: number; chart: number; namespace: number; vpc: number }>> = {
  BASIC: { repo: 1000, chart: 1000, namespace: 50, vpc: 2 },
  STANDARD: { repo: 3000, chart: 3000, namespace: 100, vpc: 5 },
  ADVANCED: { repo: 5000, chart: 5000, namespace: 200, vpc: 10 },
};
const PAYMENT = optional(list(object({ type: optional(text()), values: optional(list(text())) })));
const ANY = optional(anything());

const INSTANCE_FIELDS = {
  id: text(),
  name: text(),
  instanceType: oneOf(...TYPES),
  publicURL: optional(text()),
  privateURL: optional(text()),
  customDomains: list(text()),
  region: text(),
  status: text(),
  createTime: text(),
  expireTime: text(),
  tags: TAGS,
};
const COUNTS = { repo: integer(), chart: integer(), namespace: integer(), vpc: integer() };
const ID = "/v1/instances/{instanceId}";

const OPERATIONS = operations({
  ListInstances: {
    summary: "Lists the registries of the region, or of all.",
    method: "GET",
    path: "/v1/instances",
    query: {
      ...NUMBERED,
      keywordType: optional(oneOf("id", "name")),
      keyword: optional(text()),
      acrossregion: optional(boolean(), false),
    },
    answer: numberedPageOf("instances", object(INSTANCE_FIELDS)),
  },
  GetInstanceDetail: {
    summary: "One registry with what it holds and may hold.",
    method: "GET",
    path: ID,
    answer: object({
      info: object(INSTANCE_FIELDS),
      statistic: object({ ...COUNTS, storage: integer() }),
      quota: object(COUNTS),
      bucket: optional(text()),
      region: text(),
    }),
    errors: ["NoSuchObject"],
  },
  CreateInstance: {
    summary: "Orders a registry.",
    method: "POST",
    path: "/v1/instances",
    body: object({
      type: oneOf(...TYPES),
      name: text({ max: 256 }),
      bucket: optional(text(), ""),
      paymentTiming: oneOf("prepay"),
      billing: object({
        reservationTimeUnit: oneOf("MONTH", "YEAR"),
        reservationTime: integer(1, 9),
        autoRenew: optional(boolean(), false),
        autoRenewTimeUnit: optional(text()),
        autoRenewTime: optional(integer()),
      }),
      paymentMethod: PAYMENT,
      tags: TAGS,
    }),
    answer: object({ instanceID: text(), orderID: text() }),
    errors: ["QuotaLimitExceeded"],
    delay: "ccrCreate",
  },
  UpdateInstanceName: {
    summary: "Changes the name that people see.",
    method: "PUT",
    path: ID,
    body: object({ name: text({ max: 256 }) }),
    answer: object({
      id: text(),
      instanceType: text(),
      name: text(),
      status: text(),
      createTime: text(),
      region: text(),
      publicURL: optional(text()),
      expireTime: text(),
    }),
    errors: ["NoSuchObject", "OperationDenied"],
  },
  RenewInstance: {
    summary: "Prolongs registries.",
    method: "POST",
    path: "/v1/instances/renew",
    query: { orderType: optional(text()) },
    body: object({
      items: list(
        object({
          config: object({
            duration: integer(1, 36),
            instanceId: text(),
            serviceType: optional(text()),
            timeUnit: optional(text(), "MONTH"),
            unionExpireOrderFlag: ANY,
            uuid: optional(text()),
          }),
          paymentMethod: PAYMENT,
        }),
      ),
      paymentMethod: PAYMENT,
    }),
    answer: object({ orderId: text() }),
    errors: ["NoSuchObject"],
  },
  UpgradeInstance: {
    summary: "Orders a larger edition.",
    method: "PUT",
    path: `${ID}/upgrade`,
    body: object({ type: oneOf(...TYPES), paymentMethod: PAYMENT }),
    answer: object({ orderID: text() }),
    errors: ["NoSuchObject", "OperationDenied"],
    delay: "ccrCreate",
  },
  UpdateInstanceTags: {
    summary: "Replaces the tags.",
    method: "PUT",
    path: `${ID}/tags`,
    body: object({ tags: list(TAG) }),
    errors: ["NoSuchObject"],
  },
});

export const instances = part(OPERATIONS, (account) => {
  const all = registriesOf(account);
  const ready = (id: string): void => {
    if (all.get(id)) all.patch(id, { status: "Running" });
  };
  account.shared.on("ccr.ready", ready);
  account.shared.on("ccr.upgraded", (id, { type }) => {
    if (all.get(id)) all.patch(id, { status: "Running", instanceType: type as InstanceType });
  });
  const view = (one: RegistryInstance): Record<string, unknown> => {
    const { bucket: _, publicOpen: __, whitelist: ___, privateLinks, ...shown } = one;
    const privateURL = privateLinks.length > 0 ? privateHost(one) : "";
    return { ...shown, publicURL: publicHost(one), privateURL, customDomains: [] };
  };
  const later = (time: string, months: number): string => {
    const date = new Date(time);
    date.setUTCMonth(date.getUTCMonth() + months);
    return date.toISOString().replace(/\.\d+Z$/, "Z");
  };
  const monthsOf = (unit: string, count: number): number => (unit.toUpperCase() === "YEAR" ? 12 * count : count);
  const orderId = (): string => account.random.uuid().replaceAll("-", "");

  return {
    ListInstances({ query }) {
      const { keyword = "", keywordType = "name", acrossregion } = query;
      const found = all
        .all()
        .filter((one) => (acrossregion || one.region === account.region) && one[keywordType].includes(keyword));
      return numberedPage(query, "instances", found.map(view));
    },
    GetInstanceDetail({ params: { instanceId } }) {
      const one = getRegistry(account, instanceId, true);
      const blobs = blobsOf(account);
      const storage = blobs
        .ids()
        .filter((id) => id.startsWith(`${instanceId}/`))
        .reduce((sum, id) => sum + Buffer.from(blobs.get(id)?.base64 ?? "", "base64").length, 0);
      return {
        info: view(one),
        statistic: {
          repo: repositoriesIn(account, instanceId).length,
          chart: chartsOf(account)
            .all()
            .filter((chart) => chart.instanceId === instanceId).length,
          namespace: projectsOf(account)
            .all()
            .filter((project) => project.instanceId === instanceId).length,
          vpc: one.privateLinks.length,
          storage,
        },
        quota: LIMITS[one.instanceType],
        bucket: one.bucket,
        region: one.region,
      };
    },
    CreateInstance({ body }) {
      if (all.size >= account.quotas.ccrInstances) throw quotaExceeded("registry instances");
      const id = account.newId("ccr");
      const createTime = account.time();
      const { reservationTimeUnit, reservationTime } = body.billing;
      all.set(id, {
        id,
        name: body.name,
        instanceType: body.type,
        region: account.region,
        bucket: body.bucket,
        status: "Creating",
        createTime,
        expireTime: later(createTime, monthsOf(reservationTimeUnit, reservationTime)),
        tags: body.tags,
        publicOpen: false,
        whitelist: [],
        privateLinks: [],
      });
      account.shared.schedule("ccr.ready", id, account.timings.ccrCreate);
      return { instanceID: id, orderID: orderId() };
    },
    UpdateInstanceName({ params: { instanceId }, body }) {
      getRegistry(account, instanceId);
      const one = all.patch(instanceId, { name: body.name });
      const { privateURL: _, customDomains: __, tags: ___, ...shown } = view(one as RegistryInstance);
      return shown;
    },
    RenewInstance({ body }) {
      if (body.items.length === 0) throw badRequest("items: expected at least one.");
      const known = body.items.map(({ config }) => ({ config, one: getRegistry(account, config.instanceId, true) }));
      for (const { config, one } of known)
        all.patch(one.id, { expireTime: later(one.expireTime, monthsOf(config.timeUnit, config.duration)) });
      return { orderId: orderId() };
    },
    UpgradeInstance({ params: { instanceId }, body }) {
      const { instanceType } = getRegistry(account, instanceId);
      if (TYPES.indexOf(body.type) <= TYPES.indexOf(instanceType))
        throw denied(`instance ${instanceId} is ${instanceType}: expected a larger edition.`);
      all.patch(instanceId, { status: "Upgrading" });
      account.shared.schedule("ccr.upgraded", instanceId, account.timings.ccrCreate, { type: body.type });
      return { orderID: orderId() };
    },
    UpdateInstanceTags({ params: { instanceId }, body }) {
      getRegistry(account, instanceId, true);
      all.patch(instanceId, { tags: body.tags });
      return {};
    },
  };
});
