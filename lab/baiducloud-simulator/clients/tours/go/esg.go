package main

import (
	"fmt"

	"github.com/baidubce/bce-sdk-go/model"
	"github.com/baidubce/bce-sdk-go/services/esg"
)

// tourEsg is about enterprise security groups.
func tourEsg() {
	client, err := esg.NewClient(env.AccessKeyID, env.SecretAccessKey, endpointOf("vpc"))
	must(err)
	web := esg.EnterpriseSecurityGroupRule{
		Direction: "ingress", Ethertype: "IPv4", Protocol: "tcp", PortRange: "80", SourceIp: "all", Action: "allow", Priority: 100, Remark: "web",
	}
	tags := []model.TagModel{{TagKey: "team", TagValue: "go"}}
	var ids []string
	for i := range 3 {
		args := &esg.CreateEsgArgs{ClientToken: fmt.Sprint("esg-", i), Name: fmt.Sprintf("esg_%d", i), Desc: "of the tour", Rules: []esg.EnterpriseSecurityGroupRule{web}, Tags: tags}
		ids = append(ids, ok(client.CreateEsg(args)).EnterpriseSecurityGroupId)
		equal("the same token makes no second one", ok(client.CreateEsg(args)).EnterpriseSecurityGroupId, ids[i])
	}
	list := func(marker string) ([]string, string, bool) {
		page := ok(client.ListEsg(&esg.ListEsgArgs{Marker: marker, MaxKeys: 2}))
		return idsOf(page.EnterpriseSecurityGroups, func(one esg.EnterpriseSecurityGroup) string { return one.Id }), page.NextMarker, page.IsTruncated
	}
	equal("groups", len(paged("groups", 2, list)), 3)
	get := func(id string) esg.EnterpriseSecurityGroup {
		for _, group := range ok(client.ListEsg(&esg.ListEsgArgs{MaxKeys: 100})).EnterpriseSecurityGroups {
			if group.Id == id {
				return group
			}
		}
		return esg.EnterpriseSecurityGroup{}
	}
	shown := get(ids[0])
	equal("name", shown.Name, "esg_0")
	equal("description", shown.Desc, "of the tour")
	equal("tags", shown.Tags, tags)
	that("times", isTime(shown.CreatedTime) && isTime(shown.UpdatedTime))
	equal("rules", len(shown.Rules), 1)
	equal("port", shown.Rules[0].PortRange, "80")
	equal("priority, as a number", shown.Rules[0].Priority, 100)
	equal("action", shown.Rules[0].Action, "allow")

	deny := esg.EnterpriseSecurityGroupRule{Direction: "egress", Protocol: "udp", PortRange: "53", DestIp: "10.0.0.0/8", Action: "deny", Priority: 7}
	rules := &esg.CreateEsgRuleArgs{EnterpriseSecurityGroupId: ids[0], Rules: []esg.EnterpriseSecurityGroupRule{deny}}
	done(client.CreateEsgRules(rules))
	refused(client.CreateEsgRules(rules), 409, "SecurityGroup.RuleDuplicated")
	equal("rules", len(get(ids[0]).Rules), 2)
	added := get(ids[0]).Rules[1]
	equal("remote end", added.DestIp, "10.0.0.0/8")
	done(client.UpdateEsgRule(&esg.UpdateEsgRuleArgs{EnterpriseSecurityGroupRuleId: added.EnterpriseSecurityGroupRuleId, PortRange: pointer("5353"), Priority: pointer(9), Remark: pointer("changed")}))
	added = get(ids[0]).Rules[1]
	equal("port after update", added.PortRange, "5353")
	equal("priority after update", added.Priority, 9)
	equal("remark after update", added.Remark, "changed")
	done(client.DeleteEsgRule(&esg.DeleteEsgRuleArgs{EnterpriseSecurityGroupRuleId: added.EnterpriseSecurityGroupRuleId}))
	refused(client.DeleteEsgRule(&esg.DeleteEsgRuleArgs{EnterpriseSecurityGroupRuleId: added.EnterpriseSecurityGroupRuleId, ClientToken: "again"}), 404, "NoSuchObject")
	equal("rules", len(get(ids[0]).Rules), 1)
	for _, id := range ids {
		done(client.DeleteEsg(&esg.DeleteEsgArgs{EnterpriseSecurityGroupId: id}))
	}
	refused(client.DeleteEsg(&esg.DeleteEsgArgs{EnterpriseSecurityGroupId: ids[0], ClientToken: "again"}), 404, "NoSuchObject")
	equal("groups in the end", len(ok(client.ListEsg(&esg.ListEsgArgs{})).EnterpriseSecurityGroups), 0)
}
