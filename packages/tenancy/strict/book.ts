import { CONFIG_MAPS, type ConfigMap, hasCode, type KubeClient } from "@ccm/kube";
import { TENANT_LABEL } from "../names.ts";
import { type Amounts, addAmounts, formatQuantity, parseAmounts } from "../quantity.ts";
import type { CountedKind } from "./amounts.ts";

/** Something that was let in and that the count may not have yet. */
export interface Pending {
  readonly uid: string;
  readonly kind: CountedKind;
  readonly namespace: string;
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** What it uses more than before. */
  readonly more: Amounts;
  /** What it uses then. */
  readonly total: Amounts;
}

export interface Page {
  /** What was counted, and of what is pending, nothing. */
  readonly used: Amounts;
  readonly pending: readonly Pending[];
}

export type Verdict =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly message: string; readonly retry: boolean };

/**
 * What a tenant uses, in a ConfigMap of the operator's namespace: every replica of the webhook writes into the same one, each
 * write on the version it has read, so that two that are let in at once both count.
 */
export interface QuotaBook {
  /** Lets in what fits into `hard`. With `dryRun`, only says whether it would. */
  reserve(tenant: string, hard: Amounts, wanted: Pending, dryRun: boolean, signal: AbortSignal): Promise<Verdict>;
  /** Writes what `count` makes of the page as it is. Undefined: there is no page yet. Only the leader counts. */
  settle(tenant: string, count: (page: Page | undefined) => Page, signal: AbortSignal): Promise<void>;
  remove(tenant: string, signal: AbortSignal): Promise<void>;
}

/** Of many who write at once, each round lets one through. */
const ATTEMPTS = 200;

export function createQuotaBook(client: KubeClient, namespace: string): QuotaBook {
  const read = async (tenant: string, signal: AbortSignal): Promise<ConfigMap | undefined> => {
    try {
      return await client.get(CONFIG_MAPS, { namespace, name: pageName(tenant) }, { signal });
    } catch (error) {
      if (hasCode(error, "not_found")) return undefined;
      throw error;
    }
  };
  /** False when somebody was faster. */
  const write = async (
    tenant: string,
    before: ConfigMap | undefined,
    page: Page,
    signal: AbortSignal,
  ): Promise<boolean> => {
    const data = { page: pageText(page) };
    if (before?.data?.page === data.page) return true;
    try {
      if (before) await client.update(CONFIG_MAPS, { ...before, data }, { signal });
      else {
        const metadata = { name: pageName(tenant), namespace, labels: { [TENANT_LABEL]: tenant } };
        await client.create(CONFIG_MAPS, { metadata, data }, { signal });
      }
      return true;
    } catch (error) {
      if (hasCode(error, "conflict", "already_exists")) return false;
      throw error;
    }
  };

  return {
    async reserve(tenant, hard, wanted, dryRun, signal) {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const map = await read(tenant, signal);
        const page = readPage(map);
        if (!page)
          return {
            allowed: false,
            retry: true,
            message: `what tenant ${tenant} uses is not counted yet: try again in a moment`,
          };
        const before = page.pending.map(({ more }) => more).reduce(addAmounts, page.used);
        const over = exceeded(hard, before, wanted.more);
        if (over)
          return {
            allowed: false,
            retry: false,
            message: `quota of tenant ${tenant} over all its namespaces: ${over}`,
          };
        if (dryRun) return { allowed: true };
        if (await write(tenant, map, { ...page, pending: [...page.pending, wanted] }, signal)) return { allowed: true };
      }
      return {
        allowed: false,
        retry: true,
        message: `too many are asking for quota of tenant ${tenant} at once: try again`,
      };
    },
    async settle(tenant, count, signal) {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const map = await read(tenant, signal);
        if (await write(tenant, map, count(readPage(map)), signal)) return;
      }
      throw new Error(`the quota of tenant ${tenant} could not be counted: others write all the time`);
    },
    async remove(tenant, signal) {
      try {
        await client.delete(CONFIG_MAPS, { namespace, name: pageName(tenant) }, { signal });
      } catch (error) {
        if (!hasCode(error, "not_found")) throw error;
      }
    },
  };
}

function pageName(tenant: string): string {
  return `tenant-quota-${tenant}`;
}

/** "pods: used 9, wanted 2, limit 10" */
function exceeded(hard: Amounts, used: Amounts, more: Amounts): string {
  return Object.entries(more)
    .flatMap(([item, wanted]) => {
      const limit = hard[item];
      const now = used[item] ?? 0n;
      if (limit === undefined || wanted <= 0n || now + wanted <= limit) return [];
      const like = /memory|storage/.test(item) ? "Gi" : "";
      const text = (value: bigint) => formatQuantity(value, like);
      return [`${item}: used ${text(now)}, wanted ${text(wanted)}, limit ${text(limit)}`];
    })
    .join("; ");
}

/** Amounts as quantities of billionths: exact, and readable. */
function pageText({ used, pending }: Page): string {
  const texts = (amounts: Amounts) =>
    Object.fromEntries(
      Object.entries(amounts)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([item, value]) => [item, formatQuantity(value)]),
    );
  return JSON.stringify({
    used: texts(used),
    pending: pending.map((one) => ({ ...one, more: texts(one.more), total: texts(one.total) })),
  });
}

function readPage(map: ConfigMap | undefined): Page | undefined {
  if (!map?.data?.page) return undefined;
  type Texts = Readonly<Record<string, string>>;
  type Raw = Omit<Pending, "more" | "total"> & { readonly more: Texts; readonly total: Texts };
  const { used, pending } = JSON.parse(map.data.page) as { readonly used: Texts; readonly pending: readonly Raw[] };
  return {
    used: parseAmounts(used),
    pending: pending.map((one) => ({ ...one, more: parseAmounts(one.more), total: parseAmounts(one.total) })),
  };
}
