package main

import (
	"fmt"
	"strings"

	"github.com/baidubce/bce-sdk-go/services/bec"
	"github.com/baidubce/bce-sdk-go/services/bec/api"
)

// edge is where the tour of the edge is.
const edge = "cn-hangzhou-cm"

func tourBec() {
	client, err := bec.NewClient(env.AccessKeyID, env.SecretAccessKey, endpointOf("bec"))
	must(err)
	tourEdgeNodes(client)
	tourEdgeNetworks(client)
	tourDeploySets(client)
	tourEdgeMachines(client)
	tourEdgeContainers(client)
	tourEdgeAppBalancers(client)
}

// acted expects that a call of the edge is done: 200 alone does not say so.
func acted(what string, result bool, action string) {
	equal(what+": result", result, true)
	that(what+": action", action != "")
}

func tourEdgeNodes(client *bec.Client) {
	for _, kind := range []string{"vm", "container", "lb", "nat"} {
		nodes := ok(client.GetBecAvailableNodeInfoVo(kind))
		that("regions for "+kind, len(nodes.RegionList) > 0 && nodes.NodeSum > 0)
		provider := nodes.RegionList[0].CityList[0].ServiceProviderList[0]
		that("a region id", strings.HasPrefix(provider.RegionId, "cn-"))
		equal("country", nodes.RegionList[0].Country, "cn")
	}
}

func tourEdgeNetworks(client *bec.Client) {
	var ids []string
	for i := range 3 {
		made := ok(client.CreateVpc(&api.CreateVpcRequest{Name: fmt.Sprintf("edge-%d", i), RegionId: edge, Cidr: fmt.Sprintf("10.%d.0.0/16", 30+i), Description: "of the tour"}))
		acted("VPC", made.Result, made.Action)
		ids = append(ids, fmt.Sprint(made.Details["vpcId"]))
	}
	id := ids[0]
	page := func(no int) *api.LogicPageVpcResult {
		return ok(client.GetVpcList(&api.ListRequest{RegionId: edge, PageNo: no, PageSize: 2}))
	}
	all := append(page(1).Result, page(2).Result...)
	equal("VPCs in all", page(1).TotalCount, len(all))
	that("the first page is full", len(page(1).Result) == 2)
	shown := ok(client.GetVpcDetail(id)).Vpc
	equal("name", shown.Name, "edge-0")
	equal("range", shown.Cidr, "10.30.0.0/16")
	equal("place", shown.RegionId, edge)
	equal("city", shown.City, "HANGZHOU")
	acted("update", ok(client.UpdateVpc(id, &api.UpdateVpcRequest{Name: "renamed", Description: "changed"})).Result, "update")
	equal("name after update", ok(client.GetVpcDetail(id)).Vpc.Name, "renamed")

	subnet := fmt.Sprint(ok(client.CreateSubnet(&api.CreateSubnetRequest{Name: "edge", VpcId: id, Cidr: "10.30.1.0/24", Description: "of the tour"})).Details["subnetId"])
	sub := ok(client.GetSubnetDetail(subnet)).Subnet
	equal("VPC of the subnet", sub.VpcId, id)
	that("free addresses", sub.AvailableIp > 200)
	done(client.UpdateSubnet(subnet, &api.UpdateSubnetRequest{Name: "renamed"}))
	equal("name after update", ok(client.GetSubnetDetail(subnet)).Subnet.Name, "renamed")
	that("the subnet is listed", ok(client.GetSubnetList(&api.ListRequest{VpcId: id, PageNo: 1, PageSize: 10})).TotalCount >= 1)
	refused(refusal(client.DeleteVpc(id)), 409, "OperationDenied")
	done(client.DeleteSubnet(subnet))
	refused(refusal(client.GetSubnetDetail(subnet)), 404, "ResourceNotFound")
	for _, one := range ids {
		gone := ok(client.DeleteVpc(one))
		acted("deletion", gone.Result, gone.Action)
	}
	refused(refusal(client.GetVpcDetail(id)), 404, "ResourceNotFound")
}

// tourEdgeRoutes lets traffic of the VPC go by one of its machines.
func tourEdgeRoutes(client *bec.Client, vpcID, machine string) {
	tables := ok(client.GetRouteTableList(&api.ListRequest{VpcId: vpcID, RegionId: edge, PageNo: 1, PageSize: 10})).Result
	table := ""
	for _, one := range tables {
		if one.VpcId == vpcID {
			table = one.TableId
		}
	}
	that("the VPC has a table", table != "")
	equal("the table by its id", ok(client.GetRouteTableDetail(table)).Details.RouteTableVo.VpcId, vpcID)
	renamed := ok(client.UpdateRouteTable(table, &api.UpdateRouteTableRequest{TableId: table, TableName: "renamed"}))
	equal("name after rename", renamed.Details.TableName, "renamed")
	args := &api.CreateRouteRuleRequest{TableId: table, IpVersion: 4, SourceAddress: "0.0.0.0/0", DestinationAddress: "172.20.0.0/16", Nexthop: "vm-nothere1", RouteType: "custom", Description: "pods"}
	refused(refusal(client.CreateRouteRule(args)), 404, "ResourceNotFound")
	args.Nexthop = machine
	rule := ok(client.CreateRouteRule(args)).Details
	that("its id", rule.RuleId != "")
	rules := func() []api.RouteRuleView {
		return ok(client.GetRouteRuleList(table, &api.ListRequest{PageNo: 1, PageSize: 100})).Result
	}
	found := false
	for _, one := range rules() {
		if one.RuleId == rule.RuleId {
			found = true
			equal("next hop", one.Nexthop, machine)
			equal("destination", one.DestinationAddress, "172.20.0.0/16")
			equal("description", one.Description, "pods")
		}
	}
	that("the rule is listed", found)
	before := len(rules())
	gone := ok(client.DeleteRouteRule(rule.RuleId))
	acted("deletion", gone.Result, gone.Action)
	equal("rules", len(rules()), before-1)
}

func tourDeploySets(client *bec.Client) {
	var ids []string
	for _, name := range []string{"spread-1", "spread-2", "spread-3"} {
		ids = append(ids, ok(client.CreateDeploySet(&api.CreateDeploySetArgs{Name: name, Desc: "of the tour"})).DeploysetIdList...)
	}
	equal("sets made", len(ids), 3)
	page := func(no int) *api.LogicPageDeploySetResult {
		return ok(client.GetDeploySetList(&api.ListRequest{PageNo: no, PageSize: 2}))
	}
	equal("sets in all", page(1).TotalCount, 3)
	equal("sets on the pages", fmt.Sprint(len(page(1).Result), len(page(2).Result)), "2 1")
	done(client.UpdateDeploySet(ids[0], &api.CreateDeploySetArgs{Name: "renamed", Desc: "changed"}))
	shown := ok(client.GetDeploySetDetail(ids[0]))
	equal("name after update", shown.Name, "renamed")
	equal("description after update", shown.Desc, "changed")
	equal("machines in it", shown.InstanceCount, 0)
	for _, id := range ids {
		done(client.DeleteDeploySet(id))
	}
	refused(refusal(client.GetDeploySetDetail(ids[0])), 404, "ResourceNotFound")
}
