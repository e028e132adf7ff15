package main

import (
	"fmt"

	"github.com/baidubce/bce-sdk-go/services/vpc"
)

// tourIPSets is about addresses with names, and groups of them.
func tourIPSets() {
	client := newVpcClient()
	info := func(addresses ...string) []vpc.TemplateIpAddressInfo {
		var all []vpc.TemplateIpAddressInfo
		for _, address := range addresses {
			all = append(all, vpc.TemplateIpAddressInfo{IpAddress: address, Description: "of the tour"})
		}
		return all
	}
	var ids []string
	for i := range 3 {
		args := &vpc.CreateIpSetArgs{ClientToken: fmt.Sprint("ipset-", i), Name: fmt.Sprintf("set_%d", i), IpVersion: "IPv4", IpAddressInfo: info(fmt.Sprintf("10.%d.0.0/16", i)), Description: "first"}
		ids = append(ids, ok(client.CreateIpSet(args)).IpSetId)
	}
	get := func() *vpc.GetIpSetDetailResult { return ok(client.GetIpSetDetail(ids[0])) }
	equal("name", get().Name, "set_0")
	equal("family", get().IpVersion, "IPv4")
	equal("addresses", get().IpAddressInfo, info("10.0.0.0/16"))
	list := func(marker string) ([]string, string, bool) {
		page := ok(client.ListIpSet(&vpc.ListIpSetArgs{IpVersion: "IPv4", Marker: marker, MaxKeys: 2}))
		return idsOf(page.IpSets, func(one vpc.IpSet) string { return one.IpSetId }), page.NextMarker, page.IsTruncated
	}
	equal("sets", len(paged("sets", 2, list)), 3)
	done(client.UpdateIpSet(ids[0], &vpc.UpdateIpSetArgs{Name: pointer("renamed"), Description: pointer("changed")}))
	equal("name after update", get().Name, "renamed")
	done(client.AddIpAddress2IpSet(ids[0], &vpc.AddIpAddress2IpSetArgs{IpAddressInfo: info("192.168.1.1")}))
	refused(client.AddIpAddress2IpSet(ids[0], &vpc.AddIpAddress2IpSetArgs{IpAddressInfo: info("2001:db8::1")}), 400, "BadRequest")
	equal("addresses", len(get().IpAddressInfo), 2)
	done(client.DeleteIpAddress(ids[0], &vpc.DeleteIpAddressArgs{IpAddressInfo: []string{"10.0.0.0/16"}}))
	equal("addresses", get().IpAddressInfo, info("192.168.1.1"))

	group := ok(client.CreateIpGroup(&vpc.CreateIpGroupArgs{Name: "group", IpVersion: "IPv4", IpSetIds: ids[:1], Description: "first"})).IpGroupId
	done(client.AddIpSet2IpGroup(group, &vpc.AddIpSet2IpGroupArgs{IpSetIds: ids[1:2]}))
	done(client.UpdateIpGroup(group, &vpc.UpdateIpGroupArgs{Name: pointer("renamed")}))
	shown := ok(client.GetIpGroupDetail(group))
	equal("name after update", shown.Name, "renamed")
	equal("sets of the group", shown.IpSetIds, ids[:2])
	equal("groups", len(ok(client.ListIpGroup(&vpc.ListIpGroupArgs{})).IpGroups), 1)
	refused(client.DeleteIpSet(ids[0], &vpc.DeleteIpSetArgs{ClientToken: "early"}), 409, "OperationDenied")
	done(client.UnbindIpSet(group, &vpc.UnbindIpSetArgs{IpSetIds: ids[:1]}))
	done(client.DeleteIpGroup(group, &vpc.DeleteIpGroupArgs{}))
	refused(refusal(client.GetIpGroupDetail(group)), 404, "NoSuchObject")
	for _, id := range ids {
		done(client.DeleteIpSet(id, &vpc.DeleteIpSetArgs{}))
	}
	refused(refusal(client.GetIpSetDetail(ids[0])), 404, "NoSuchObject")
}

// tourAcls is about the rules of subnets.
func tourAcls() {
	client := newVpcClient()
	net := buildNetwork("acls")
	var wanted []vpc.AclRuleRequest
	for i := range 3 {
		wanted = append(wanted, vpc.AclRuleRequest{
			SubnetId: net.subnets[0], Description: "of the tour", Protocol: vpc.ACL_RULE_PROTOCOL_TCP, SourceIpAddress: "192.168.1.1", DestinationIpAddress: "10.8.0.0/24",
			SourcePort: "1-65535", DestinationPort: "443", Position: 10 + i, Direction: vpc.ACL_RULE_DIRECTION_INGRESS, Action: vpc.ACL_RULE_ACTION_ALLOW,
		})
	}
	done(client.CreateAclRule(&vpc.CreateAclRuleArgs{AclRules: wanted}))
	refused(client.CreateAclRule(&vpc.CreateAclRuleArgs{AclRules: wanted[:1]}), 409, "OperationDenied")
	list := func(marker string) ([]string, string, bool) {
		page := ok(client.ListAclRules(&vpc.ListAclRulesArgs{SubnetId: net.subnets[0], Marker: marker, MaxKeys: 2}))
		return idsOf(page.AclRules, func(one vpc.AclRule) string { return one.Id }), page.NextMarker, page.IsTruncated
	}
	ids := paged("rules", 2, list)
	equal("rules", len(ids), 3)
	rules := func() map[int]vpc.AclRule {
		found := map[int]vpc.AclRule{}
		for _, entry := range ok(client.ListAclEntrys(net.vpcID)).AclEntrys {
			for _, rule := range entry.AclRules {
				equal("subnet", rule.SubnetId, entry.SubnetId)
				found[rule.Position] = rule
			}
		}
		return found
	}
	first := rules()[10]
	equal("an address is a range of one", first.SourceIpAddress, "192.168.1.1/32")
	equal("protocol", first.Protocol, vpc.ACL_RULE_PROTOCOL_TCP)
	done(client.UpdateAclRule(first.Id, &vpc.UpdateAclRuleArgs{Position: 20, Action: vpc.ACL_RULE_ACTION_DENY, Description: "changed"}))
	equal("action after update", rules()[20].Action, vpc.ACL_RULE_ACTION_DENY)
	equal("port after update", rules()[20].DestinationPort, "443")
	for _, id := range ids {
		done(client.DeleteAclRule(id, ""))
	}
	refused(client.DeleteAclRule(ids[0], "again"), 404, "NoSuchObject")
	equal("rules in the end", len(rules()), 0)
	net.demolish()
}
