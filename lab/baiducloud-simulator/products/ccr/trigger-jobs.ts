import type { Account } from "../../account.ts";

export interface Filter {
  readonly type: string;
  readonly value: string;
}

export interface TriggerPolicy {
  readonly id: number;
  readonly instanceId: string;
  readonly name: string;
  readonly description: string;
  readonly enabled: boolean;
  readonly eventTypes: readonly string[];
  readonly filters: readonly Filter[];
  readonly targets: readonly { readonly address: string; readonly headers?: Readonly<Record<string, string>> }[];
  readonly creationTime: string;
  readonly updateTime: string;
}

export interface TriggerJob {
  readonly id: number;
  readonly policyId: number;
  readonly eventType: string;
  readonly images: readonly string[];
  readonly notifyType: string;
  readonly operator: string;
  readonly status: string;
  readonly creationTime: string;
  readonly updateTime: string;
}

type Has = Pick<Account, "shared">;

/** By "<instance>/<id>". */
export const triggersOf = ({ shared }: Has) => shared.table<TriggerPolicy>("ccrTriggers");
export const triggerJobsOf = ({ shared }: Has) => shared.table<TriggerJob>("ccrTriggerJobs");

/** Filters of one policy must all fit; `*` stands for anything. What they say of other things is ignored. */
export function filtersFit(filters: readonly Filter[], repository: string, tag?: string): boolean {
  const slash = repository.indexOf("/");
  return filters.every(({ type, value }) => {
    if (type.startsWith("project")) return fits(value, repository.slice(0, slash));
    if (type.startsWith("repository") || type === "name")
      return fits(value, repository) || fits(value, repository.slice(slash + 1));
    if (type.startsWith("tag")) return tag === undefined || fits(value, tag);
    return true;
  });
}

export function fits(pattern: string, text: string): boolean {
  const parts = pattern.split(/\*+/).map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, "\\$&"));
  return pattern === "" || new RegExp(`^${parts.join(".*")}$`).test(text);
}

/** Writes down what each policy that the event concerns would send. Nothing leaves the simulator. */
export function fireTriggers(
  account: Account,
  instanceId: string,
  event: string,
  repository: string,
  tag: string,
): void {
  for (const policy of triggersOf(account).all()) {
    const concerned = policy.instanceId === instanceId && policy.enabled && policy.eventTypes.includes(event);
    if (!concerned || !filtersFit(policy.filters, repository, tag)) continue;
    const id = account.shared.next("ccrTriggerJobIds");
    const time = account.time();
    triggerJobsOf(account).set(`${instanceId}/${id}`, {
      id,
      policyId: policy.id,
      eventType: event,
      images: [`${repository}:${tag}`],
      notifyType: "http",
      operator: account.id,
      status: "success",
      creationTime: time,
      updateTime: time,
    });
  }
}
