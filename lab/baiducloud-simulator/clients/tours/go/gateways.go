package main

import (
	"fmt"

	"github.com/baidubce/bce-sdk-go/services/eip"
	"github.com/baidubce/bce-sdk-go/services/havip"
	"github.com/baidubce/bce-sdk-go/services/vpc"
)

// tourHaVip is about addresses that machines share.
func tourHaVip() {
	client, err := havip.NewClient(env.AccessKeyID, env.SecretAccessKey, endpointOf("vpc"))
	must(err)
	servers, addresses := newBccClient(), newEipClient()
	net := buildNetwork("vips")
	machines := net.instances(servers, "vip", 2)
	var ids []string
	for i := range 3 {
		ids = append(ids, ok(client.CreateHaVip(&havip.CreateHaVipArgs{SubnetId: net.subnets[0], Name: fmt.Sprintf("vip_%d", i), Description: "of the tour"})).HaVipId)
	}
	get := func() *havip.HaVip { return ok(client.GetHaVipDetail(ids[0])) }
	status := func(wanted string) { until(ids[0]+" is "+wanted, func() bool { return get().Status == wanted }) }
	status("available")
	equal("name", get().Name, "vip_0")
	equal("description", get().Description, "of the tour")
	equal("VPC", get().VpcId, net.vpcID)
	equal("subnet", get().SubnetId, net.subnets[0])
	that("an address", get().PrivateIpAddress != "")
	that("created time", isTime(get().CreatedTime))
	list := func(marker string) ([]string, string, bool) {
		page := ok(client.ListHaVip(&havip.ListHaVipArgs{VpcId: net.vpcID, Marker: marker, MaxKeys: 2}))
		return idsOf(page.HaVips, func(one havip.HaVip) string { return one.HaVipId }), page.NextMarker, page.IsTruncated
	}
	equal("addresses", len(paged("addresses", 2, list)), 3)
	done(client.UpdateHaVip(&havip.UpdateHaVipArgs{HaVipId: ids[0], Name: "renamed", Description: "changed"}))
	equal("name after rename", get().Name, "renamed")
	done(client.HaVipAttachInstance(&havip.HaVipInstanceArgs{HaVipId: ids[0], InstanceIds: machines, InstanceType: "SERVER"}))
	until("both have it", func() bool { return len(get().BindedInstances) == 2 })
	equal("kind of who has it", get().BindedInstances[0].InstanceType, "SERVER")
	masters := 0
	for _, one := range get().BindedInstances {
		that("it is one of the machines", contains(machines, one.InstanceId))
		if one.Master {
			masters++
		}
	}
	equal("masters", masters, 1)
	address := ok(addresses.CreateEip(&eip.CreateEipArgs{Name: "vip", BandWidthInMbps: 5, Billing: byTraffic})).Eip
	untilEip(addresses, address, "available")
	done(client.HaVipBindPublicIp(&havip.HaVipBindPublicIpArgs{HaVipId: ids[0], PublicIpAddress: address}))
	until("it has the public address", func() bool { return get().PublicIpAddress == address })
	untilEip(addresses, address, "binded")
	done(client.HaVipUnbindPublicIp(&havip.HaVipUnbindPublicIpArgs{HaVipId: ids[0]}))
	untilEip(addresses, address, "available")
	equal("public address", get().PublicIpAddress, "")
	done(addresses.DeleteEip(address, ""))
	refused(client.DeleteHaVip(&havip.DeleteHaVipArgs{HaVipId: ids[0]}), 409, "OperationDenied")
	done(client.HaVipDetachInstance(&havip.HaVipInstanceArgs{HaVipId: ids[0], InstanceIds: machines, InstanceType: "SERVER"}))
	equal("who has it", len(get().BindedInstances), 0)
	for _, id := range ids {
		done(client.DeleteHaVip(&havip.DeleteHaVipArgs{HaVipId: id}))
	}
	refused(refusal(client.GetHaVipDetail(ids[0])), 404, "NoSuchObject")
	for _, machine := range machines {
		done(servers.DeleteInstance(machine))
		untilGone(servers, machine)
	}
	net.demolish()
}

func tourIPv6Gateway() {
	client := newVpcClient()
	net := buildNetwork("sixes")
	done(client.UpdateVPC(net.vpcID, &vpc.UpdateVPCArgs{Name: "sixes", EnableIpv6: pointer(true)}))
	args := &vpc.CreateIPv6GatewayArgs{Name: "six", VpcId: net.vpcID, BandwidthInMbps: 10, Billing: postpaid}
	id := ok(client.CreateIPv6Gateway(args)).GatewayId
	args.Name = "other"
	refused(refusal(client.CreateIPv6Gateway(args)), 409, "OperationDenied")
	get := func() *vpc.ListIPv6GatewayResult {
		return ok(client.ListIPv6Gateway(&vpc.ListIPv6GatewayArgs{VpcId: net.vpcID}))
	}
	equal("id", get().GatewayId, id)
	equal("name", get().Name, "six")
	equal("bandwidth", get().BandwidthInMbps, 10)
	done(client.ResizeIPv6Gateway(id, &vpc.ResizeIPv6GatewayArgs{BandwidthInMbps: 20}))
	equal("bandwidth after resize", get().BandwidthInMbps, 20)

	block := ok(client.GetVPCDetail(net.vpcID)).VPC.Ipv6Cidr
	that("the network has a block", block != "")
	only := ok(client.CreateIPv6GatewayEgressOnlyRule(id, &vpc.CreateIPv6GatewayEgressOnlyRuleArgs{Cidr: block})).EgressOnlyRuleId
	egress := ok(client.ListIPv6GatewayEgressOnlyRule(id, &vpc.ListIPv6GatewayEgressOnlyRuleArgs{MaxKeys: 10})).EgressOnlyRules
	equal("egress-only rules", egress, []vpc.EgressOnlyRule{{EgressOnlyRuleId: only, Cidr: block}})
	done(client.DeleteIPv6GatewayEgressOnlyRule(id, only, &vpc.DeleteIPv6GatewayEgressOnlyRuleArgs{}))

	address := ipv6In(block)
	limit := ok(client.CreateIPv6GatewayRateLimitRule(id, &vpc.CreateIPv6GatewayRateLimitRuleArgs{IPv6Address: address, IngressBandwidthInMbps: 3, EgressBandwidthInMbps: 4})).RateLimitRuleId
	limits := func() []vpc.RateLimitRule {
		return ok(client.ListIPv6GatewayRateLimitRule(id, &vpc.ListIPv6GatewayRateLimitRuleArgs{MaxKeys: 10})).RateLimitRules
	}
	equal("limits", limits(), []vpc.RateLimitRule{{RateLimitRuleId: limit, IPv6Address: address, IngressBandwidthInMbps: 3, EgressBandwidthInMbps: 4}})
	done(client.UpdateIPv6GatewayRateLimitRule(id, limit, &vpc.UpdateIPv6GatewayRateLimitRuleArgs{IngressBandwidthInMbps: pointer(5), EgressBandwidthInMbps: pointer(6)}))
	equal("limit after update", limits()[0].IngressBandwidthInMbps, 5)
	done(client.DeleteIPv6GatewayRateLimitRule(id, limit, &vpc.DeleteIPv6GatewayRateLimitRuleArgs{}))
	equal("limits", len(limits()), 0)

	done(client.UpdateIPv6GatewayDeleteProtect(id, &vpc.UpdateIPv6GatewayDeleteProtectArgs{DeleteProtect: true}))
	equal("protection", get().DeleteProtect, true)
	refused(client.DeleteIPv6Gateway(id, &vpc.DeleteIPv6GatewayArgs{ClientToken: "early"}), 403, "OperationDenied")
	done(client.UpdateIPv6GatewayDeleteProtect(id, &vpc.UpdateIPv6GatewayDeleteProtectArgs{DeleteProtect: false}))
	done(client.DeleteIPv6Gateway(id, &vpc.DeleteIPv6GatewayArgs{}))
	refused(refusal(client.ListIPv6Gateway(&vpc.ListIPv6GatewayArgs{VpcId: net.vpcID})), 404, "NoSuchObject")
	net.demolish()
}
