package main

import (
	"fmt"

	"github.com/baidubce/bce-sdk-go/model"
	"github.com/baidubce/bce-sdk-go/services/vpc"
)

func newVpcClient() *vpc.Client {
	client, err := vpc.NewClient(env.AccessKeyID, env.SecretAccessKey, endpointOf("vpc"))
	must(err)
	return client
}

func tourVpc() {
	client := newVpcClient()
	id := tourNetworks(client)
	subnets := tourSubnets(client, id)
	tourRoutes(client, id)
	for _, subnet := range subnets {
		done(client.DeleteSubnet(subnet, "delete-"+subnet))
	}
	done(client.DeleteVPC(id, "delete-"+id))
	refused(refusal(client.GetVPCDetail(id)), 404, "NoSuchObject")
	refused(client.DeleteVPC(id, "delete-again"), 404, "NoSuchObject")
}

// tourNetworks leaves one VPC.
func tourNetworks(client *vpc.Client) string {
	before := len(ok(client.ListVPC(&vpc.ListVPCArgs{MaxKeys: 100})).VPCs)
	tags := []model.TagModel{{TagKey: "team", TagValue: "go"}}
	args := &vpc.CreateVPCArgs{ClientToken: "vpc-0", Name: "tour_0", Description: "first", Cidr: "10.0.0.0/16", Tags: tags}
	first := ok(client.CreateVPC(args)).VPCID
	equal("the same token makes no second one", ok(client.CreateVPC(args)).VPCID, first)
	args.Name = "other"
	refused(refusal(client.CreateVPC(args)), 403, "IdempotentParameterMismatch")

	shown := ok(client.GetVPCDetail(first)).VPC
	equal("id", shown.VPCId, first)
	equal("name", shown.Name, "tour_0")
	equal("description", shown.Description, "first")
	equal("cidr", shown.Cidr, "10.0.0.0/16")
	equal("tags", shown.Tags, tags)
	equal("is default", shown.IsDefault, false)
	equal("subnets", len(shown.Subnets), 0)
	that("created time", isTime(shown.CreatedTime))

	ids := []string{first}
	for i := 1; before+i < quotaOfVpcs; i++ {
		cidr := fmt.Sprintf("172.%d.0.0/16", 16+i)
		ids = append(ids, ok(client.CreateVPC(&vpc.CreateVPCArgs{Name: fmt.Sprintf("tour_%d", i), Cidr: cidr})).VPCID)
	}
	refused(refusal(client.CreateVPC(&vpc.CreateVPCArgs{Name: "one_more", Cidr: "10.9.0.0/16"})), 403, "QuotaLimitExceeded")
	refused(refusal(client.CreateVPC(&vpc.CreateVPCArgs{Name: "bad", Cidr: "10.9.0.0"})), 400, "BadRequest")

	list := func(marker string) ([]string, string, bool) {
		page := ok(client.ListVPC(&vpc.ListVPCArgs{Marker: marker, MaxKeys: 2}))
		equal("maxKeys", page.MaxKeys, 2)
		return idsOf(page.VPCs, func(one vpc.VPC) string { return one.VPCID }), page.NextMarker, page.IsTruncated
	}
	equal("VPCs", len(paged("VPCs", quotaOfVpcs/2, list)), quotaOfVpcs)
	equal("default VPCs", len(ok(client.ListVPC(&vpc.ListVPCArgs{IsDefault: "true"})).VPCs), 0)
	some := ok(client.ListVPC(&vpc.ListVPCArgs{VpcIds: ids[0] + "," + ids[1]})).VPCs
	equal("VPCs by id", len(some), 2)

	update := &vpc.UpdateVPCArgs{Name: "renamed", Description: "changed", SecondaryCidr: []string{"10.1.0.0/16"}}
	done(client.UpdateVPC(first, update))
	shown = ok(client.GetVPCDetail(first)).VPC
	equal("name after update", shown.Name, "renamed")
	equal("description after update", shown.Description, "changed")
	equal("secondary CIDRs", shown.SecondaryCidr, []string{"10.1.0.0/16"})
	refused(client.UpdateVPC("vpc-nothere1", update), 404, "NoSuchObject")

	for _, id := range ids[1:] {
		done(client.DeleteVPC(id, ""))
	}
	equal("VPCs in the end", len(ok(client.ListVPC(&vpc.ListVPCArgs{MaxKeys: 1000})).VPCs), before+1)
	return first
}

// tourSubnets leaves four subnets, in two zones.
func tourSubnets(client *vpc.Client, vpcID string) []string {
	var ids []string
	for i := range 4 {
		zone := zoneOf(i % 2)
		id := ok(client.CreateSubnet(&vpc.CreateSubnetArgs{
			Name:        fmt.Sprintf("subnet_%d", i),
			ZoneName:    zone,
			Cidr:        fmt.Sprintf("10.0.%d.0/24", i),
			VpcId:       vpcID,
			SubnetType:  vpc.SUBNET_TYPE_BCC,
			Description: "of the tour",
		})).SubnetId
		ids = append(ids, id)
		subnet := ok(client.GetSubnetDetail(id)).Subnet
		equal("VPC of the subnet", subnet.VPCId, vpcID)
		equal("zone", subnet.ZoneName, zone)
		equal("type", subnet.SubnetType, vpc.SUBNET_TYPE_BCC)
		equal("cidr", subnet.Cidr, fmt.Sprintf("10.0.%d.0/24", i))
		that("a new subnet has nearly all of its 256 addresses", subnet.AvailableIp > 245 && subnet.AvailableIp < 256)
	}
	list := func(marker string) ([]string, string, bool) {
		page := ok(client.ListSubnets(&vpc.ListSubnetArgs{Marker: marker, MaxKeys: 3, VpcId: vpcID}))
		return idsOf(page.Subnets, func(one vpc.Subnet) string { return one.SubnetId }), page.NextMarker, page.IsTruncated
	}
	equal("subnets", len(paged("subnets", 2, list)), 4)
	equal("subnets of a zone", len(ok(client.ListSubnets(&vpc.ListSubnetArgs{VpcId: vpcID, ZoneName: zoneOf(0)})).Subnets), 2)
	equal("subnets of the VPC", len(ok(client.GetVPCDetail(vpcID)).VPC.Subnets), 4)
	done(client.UpdateSubnet(ids[0], &vpc.UpdateSubnetArgs{Name: "renamed", Description: "changed"}))
	renamed := ok(client.GetSubnetDetail(ids[0])).Subnet
	equal("name after update", renamed.Name, "renamed")
	equal("description after update", renamed.Description, "changed")
	outside := &vpc.CreateSubnetArgs{Name: "outside", ZoneName: zoneOf(0), Cidr: "10.200.0.0/24", VpcId: vpcID}
	refused(refusal(client.CreateSubnet(outside)), 400, "BadRequest")
	nowhere := &vpc.CreateSubnetArgs{Name: "nowhere", ZoneName: zoneOf(0), Cidr: "10.0.9.0/24", VpcId: "vpc-nothere1"}
	refused(refusal(client.CreateSubnet(nowhere)), 404, "NoSuchObject")
	refused(refusal(client.GetSubnetDetail("sbn-nothere1")), 404, "NoSuchObject")
	refused(client.DeleteSubnet("sbn-nothere1", ""), 404, "NoSuchObject")
	refused(client.DeleteVPC(vpcID, ""), 409, "NotAllowDeleteVpc")
	return ids
}

func tourRoutes(client *vpc.Client, vpcID string) {
	table := ok(client.GetRouteTableDetail("", vpcID))
	equal("VPC of the table", table.VpcId, vpcID)
	equal("the table by its own id", ok(client.GetRouteTableDetail(table.RouteTableId, "")).VpcId, vpcID)
	system := len(table.RouteRules)
	for _, rule := range table.RouteRules {
		equal("a new table has the cloud's routes alone", rule.NexthopType, "sys")
	}
	args := &vpc.CreateRouteRuleArgs{
		RouteTableId:       table.RouteTableId,
		SourceAddress:      "0.0.0.0/0",
		DestinationAddress: "192.168.7.0/24",
		NexthopType:        vpc.NEXTHOP_TYPE_CUSTOM,
		NexthopId:          "i-nothere1",
		Description:        "pods",
	}
	refused(refusal(client.CreateRouteRule(args)), 404, "NoSuchObject")
	refused(client.DeleteRouteRule("rr-nothere1", ""), 404, "NoSuchObject")
	rules := ok(client.GetRouteRuleDetail(&vpc.GetRouteRuleArgs{VpcId: vpcID, MaxKeys: 1})).RouteRules
	equal("rules", len(rules), min(system, 1))
	refused(refusal(client.GetRouteTableDetail("rt-nothere1", "")), 404, "NoSuchObject")
}
