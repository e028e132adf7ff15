package main

import (
	"fmt"

	"github.com/baidubce/bce-sdk-go/services/eip"
	"github.com/baidubce/bce-sdk-go/services/vpc"
)

var postpaid = &vpc.Billing{PaymentTiming: vpc.PAYMENT_TIMING_POSTPAID}

func tourNat() {
	client, addresses := newVpcClient(), newEipClient()
	net := buildNetwork("nats")
	var eips []string
	for i := range 3 {
		eips = append(eips, ok(addresses.CreateEip(&eip.CreateEipArgs{Name: fmt.Sprintf("nat-%d", i), BandWidthInMbps: 5, Billing: byTraffic})).Eip)
		untilEip(addresses, eips[i], "available")
	}
	get := func(id string) *vpc.NAT { return ok(client.GetNatGatewayDetail(id)) }
	status := func(id string, wanted vpc.NatStatusType) {
		until(id+" is "+string(wanted), func() bool { return get(id).Status == wanted })
	}

	args := &vpc.CreateNatGatewayArgs{ClientToken: "nat-0", Name: "nat_0", VpcId: net.vpcID, CuNum: "2", Billing: postpaid}
	id := ok(client.CreateNatGateway(args)).NatId
	equal("the same token makes no second one", ok(client.CreateNatGateway(args)).NatId, id)
	status(id, vpc.NAT_STATUS_UNCONFIGURED)
	old := ok(client.CreateNatGateway(&vpc.CreateNatGatewayArgs{Name: "nat_1", VpcId: net.vpcID, Spec: vpc.NAT_GATEWAY_SPEC_SMALL, Eips: eips[2:], Billing: postpaid})).NatId
	status(old, vpc.NAT_STATUS_ACTIVE)
	equal("kind of the old one", get(old).NatType, "normal")
	equal("its addresses", get(old).Eips, eips[2:])
	untilEip(addresses, eips[2], "binded")
	done(client.UnBindEips(old, &vpc.UnBindEipsArgs{Eips: eips[2:]}))
	status(old, vpc.NAT_STATUS_UNCONFIGURED)
	list := func(marker string) ([]string, string, bool) {
		page := ok(client.ListNatGateway(&vpc.ListNatGatewayArgs{VpcId: net.vpcID, Marker: marker, MaxKeys: 1}))
		return idsOf(page.Nats, func(one vpc.NAT) string { return one.Id }), page.NextMarker, page.IsTruncated
	}
	equal("gateways", len(paged("gateways", 2, list)), 2)
	equal("gateways of a name", ok(client.ListNatGateway(&vpc.ListNatGatewayArgs{VpcId: net.vpcID, Name: "nat_1"})).Nats[0].Id, old)

	shown := get(id)
	equal("name", shown.Name, "nat_0")
	equal("kind", shown.NatType, "enhanced")
	equal("capacity", shown.CuNum, 2)
	equal("payment", shown.PaymentTiming, "Postpaid")
	that("timeouts", shown.SessionConfig != nil && shown.SessionConfig.TcpTimeout == 900)
	done(client.UpdateNatGateway(id, &vpc.UpdateNatGatewayArgs{Name: "renamed"}))
	done(client.ResizeNatGateway(id, &vpc.ResizeNatGatewayArgs{CuNum: 5}))
	until("it has grown", func() bool { return get(id).CuNum == 5 })
	equal("name after rename", get(id).Name, "renamed")
	status(id, vpc.NAT_STATUS_UNCONFIGURED)
	done(client.EnhanceNatBindEips(id, &vpc.EnhanceNatBindEipsArgs{BindEips: eips[:2]}))
	status(id, vpc.NAT_STATUS_ACTIVE)
	equal("addresses", get(id).BindEips, eips[:2])
	equal("what the address is bound to", untilEip(addresses, eips[0], "binded").InstanceId, id)
	refused(client.EnhanceNatBindEips(id, &vpc.EnhanceNatBindEipsArgs{BindEips: []string{"203.0.113.1"}}), 404, "NoSuchObject")

	tourSnat(client, id, eips[:1])
	tourDnat(client, id, eips[1])
	tourNatRoute(client, net, id)

	done(client.EnhanceNatUnBindEips(id, &vpc.EnhanceNatUnBindEipsArgs{BindEips: eips[:2]}))
	status(id, vpc.NAT_STATUS_UNCONFIGURED)
	done(client.UpdateNatReleaseProtectionSwitch(id, &vpc.UpdateNatReleaseProtectionSwitchArgs{DeleteProtect: true}))
	equal("protection", get(id).DeleteProtect, true)
	refused(client.DeleteNatGateway(id, "early"), 403, "OperationDenied")
	done(client.UpdateNatReleaseProtectionSwitch(id, &vpc.UpdateNatReleaseProtectionSwitchArgs{DeleteProtect: false}))
	for _, one := range []string{id, old} {
		done(client.DeleteNatGateway(one, ""))
		until(one+" is gone", func() bool { return refusal(client.GetNatGatewayDetail(one)) != nil })
	}
	refused(refusal(client.GetNatGatewayDetail(id)), 404, "NoSuchNat")
	for _, address := range eips {
		untilEip(addresses, address, "available")
		done(addresses.DeleteEip(address, ""))
	}
	net.demolish()
}

func tourSnat(client *vpc.Client, id string, eips []string) {
	first := ok(client.CreateNatGatewaySnatRule(id, &vpc.CreateNatGatewaySnatRuleArgs{RuleName: "pods", SourceCIDR: "10.8.0.0/24", PublicIpAddresses: eips})).RuleId
	more := ok(client.BatchCreateNatGatewaySnatRule(&vpc.BatchCreateNatGatewaySnatRuleArgs{NatId: id, SnatRules: []vpc.SnatRuleArgs{
		{RuleName: "one", SourceCIDR: "10.8.1.0/25", PublicIpAddresses: eips}, {RuleName: "two", SourceCIDR: "10.8.1.128/25", PublicIpAddresses: eips},
	}})).SnatRuleIds
	equal("rules made together", len(more), 2)
	list := func(marker string) ([]string, string, bool) {
		page := ok(client.ListNatGatewaySnatRules(&vpc.ListNatGatewaySnatRuleArgs{NatId: id, Marker: marker, MaxKeys: 2}))
		return idsOf(page.Rules, func(one vpc.SnatRule) string { return one.RuleId }), page.NextMarker, page.IsTruncated
	}
	all := paged("SNAT rules", 2, list)
	that("each rule is listed", contains(all, first) && contains(all, more[0]) && contains(all, more[1]))
	done(client.UpdateNatGatewaySnatRule(id, first, &vpc.UpdateNatGatewaySnatRuleArgs{RuleName: "renamed", SourceCIDR: "10.8.0.0/25", PublicIpAddresses: eips}))
	for _, rule := range ok(client.ListNatGatewaySnatRules(&vpc.ListNatGatewaySnatRuleArgs{NatId: id})).Rules {
		if rule.RuleId == first {
			equal("name of the rule", rule.RuleName, "renamed")
			equal("its sources", rule.SourceCIDR, "10.8.0.0/25")
			equal("its addresses", rule.PublicIpAddresses, eips)
		}
	}
	for _, rule := range all {
		done(client.DeleteNatGatewaySnatRule(id, rule, ""))
	}
	refused(client.DeleteNatGatewaySnatRule(id, first, "again"), 404, "NoSuchObject")
}

func tourDnat(client *vpc.Client, id, address string) {
	first := ok(client.CreateNatGatewayDnatRule(id, &vpc.CreateNatGatewayDnatRuleArgs{
		RuleName: "ssh", PublicIpAddress: address, PrivateIpAddress: "10.8.0.9", Protocol: "TCP", PublicPort: "2222", PrivatePort: "22",
	})).RuleId
	more := ok(client.BatchCreateNatGatewayDnatRule(id, &vpc.BatchCreateNatGatewayDnatRuleArgs{Rules: []vpc.DnatRuleArgs{
		{RuleName: "web", PublicIpAddress: address, PrivateIpAddress: "10.8.0.9", Protocol: "TCP", PublicPort: "80", PrivatePort: "8080"},
		{RuleName: "dns", PublicIpAddress: address, PrivateIpAddress: "10.8.0.9", Protocol: "UDP", PublicPort: "53", PrivatePort: "53"},
	}})).RuleIds
	equal("rules made together", len(more), 2)
	find := func(wanted string) *vpc.DnatRule {
		for _, rule := range ok(client.ListNatGatewayDnatRules(id, &vpc.ListNatGatewaDnatRuleArgs{MaxKeys: 100})).Rules {
			if rule.RuleId == wanted {
				return &rule
			}
		}
		return &vpc.DnatRule{}
	}
	list := func(marker string) ([]string, string, bool) {
		page := ok(client.ListNatGatewayDnatRules(id, &vpc.ListNatGatewaDnatRuleArgs{Marker: marker, MaxKeys: 2}))
		return idsOf(page.Rules, func(one vpc.DnatRule) string { return one.RuleId }), page.NextMarker, page.IsTruncated
	}
	all := paged("DNAT rules", 2, list)
	equal("DNAT rules", len(all), 3)
	equal("public port, as a number", find(first).PublicPort, 2222)
	equal("protocol", find(more[1]).Protocol, "UDP")
	done(client.UpdateNatGatewayDnatRule(id, first, &vpc.UpdateNatGatewayDnatRuleArgs{
		RuleName: "shell", PublicIpAddress: address, PrivateIpAddress: "10.8.0.10", Protocol: "TCP", PublicPort: "2223", PrivatePort: "22",
	}))
	equal("port after update", find(first).PublicPort, 2223)
	equal("target after update", find(first).PrivateIpAddress, "10.8.0.10")
	for _, rule := range all {
		done(client.DeleteNatGatewayDnatRule(id, rule, ""))
	}
	equal("DNAT rules in the end", len(ok(client.ListNatGatewayDnatRules(id, &vpc.ListNatGatewaDnatRuleArgs{})).Rules), 0)
}

// tourNatRoute lets what leaves the network go by the gateway.
func tourNatRoute(client *vpc.Client, net *network, id string) {
	table := ok(client.GetRouteTableDetail("", net.vpcID)).RouteTableId
	args := &vpc.CreateRouteRuleArgs{RouteTableId: table, SourceAddress: "10.8.1.0/24", DestinationAddress: "0.0.0.0/0", NexthopType: vpc.NEXTHOP_TYPE_NAT, NexthopId: id}
	rule := ok(client.CreateRouteRule(args)).RouteRuleId
	hops := map[string]string{}
	for _, one := range ok(client.GetRouteTableDetail(table, "")).RouteRules {
		hops[one.RouteRuleId] = one.NexthopId
	}
	equal("next hop", hops[rule], id)
	done(client.DeleteRouteRule(rule, ""))
}
