package main

import (
	"fmt"
	"net/netip"

	"github.com/baidubce/bce-sdk-go/model"
	"github.com/baidubce/bce-sdk-go/services/eip"
)

func newEipClient() *eip.Client {
	client, err := eip.NewClient(env.AccessKeyID, env.SecretAccessKey, endpointOf("eip"))
	must(err)
	return client
}

var byTraffic = &eip.Billing{PaymentTiming: "Postpaid", BillingMethod: "ByTraffic"}

func findEip(client *eip.Client, address string) eip.EipModel {
	list := ok(client.ListEip(&eip.ListEipArgs{Eip: address})).EipList
	if len(list) != 1 {
		report("expected one EIP %s, got %d", address, len(list))
		panic(stop{})
	}
	return list[0]
}

func untilEip(client *eip.Client, address, status string) eip.EipModel {
	until(address+" is "+status, func() bool { return findEip(client, address).Status == status })
	return findEip(client, address)
}

func tourEip() {
	client := newEipClient()
	addresses := tourAddresses(client)
	tourBinding(client, addresses[0])
	tourEipGroups(client)
	for _, address := range addresses {
		done(client.DeleteEip(address, ""))
	}
	refused(client.DeleteEip(addresses[0], "again"), 404, "NoSuchObject")
	equal("EIPs in the end", len(ok(client.ListEip(&eip.ListEipArgs{})).EipList), 0)
}

// tourAddresses leaves five addresses.
func tourAddresses(client *eip.Client) []string {
	tags := []model.TagModel{{TagKey: "team", TagValue: "go"}}
	args := &eip.CreateEipArgs{Name: "tour-0", BandWidthInMbps: 5, Billing: byTraffic, Tags: tags, ClientToken: "eip-0"}
	first := ok(client.CreateEip(args)).Eip
	_, err := netip.ParseAddr(first)
	that("an address", err == nil)
	equal("the same token makes no second one", ok(client.CreateEip(args)).Eip, first)
	addresses := []string{first}
	for i := 1; i < 5; i++ {
		name := fmt.Sprintf("tour-%d", i)
		addresses = append(addresses, ok(client.CreateEip(&eip.CreateEipArgs{Name: name, BandWidthInMbps: i, Billing: byTraffic})).Eip)
	}
	shown := untilEip(client, first, "available")
	equal("name", shown.Name, "tour-0")
	equal("bandwidth", shown.BandWidthInMbps, 5)
	equal("kind", shown.EipInstanceType, "normal")
	equal("payment", shown.PaymentTiming, "Postpaid")
	equal("billing", shown.BillingMethod, "ByTraffic")
	equal("region", shown.Region, env.Region)
	equal("bound to", shown.InstanceId, "")
	equal("tags", shown.Tags, tags)
	that("its id", len(shown.EipId) > 3 && shown.EipId[:3] == "ip-")
	that("created time", isTime(shown.CreateTime))
	for _, address := range addresses {
		untilEip(client, address, "available")
	}

	list := func(marker string) ([]string, string, bool) {
		page := ok(client.ListEip(&eip.ListEipArgs{Marker: marker, MaxKeys: 2}))
		equal("maxKeys", page.MaxKeys, 2)
		return idsOf(page.EipList, func(one eip.EipModel) string { return one.Eip }), page.NextMarker, page.IsTruncated
	}
	equal("EIPs", len(paged("EIPs", 3, list)), 5)
	equal("EIPs by id", len(ok(client.ListEip(&eip.ListEipArgs{EipIds: []string{shown.EipId}})).EipList), 1)
	equal("EIPs that are free", len(ok(client.ListEip(&eip.ListEipArgs{Status: "available"})).EipList), 5)
	equal("EIPs that are bound", len(ok(client.ListEip(&eip.ListEipArgs{Status: "binded"})).EipList), 0)
	equal("EIPs of an address that is not ours", len(ok(client.ListEip(&eip.ListEipArgs{Eip: "203.0.113.1"})).EipList), 0)

	done(client.ResizeEip(first, &eip.ResizeEipArgs{NewBandWidthInMbps: 20}))
	equal("bandwidth after resize", untilEip(client, first, "available").BandWidthInMbps, 20)
	refused(client.ResizeEip("203.0.113.1", &eip.ResizeEipArgs{NewBandWidthInMbps: 20}), 404, "NoSuchObject")

	done(client.UpdateEipDeleteProtect(first, &eip.UpdateEipDeleteProtectArgs{DeleteProtect: pointer(true)}))
	equal("protection", findEip(client, first).DeleteProtect, true)
	refused(client.DeleteEip(first, ""), 409, "OperationDenied")
	done(client.UpdateEipDeleteProtect(first, &eip.UpdateEipDeleteProtectArgs{DeleteProtect: pointer(false)}))
	equal("protection", findEip(client, first).DeleteProtect, false)
	return addresses
}

func tourBinding(client *eip.Client, address string) {
	net := buildNetwork("eips")
	servers := newBccClient()
	id := net.instances(servers, "eip-holder", 1)[0]
	bind := &eip.BindEipArgs{InstanceType: "BCC", InstanceId: id}
	done(client.BindEip(address, bind))
	refused(client.BindEip(address, bind), 409, "OperationDenied")
	shown := untilEip(client, address, "binded")
	equal("kind of what it is bound to", shown.InstanceType, "BCC")
	equal("what it is bound to", shown.InstanceId, id)
	equal("public address of the instance", ok(servers.GetInstanceDetail(id)).Instance.PublicIP, address)
	found := ok(client.ListEip(&eip.ListEipArgs{InstanceType: "BCC", InstanceId: id})).EipList
	equal("EIPs of the instance", len(found), 1)
	refused(refusal(client.ListEip(&eip.ListEipArgs{InstanceId: id})), 400, "BadRequest")
	refused(client.DeleteEip(address, ""), 409, "OperationDenied")
	done(client.UnBindEip(address, ""))
	equal("bound after unbind", untilEip(client, address, "available").InstanceId, "")
	refused(client.UnBindEip(address, "again"), 409, "UnsupportedOperation")
	missing := &eip.BindEipArgs{InstanceType: "BCC", InstanceId: "i-nothere1"}
	refused(client.BindEip(address, missing), 404, "NoSuchObject")
	done(servers.DeleteInstance(id))
	untilGone(servers, id)
	net.demolish()
}

func tourEipGroups(client *eip.Client) {
	billing := &eip.Billing{PaymentTiming: "Postpaid", BillingMethod: "ByBandwidth"}
	args := &eip.CreateEipGroupArgs{Name: "group-a", EipCount: 2, BandWidthInMbps: 30, Billing: billing}
	id := ok(client.CreateEipGroup(args)).Id
	that("its id", len(id) > 3 && id[:3] == "eg-")
	until("the group is available", func() bool { return ok(client.EipGroupDetail(id)).Status == "available" })
	group := ok(client.EipGroupDetail(id))
	equal("name", group.Name, "group-a")
	equal("bandwidth", group.BandWidthInMbps, 30)
	equal("addresses", len(group.Eips), 2)
	equal("kind of its addresses", group.Eips[0].EipInstanceType, "shared")
	equal("group of its addresses", group.Eips[0].ShareGroupId, id)
	second := ok(client.CreateEipGroup(&eip.CreateEipGroupArgs{Name: "group-b", BandWidthInMbps: 30, Billing: billing})).Id
	list := func(marker string) ([]string, string, bool) {
		page := ok(client.ListEipGroup(&eip.ListEipGroupArgs{Marker: marker, MaxKeys: 1}))
		return idsOf(page.EipGroup, func(one eip.EipGroupModel) string { return one.Id }), page.NextMarker, page.IsTruncated
	}
	equal("groups", len(paged("groups", 2, list)), 2)
	done(client.RenameEipGroup(id, &eip.RenameEipGroupArgs{Name: "renamed"}))
	done(client.ResizeEipGroupBandWidth(id, &eip.ResizeEipGroupArgs{BandWidthInMbps: 60}))
	until("the group is available", func() bool { return ok(client.EipGroupDetail(id)).Status == "available" })
	group = ok(client.EipGroupDetail(id))
	equal("name after rename", group.Name, "renamed")
	equal("bandwidth after resize", group.BandWidthInMbps, 60)
	alone := ok(client.CreateEip(&eip.CreateEipArgs{BandWidthInMbps: 1, Billing: byTraffic})).Eip
	untilEip(client, alone, "available")
	done(client.EipGroupMoveIn(id, &eip.EipGroupMoveInArgs{Eips: []string{alone}}))
	equal("group of what moved in", untilEip(client, alone, "available").ShareGroupId, id)
	refused(client.ResizeEip(alone, &eip.ResizeEipArgs{NewBandWidthInMbps: 7}), 409, "OperationDenied")
	done(client.EipGroupMoveOut(id, &eip.EipGroupMoveOutArgs{MoveOutEips: []eip.MoveOutEip{{Eip: alone}}}))
	equal("group of what moved out", untilEip(client, alone, "available").ShareGroupId, "")
	done(client.DeleteEip(alone, ""))
	done(client.DeleteEipGroup(id, ""))
	done(client.DeleteEipGroup(second, ""))
	refused(refusal(client.EipGroupDetail(id)), 404, "NoSuchObject")
}
