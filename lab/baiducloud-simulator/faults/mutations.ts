import type { Account } from "../account.ts";
import { badRequest, Fault, noSuchObject } from "../api/fault.ts";
import { operationsOf, type Product } from "../api/operation.ts";
import { parse, parseFields } from "../api/parse.ts";
import type { InferFields } from "../api/schema.ts";
import { inputOf } from "../api/wire.ts";
import { deleteInstance } from "../products/bcc/lifecycle.ts";
import { instancesOf } from "../products/bcc/records.ts";
import { blbsOf } from "../products/blb/records.ts";
import type { World } from "../world.ts";
import { CHANGE } from "./change-schema.ts";

export type Change = InferFields<typeof CHANGE>;

/** Calls that delete one object by its id, tried in this order. */
const DELETES: readonly (readonly [product: string, operation: string])[] = [
  ["blb", "DeleteLoadBalancer"],
  ["appblb", "DeleteAppLoadBalancer"],
  ["eip", "ReleaseEip"],
  ["vpc", "DeleteRouteRule"],
  ["vpc", "DeleteSecurityGroup"],
  ["vpc", "DeleteEni"],
  ["vpc", "ReleaseNat"],
  ["vpc", "DeleteSubnet"],
  ["vpc", "DeleteVpc"],
  ["cce", "DeleteCluster"],
  ["bcc", "DeleteVolume"],
  ["certificate", "DeleteCert"],
];

/** Throws a Fault for what is not a change. */
export function parseChange(value: unknown): Change {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw badRequest("expected an object.");
  const other = Object.keys(value).find((name) => !Object.hasOwn(CHANGE, name));
  if (other !== undefined) throw badRequest(`${other} is unknown: expected ${Object.keys(CHANGE).join(", ")}.`);
  return parseFields(CHANGE, value as Record<string, unknown>, "", "body") as Change;
}

/**
 * Changes the cloud as somebody else would, in its console: no call is logged, no rule strikes. Throws the Fault that this
 * somebody would get.
 */
export function createMutations(world: World, products: readonly Product[], firstAccount: string) {
  const call = (
    account: Account,
    productName: string,
    name: string,
    given: { readonly params?: object; readonly query?: object; readonly body?: object },
  ): unknown => {
    const product = products.find((one) => one.name === productName);
    const operation = product && operationsOf(product).find(([known]) => known === name)?.[1];
    if (!product || !operation) throw badRequest(`product and operation: there is no ${productName} ${name}.`);
    const part = product.parts.findIndex((one) => Object.hasOwn(one.operations, name));
    const params = Object.fromEntries(Object.entries(given.params ?? {}).map(([key, value]) => [key, String(value)]));
    const path = operation.path.replace(/\{([^}]+)\}/g, (_, param: string) => {
      const value = params[param];
      if (value === undefined) throw badRequest(`params.${param} is required.`);
      return value;
    });
    const pairs = Object.entries(given.query ?? {}).map(([key, value]) => [key, String(value)] as const);
    const bytes = new TextEncoder().encode(JSON.stringify(given.body ?? {}));
    const input = inputOf(operation.method, { path, query: pairs }, bytes);
    return world.handler(
      account,
      product,
      part,
      name,
    )({
      params,
      query: parseFields(operation.query ?? {}, Object.fromEntries(pairs), "", "query"),
      body: operation.body ? parse(operation.body, input.body, "") : {},
      principal: { accountId: account.id, accessKeyId: "", kind: "account" },
      input,
    });
  };

  const unbind = (account: Account, eip: string): void => void call(account, "eip", "UnbindEip", { params: { eip } });

  const deleteOne = (account: Account, id: string): void => {
    if (instancesOf(account).has(id)) {
      deleteInstance(account, id);
      return;
    }
    if (account.store.patchAll(id, () => ({})) === 0) throw noSuchObject(id);
    let refusal: Fault = noSuchObject(id);
    for (const [productName, name] of DELETES) {
      const operation = operationNamed(products, productName, name);
      const [, param] = /\{([^}]+)\}/.exec(operation ?? "") ?? [];
      if (param === undefined) continue;
      try {
        call(account, productName, name, { params: { [param]: id } });
        return;
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        // Of another product: it does not know the object, or not that kind of id.
        if (error.status !== 404 && error.status !== 400) refusal = error;
      }
    }
    throw refusal;
  };

  const patch = (account: Account, id: string, fields: Readonly<Record<string, unknown>>): void => {
    let changed = 0;
    account.store.patchAll(id, (record) => {
      const known = Object.entries(fields).filter(([name]) => Object.hasOwn(record, name));
      changed += known.length;
      return Object.fromEntries(known);
    });
    if (changed === 0) throw noSuchObject(id);
  };

  const apply = (account: Account, change: Change): void => {
    if (change.action === "call") {
      const { product = "", operation = "", params = {}, query = {}, body = {} } = change;
      call(account, product, operation, { params, query, body });
      return;
    }
    const { resource } = change;
    if (!resource) throw badRequest("resource is required.");
    switch (change.action) {
      case "delete":
        deleteOne(account, resource);
        return;
      case "rename":
        if (change.name === undefined) throw badRequest("name is required.");
        patch(account, resource, { name: change.name });
        return;
      case "retag":
        patch(account, resource, { tags: change.tags ?? [] });
        return;
      case "unbind-eip":
        unbind(account, resource);
        return;
      case "add-listener": {
        const app = blbsOf(account).has(resource) ? "" : "App";
        const { protocol, port, backendPort } = change;
        const body = { listenerPort: port, ...(app ? {} : { backendPort }), scheduler: "RoundRobin" };
        call(account, app ? "appblb" : "blb", `Create${app}${protocol}Listener`, { params: { blbId: resource }, body });
        return;
      }
    }
  };

  return (change: Change): void => {
    const { account = firstAccount, region } = change;
    const found = world.accountIds.includes(account) ? world.account(account, region) : undefined;
    if (!found) throw badRequest(`account: there is no ${account}.`);
    try {
      apply(found, change);
    } finally {
      found.changed();
      world.store.flush();
    }
  };
}

function operationNamed(products: readonly Product[], productName: string, name: string): string | undefined {
  const product = products.find((one) => one.name === productName);
  return product && operationsOf(product).find(([known]) => known === name)?.[1].path;
}
