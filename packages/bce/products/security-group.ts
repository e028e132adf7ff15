import type { Scheduler } from "../api-call.ts";
import type { ReadOptions, Tag, WriteOptions } from "../call.ts";
import { allPages } from "../paging.ts";
import { product, required } from "../request.ts";

/** What traffic may come in. Absent fields mean any; ports are "80" or "1-65535". */
export interface SecurityGroupRule {
  readonly direction: "ingress" | "egress";
  readonly ethertype?: string | null;
  readonly portRange?: string | null;
  readonly protocol?: string | null;
  readonly sourceIp?: string | null;
  readonly destIp?: string | null;
  readonly remark?: string | null;
  /** Absent on those to be made. */
  readonly securityGroupRuleId?: string | null;
}

export interface SecurityGroup {
  readonly id: string;
  readonly name: string;
  readonly desc?: string | null;
  readonly vpcId?: string | null;
  readonly rules?: readonly SecurityGroupRule[] | null;
  readonly tags?: readonly Tag[] | null;
}

/** Normal security groups: what is not allowed is denied. At most 100 rules per direction. */
export interface SecurityGroups {
  /** Follows the pages. */
  list(vpcId: string, options?: ReadOptions): Promise<readonly SecurityGroup[]>;
  create(
    group: {
      /** 1 to 65 characters. */
      readonly name: string;
      readonly desc: string;
      readonly vpcId: string;
      readonly rules: readonly SecurityGroupRule[];
      readonly tags?: readonly Tag[];
    },
    options: WriteOptions,
  ): Promise<{ readonly securityGroupId: string }>;
  authorize(id: string, rule: SecurityGroupRule, options: WriteOptions): Promise<void>;
  revoke(ruleId: string, options: WriteOptions): Promise<void>;
  /** Refused while it is bound to something. */
  delete(id: string, options: WriteOptions): Promise<void>;
}

/** They have the host of BCC. */
export function createSecurityGroups(call: Scheduler, endpoint: string): SecurityGroups {
  const groups = product("securityGroup", endpoint);
  const path = "/v2/securityGroup";
  return {
    list: (vpcId, options = {}) =>
      allPages(call, groups.read("list", path, [["vpcId", vpcId]], options), "securityGroups"),
    async create(group, options) {
      const request = groups.write("create", "POST", path, options, { body: group });
      return { securityGroupId: required(request, await call(request), "securityGroupId") };
    },
    async authorize(id, rule, options) {
      const more = { query: [["authorizeRule", ""]] as const, body: { rule } };
      await call(groups.write("authorize", "PUT", `${path}/${id}`, options, more));
    },
    async revoke(ruleId, options) {
      await call(groups.write("revoke", "DELETE", `${path}/rule/${ruleId}`, options));
    },
    async delete(id, options) {
      await call(groups.write("delete", "DELETE", `${path}/${id}`, { lane: "delete", ...options }));
    },
  };
}
