import type { Scheduler } from "../api-call.ts";
import type { ReadOptions } from "../call.ts";
import { listAt } from "../paging.ts";
import { product } from "../request.ts";

/** A user or role: products want the ID, people know the name. */
export interface Identity {
  readonly id: string;
  readonly name: string;
}

export interface Iam {
  listUsers(options?: ReadOptions): Promise<readonly Identity[]>;
  listRoles(options?: ReadOptions): Promise<readonly Identity[]>;
}

/** IAM has one endpoint for all regions, and no pages. */
export function createIam(call: Scheduler, endpoint: string): Iam {
  const iam = product("iam", endpoint);
  const list = async (action: string, path: string, field: string, options: ReadOptions) => {
    const request = iam.read(action, path, [], options);
    const entries = listAt<Partial<Identity>>(request, await call(request), field);
    return entries.map(({ id, name }) => ({ id: String(id ?? ""), name: String(name ?? "") }));
  };
  return {
    listUsers: (options = {}) => list("listUsers", "/v1/user", "users", options),
    listRoles: (options = {}) => list("listRoles", "/v1/role", "roles", options),
  };
}
