"""Enterprise security groups."""

from baidubce.services.esg.esg_client import EsgClient
from baidubce.services.esg.esg_model import EnterpriseSecurityGroupRuleModel, TagModel

from check import Client, equal, paged, refused


def tour():
    client = Client(EsgClient, "vpc")
    web = EnterpriseSecurityGroupRuleModel(
        remark="web", direction="ingress", ethertype="IPv4", protocol="tcp", portRange="80", sourceIp="all", action="allow", priority=100
    )
    ids = [
        client.create_enterprise_security_group(
            f"esg_{i}", [web], desc="of the tour", tags=[TagModel("team", "python")], client_token=f"esg-{i}"
        ).enterprise_security_group_id
        for i in range(3)
    ]
    listed = paged(
        "groups", 2, lambda marker: client.list_enterprise_security_groups(marker=marker, max_keys=2), "enterprise_security_groups", "id"
    )
    equal("groups", sorted(listed), sorted(ids))

    def get():
        return next(one for one in client.list_enterprise_security_groups().enterprise_security_groups if one.id == ids[0])

    equal("name", get().name, "esg_0")
    equal("description", get().desc, "of the tour")
    equal("tags", [(one.tag_key, one.tag_value) for one in get().tags], [("team", "python")])
    equal("port", get().rules[0].port_range, "80")
    equal("priority, as a number", get().rules[0].priority, 100)
    deny = EnterpriseSecurityGroupRuleModel(direction="egress", protocol="udp", portRange="53", destIp="10.0.0.0/8", action="deny", priority=7)
    client.authorize_enterprise_security_group_rule(ids[0], [deny])
    refused(409, "SecurityGroup.RuleDuplicated", client.sdk.authorize_enterprise_security_group_rule, ids[0], [deny])
    rule_id = get().rules[1].enterprise_security_group_rule_id
    client.update_enterprise_security_group_rule(rule_id, remark="changed", portrange="5353", priority=9)
    changed = get().rules[1]
    equal("port after update", changed.port_range, "5353")
    equal("priority after update", changed.priority, 9)
    equal("remark after update", changed.remark, "changed")
    equal("action after update", changed.action, "deny")
    client.delete_enterprise_security_group_rule(rule_id)
    refused(404, "NoSuchObject", client.sdk.delete_enterprise_security_group_rule, rule_id)
    equal("rules", len(get().rules), 1)
    for group_id in ids:
        client.delete_enterprise_security_group(group_id)
    refused(404, "NoSuchObject", client.sdk.delete_enterprise_security_group, ids[0])
