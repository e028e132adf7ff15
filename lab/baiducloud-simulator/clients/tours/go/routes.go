package main

import (
	"fmt"

	"github.com/baidubce/bce-sdk-go/services/vpc"
)

// tourPodRoutes makes the routes of a cluster's pods: one per machine.
func tourPodRoutes() {
	client, servers := newVpcClient(), newBccClient()
	net := buildNetwork("routes")
	machines := net.instances(servers, "route", 2)
	table := ok(client.GetRouteTableDetail("", net.vpcID)).RouteTableId
	create := func(token, destination, instance string) (*vpc.CreateRouteRuleResult, error) {
		return client.CreateRouteRule(&vpc.CreateRouteRuleArgs{
			ClientToken: token, RouteTableId: table, SourceAddress: "0.0.0.0/0", DestinationAddress: destination,
			NexthopType: vpc.NEXTHOP_TYPE_CUSTOM, NexthopId: instance, Description: "pods",
		})
	}
	var ids []string
	for i := range 4 {
		ids = append(ids, ok(create(fmt.Sprint("route-", i), fmt.Sprintf("172.20.%d.0/24", i), machines[i%2])).RouteRuleId)
	}
	equal("the same token makes no second one", ok(create("route-0", "172.20.0.0/24", machines[0])).RouteRuleId, ids[0])
	refused(refusal(create("", "172.20.0.0/24", machines[1])), 409, "RouteRuleRepeated")
	refused(refusal(create("", "10.8.7.0/24", machines[1])), 400, "BadRequest")

	rules := map[string]vpc.RouteRule{}
	list := func(marker string) ([]string, string, bool) {
		page := ok(client.GetRouteRuleDetail(&vpc.GetRouteRuleArgs{VpcId: net.vpcID, Marker: marker, MaxKeys: 3}))
		for _, rule := range page.RouteRules {
			rules[rule.RouteRuleId] = rule
		}
		return idsOf(page.RouteRules, func(one vpc.RouteRule) string { return one.RouteRuleId }), page.NextMarker, page.IsTruncated
	}
	paged("rules", 2, list)
	for i, id := range ids {
		equal("next hop", rules[id].NexthopId, machines[i%2])
		equal("destination", rules[id].DestinationAddress, fmt.Sprintf("172.20.%d.0/24", i))
		equal("kind of the next hop", rules[id].NexthopType, vpc.NEXTHOP_TYPE_CUSTOM)
		equal("table", rules[id].RouteTableId, table)
		equal("description", rules[id].Description, "pods")
	}
	done(client.UpdateRouteRule(&vpc.UpdateRouteRuleArgs{RouteRuleId: ids[0], NexthopId: machines[1], Description: "moved"}))
	for _, rule := range ok(client.GetRouteTableDetail(table, "")).RouteRules {
		if rule.RouteRuleId == ids[0] {
			equal("next hop after update", rule.NexthopId, machines[1])
			equal("description after update", rule.Description, "moved")
			equal("destination after update", rule.DestinationAddress, "172.20.0.0/24")
		}
	}
	for _, id := range ids {
		done(client.DeleteRouteRule(id, ""))
	}
	refused(client.DeleteRouteRule(ids[0], "again"), 404, "NoSuchObject")
	for _, machine := range machines {
		done(servers.DeleteInstance(machine))
		untilGone(servers, machine)
	}
	net.demolish()
}
