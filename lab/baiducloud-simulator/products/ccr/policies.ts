import type { Account } from "../../account.ts";
import { Fault, noSuchObject } from "../../api/fault.ts";
import type { Table } from "../../store/store.ts";
import { numberedPage } from "./paging.ts";
import { getRegistry } from "./records.ts";

/** What rules of all kinds have. */
export interface PolicyRecord {
  readonly id: number;
  readonly instanceId: string;
  readonly name: string;
  readonly creationTime: string;
  readonly updateTime: string;
}

type Filled<P> = Omit<P, keyof Omit<PolicyRecord, "name">>;

/** Rules of one kind in their instances: names are theirs alone, ids are numbers. */
export function createPolicies<P extends PolicyRecord>(account: Account, all: Table<P>, sequence: string) {
  const get = (instanceId: string, id: string): P => {
    getRegistry(account, instanceId);
    const policy = all.get(`${instanceId}/${id}`);
    if (!policy) throw noSuchObject(id);
    return policy;
  };
  const free = (instanceId: string, name: string, id?: number): void => {
    if (all.all().some((policy) => policy.instanceId === instanceId && policy.name === name && policy.id !== id))
      throw new Fault(409, "Conflict", `The policy ${name} exists already.`);
  };
  const view = ({ instanceId: _, ...policy }: P): object => policy;
  return {
    get,
    of(instanceId: string): readonly P[] {
      getRegistry(account, instanceId);
      return all.all().filter((policy) => policy.instanceId === instanceId);
    },
    list(
      instanceId: string,
      query: { readonly pageNo: number; readonly pageSize: number; readonly policyName: string | undefined },
      field: string,
      show: (policy: P) => object = view,
    ): object {
      const found = this.of(instanceId).filter(({ name }) => name.includes(query.policyName ?? ""));
      return numberedPage(query, field, found.map(show));
    },
    view,
    add(instanceId: string, fields: Filled<P>): P {
      getRegistry(account, instanceId);
      free(instanceId, (fields as { readonly name: string }).name);
      const id = account.shared.next(sequence);
      const time = account.time();
      const policy = { ...fields, id, instanceId, creationTime: time, updateTime: time } as unknown as P;
      all.set(`${instanceId}/${id}`, policy);
      return policy;
    },
    change(instanceId: string, id: string, fields: Partial<Filled<P>>): P {
      const before = get(instanceId, id);
      free(instanceId, (fields as { readonly name?: string }).name ?? before.name, before.id);
      const policy = { ...before, ...fields, updateTime: account.time() };
      all.set(`${instanceId}/${id}`, policy);
      return policy;
    },
    remove(instanceId: string, ids: readonly string[]): object {
      for (const id of ids) get(instanceId, id);
      for (const id of ids) all.delete(`${instanceId}/${id}`);
      return {};
    },
  };
}
