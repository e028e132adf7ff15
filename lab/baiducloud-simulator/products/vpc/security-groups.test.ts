import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createTour, withNetwork } from "../../testing/tour.ts";

interface Group {
  readonly id: string;
  readonly sgVersion: number;
  readonly bindInstanceNum?: number;
  readonly rules: readonly Readonly<Record<string, string>>[];
}

const WEB = { direction: "ingress", portRange: "80", protocol: "tcp", sourceIp: "0.0.0.0/0" };

describe("security groups", () => {
  it("have rules with the cloud's defaults, which are added, changed and removed", async () => {
    const { ok, refused, vpcId } = await withNetwork();
    const { securityGroupId: id } = await ok("POST /v2/securityGroup", {
      name: "web",
      vpcId,
      rules: [{ direction: "egress", destIp: "all" }],
    });
    const [plain] = (await ok<Group>(`GET /v2/securityGroup/${id}`)).rules;
    assert.deepEqual([plain?.ethertype, plain?.portRange, plain?.protocol], ["IPv4", "1-65535", "all"]);
    await ok(`PUT /v2/securityGroup/${id}?authorizeRule`, { rule: WEB });
    await refused("409 SecurityGroup.RuleDuplicated", `PUT /v1/securityGroup/${id}?authorizeRule`, { rule: WEB });
    const before = await ok<Group>(`GET /v1/securityGroup/${id}`);
    assert.equal(before.bindInstanceNum, 0);
    const web = before.rules[1]?.securityGroupRuleId;
    const stale = `PUT /v2/securityGroup/rule/update?sgVersion=${before.sgVersion - 1}`;
    await refused("409 SecurityGroup.VersionMismatch", stale, { securityGroupRuleId: web, portRange: "81" });
    await ok("PUT /v2/securityGroup/rule/update", { securityGroupRuleId: web, portRange: "81", remark: "r" });
    const changed = (await ok<Group>(`GET /v2/securityGroup/${id}`)).rules[1];
    assert.deepEqual([changed?.portRange, changed?.remark, changed?.sourceIp], ["81", "r", "0.0.0.0/0"]);
    await ok(`PUT /v2/securityGroup/${id}?revokeRule`, { rule: { ...WEB, portRange: "81" } });
    await refused("404 NoSuchObject", `PUT /v2/securityGroup/${id}?revokeRule`, { rule: WEB });
    await ok(`DELETE /v2/securityGroup/rule/${plain?.securityGroupRuleId}`);
    assert.deepEqual((await ok<Group>(`GET /v2/securityGroup/${id}`)).rules, []);
  });

  it("refuse contradictions, what is over quota, and to go while something has them", async () => {
    const { ok, refused, vpcId, subnetId, simulator } = await withNetwork(
      createTour({ quotas: { securityGroups: 1, securityGroupRules: 1 } }),
    );
    const post = "POST /v2/securityGroup";
    const both = { ...WEB, sourceGroupId: "g-none" };
    await refused("400 BadRequest", post, { name: "a", vpcId, rules: [both] });
    await refused("404 NoSuchObject", post, { name: "a", vpcId: "vpc-none", rules: [] });
    const two = [WEB, { ...WEB, portRange: "81" }];
    await refused("403 SecurityGroup.RuleExceedLimit", post, { name: "a", vpcId, rules: two });
    const { securityGroupId: id } = await ok(post, { name: "a", vpcId, rules: [] });
    await refused("403 QuotaLimitExceeded", post, { name: "b", vpcId, rules: [] });
    const node = simulator.createInstance({ name: "n", subnetId });
    await ok("PUT /v2/securitygroup/replace", { instanceIds: [node.id], securityGroupIds: [id] });
    const held = `GET /v1/securityGroup?vpcId=${vpcId}&instanceId=${node.id}`;
    const { securityGroups } = await ok<{ securityGroups: Group[] }>(held);
    assert.deepEqual(
      securityGroups.map((group) => group.id),
      [id],
    );
    await refused("400 BadRequest", `GET /v1/securityGroup?instanceId=${node.id}`);
    const inUse = "403 SecurityGroup.InstancesAssociatedSecurityGroupCanNotBeDeleted";
    await refused(inUse, `DELETE /v2/securityGroup/${id}`);
    await ok(`DELETE /v2/instance/${node.id}`);
    await ok(`DELETE /v2/securityGroup/${id}`);
    await refused("404 NoSuchObject", `GET /v2/securityGroup/${id}`);
  });
});

describe("enterprise security groups", () => {
  const RULE = { direction: "ingress", protocol: "tcp", portRange: "80,7000", sourceIp: "all", action: "allow" };

  it("are of no VPC; their rules have priorities", async () => {
    const { ok, refused, simulator, subnetId } = await withNetwork();
    const { enterpriseSecurityGroupId: id } = await ok("POST /v1/enterprise/security", { name: "e", rules: [] });
    const path = `/v1/enterprise/security/${id}`;
    await ok(`PUT ${path}?authorizeRule`, { rules: [{ ...RULE, priority: 5 }] });
    await refused("409 SecurityGroup.RuleDuplicated", `PUT ${path}?authorizeRule`, {
      rules: [{ ...RULE, priority: 5 }],
    });
    await refused("400 BadRequest", `PUT ${path}?authorizeRule`, { rules: [{ ...RULE, priority: 1001 }] });
    type List = { enterpriseSecurityGroups: { id: string; rules: Record<string, unknown>[] }[] };
    const groups = async (query = "") =>
      (await ok<List>(`GET /v1/enterprise/security${query}`)).enterpriseSecurityGroups;
    const ruleId = (await groups())[0]?.rules[0]?.enterpriseSecurityGroupRuleId;
    await ok(`PUT /v1/enterprise/security/rule/${ruleId}`, { priority: 7, action: "deny" });
    const [changed] = (await groups())[0]?.rules ?? [];
    assert.deepEqual([changed?.priority, changed?.action, changed?.portRange], [7, "deny", "80,7000"]);

    const node = simulator.createInstance({ name: "n", subnetId });
    const bind = { instanceIds: [node.id], securityGroupIds: [id], securityGroupType: "enterprise" };
    await refused("409 OperationDenied", "PUT /v2/securitygroup/bind", bind);
    await ok("PUT /v2/securitygroup/replace", bind);
    assert.deepEqual(
      (await groups(`?instanceId=${node.id}`)).map((group) => group.id),
      [id],
    );
    await refused("403 SECURITYGROUP_INUSE", `DELETE ${path}`);
    await ok(`DELETE /v1/enterprise/security/rule/${ruleId}`);
    await refused("404 NoSuchObject", `DELETE /v1/enterprise/security/rule/${ruleId}`);
    await ok(`DELETE /v2/instance/${node.id}`);
    await ok(`DELETE ${path}`);
  });
});
