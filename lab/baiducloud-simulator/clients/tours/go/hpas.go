package main

import (
	"fmt"
	"strings"

	"github.com/baidubce/bce-sdk-go/services/bcc/api"
	"github.com/baidubce/bce-sdk-go/services/hpas"
	hpasapi "github.com/baidubce/bce-sdk-go/services/hpas/api"
)

// tourHpas is about machines for AI work, whose calls all have one path.
func tourHpas() {
	client, err := hpas.NewClient(env.AccessKeyID, env.SecretAccessKey, endpointOf("hpas"))
	must(err)
	servers := newBccClient()
	net := buildNetwork("hpas")
	specs := ok(client.DescribeHpasSpecs(&hpasapi.DescribeHpasSpecsReq{ZoneName: zoneOf(0)})).HpasSpecs
	that("what can be bought", len(specs) > 0)
	that("its processors and cards", specs[0].CpuCount > 0 && specs[0].GpuCardCount > 0)
	stock := &hpasapi.DescribeInstanceInventoryQuantityReq{AppType: specs[0].AppType, AppPerformanceLevel: specs[0].AppPerformanceLevel, ZoneName: zoneOf(0)}
	that("some are in stock", ok(client.DescribeInstanceInventoryQuantity(stock)).InventoryQuantity > 0)
	images := ok(client.ImageList(&hpasapi.DescribeHpasImageReq{ImageType: "System", MaxKeys: 1})).Images
	equal("images on a page of one", len(images), 1)

	args := &hpasapi.CreateHpasReq{
		AppType: specs[0].AppType, AppPerformanceLevel: specs[0].AppPerformanceLevel, Name: "train", PurchaseNum: 3,
		ZoneName: zoneOf(0), ImageId: images[0].ImageId, SubnetId: net.subnets[0], Password: "Tour_1234",
		BillingModel: hpasapi.BillingModel{ChargeType: "Postpaid"}, Tags: []hpasapi.TagModel{{TagKey: "team", TagValue: "go"}},
	}
	ids := ok(client.CreateHpas(args)).HpasIds
	equal("machines made", len(ids), 3)
	get := func() hpasapi.HpasResponse {
		found := ok(client.DescribeHPASInstancesByMaker(&hpasapi.ListHpasByMakerReq{HpasIds: ids[:1]})).Hpass
		equal("machines of one id", len(found), 1)
		return found[0]
	}
	status := func(wanted string) {
		for _, id := range ids {
			until(id+" is "+wanted, func() bool {
				return ok(client.DescribeHPASInstancesByMaker(&hpasapi.ListHpasByMakerReq{HpasIds: []string{id}})).Hpass[0].Status == wanted
			})
		}
	}
	status("Active")
	shown := get()
	that("its id", strings.HasPrefix(shown.HpasId, "hpas-"))
	that("its name", strings.HasPrefix(shown.Name, "train"))
	equal("application", shown.AppType, specs[0].AppType)
	equal("VPC", shown.VpcId, net.vpcID)
	equal("range of the VPC", shown.VpcCidr, "10.8.0.0/16")
	equal("subnet", shown.SubnetId, net.subnets[0])
	equal("image", shown.ImageId, images[0].ImageId)
	equal("tags", shown.Tags, []hpasapi.TagResponse{{TagKey: "team", TagValue: "go"}})
	equal("network cards", len(shown.NicInfo), 1)
	equal("its address is the first card's", shown.NicInfo[0].Ipv4s[0], hpasapi.Ipv4Info{PrivateIP: shown.InternalIp, Primary: true})
	that("created", isTime(shown.CreateTime))
	list := func(marker string) ([]string, string, bool) {
		page := ok(client.DescribeHPASInstancesByMaker(&hpasapi.ListHpasByMakerReq{VpcId: net.vpcID, Marker: marker, MaxKeys: 2}))
		return idsOf(page.Hpass, func(one hpasapi.HpasResponse) string { return one.HpasId }), page.NextMarker, page.IsTruncated
	}
	equal("machines", len(paged("machines", 2, list)), 3)
	numbered := func(page int) *hpasapi.ListHpasByPageResp {
		return ok(client.ListHpas(&hpasapi.ListHpasPageReq{ZoneName: zoneOf(0), PageNo: page, PageSize: 2}))
	}
	equal("machines in all", numbered(1).TotalCount, int64(3))
	equal("machines on the pages", fmt.Sprint(len(numbered(1).Hpass), len(numbered(2).Hpass)), "2 1")
	that("a console", strings.HasPrefix(ok(client.DescribeHpasVncUrl(&hpasapi.DescribeHpasVncUrlReq{HpasId: ids[0]})).VncUrl, "https://"))

	done(client.StopHpas(&hpasapi.StopHpasReq{HpasIds: ids}))
	status("Stopped")
	done(client.ModifyHpasJumbo(&hpasapi.ModifyJumboReq{HpasIds: ids[:1], EnableJumboFrame: true}))
	equal("jumbo frames", get().EnableJumboFrame, true)
	done(client.StartHpas(&hpasapi.StartHpasReq{HpasIds: ids}))
	status("Active")
	done(client.RebootHpas(&hpasapi.RebootHpasReq{HpasIds: ids[:1]}))
	status("Active")
	done(client.ResetHpas(&hpasapi.ResetHpasReq{HpasIds: ids[:1], ImageId: images[0].ImageId, Password: "Other_1234"}))
	status("Active")
	done(client.ModifyPasswordHpas(&hpasapi.ModifyPasswordHpasReq{HpasId: ids[0], Password: "Third_1234"}))
	status("Active")
	done(client.ModifyInstancesAttribute(&hpasapi.ModifyInstancesAttributeReq{HpasIds: ids[:1], Name: "renamed"}))
	equal("name after rename", get().Name, "renamed")
	tags := &hpasapi.TagsOperationRequest{ResourceType: "hpas", ResourceIds: ids[:1], Tags: []hpasapi.TagModel{{TagKey: "stage", TagValue: "test"}}}
	done(client.AttachTags(tags))
	equal("tags", len(get().Tags), 2)
	done(client.DetachTags(tags))
	equal("tags", len(get().Tags), 1)

	added := ok(client.AssignPrivateIpAddresses(&hpasapi.AssignIpv4Req{HpasId: ids[0], SecondaryPrivateIpCount: 2})).PrivateIps
	equal("addresses added", len(added), 2)
	equal("addresses", len(get().NicInfo[0].Ipv4s), 3)
	ok(client.UnAssignPrivateIpAddresses(&hpasapi.UnAssignIpv4Req{HpasId: ids[0], PrivateIps: added}))
	equal("addresses", len(get().NicInfo[0].Ipv4s), 1)
	tourHpasGroups(client, net, ids[0], get)
	tourHpasImages(client, ids[0])
	tourReservedHpas(client, specs[0])

	refused(client.StartHpas(&hpasapi.StartHpasReq{HpasIds: []string{"hpas-nothere1"}}), 404, "NoSuchObject")
	done(client.DeleteHpas(&hpasapi.DeleteHpasReq{HpasIds: ids, DeleteVolume: true}))
	until("the machines are gone", func() bool {
		return len(ok(client.DescribeHPASInstancesByMaker(&hpasapi.ListHpasByMakerReq{VpcId: net.vpcID})).Hpass) == 0
	})
	untilEmpty(servers, net)
	net.demolish()
}

func tourHpasGroups(client *hpas.Client, net *network, id string, get func() hpasapi.HpasResponse) {
	group := ok(newBccClient().CreateSecurityGroup(&api.CreateSecurityGroupArgs{Name: "hpas", VpcId: net.vpcID, Rules: []api.SecurityGroupRuleModel{
		{Direction: "egress", DestIp: "0.0.0.0/0"},
	}})).SecurityGroupId
	before := get().NicInfo[0].SecurityGroupIds
	request := &hpasapi.SecurityGroupsReq{HpasIds: []string{id}, SecurityGroupIds: []string{group}, SecurityGroupType: "normal"}
	ok(client.AttachSecurityGroups(request))
	equal("groups", len(get().NicInfo[0].SecurityGroupIds), len(before)+1)
	ok(client.DetachSecurityGroups(request))
	equal("groups", get().NicInfo[0].SecurityGroupIds, before)
	ok(client.ReplaceSecurityGroups(request))
	equal("groups", get().NicInfo[0].SecurityGroupIds, []string{group})
	ok(client.ReplaceSecurityGroups(&hpasapi.SecurityGroupsReq{HpasIds: []string{id}, SecurityGroupIds: before, SecurityGroupType: "normal"}))
	done(newBccClient().DeleteSecurityGroup(group))
}

func tourHpasImages(client *hpas.Client, id string) {
	made := *ok(client.CreateImage(&hpasapi.CreateImageReq{HpasId: id, ImageName: "mine"})).ImageId
	find := func() hpasapi.ImageResponse {
		for _, image := range ok(client.ImageList(&hpasapi.DescribeHpasImageReq{ImageType: "Custom", MaxKeys: 100})).Images {
			if image.ImageId == made {
				return image
			}
		}
		return hpasapi.ImageResponse{}
	}
	until("the image is available", func() bool { return find().ImageStatus == "Available" })
	equal("name", find().Name, "mine")
	ok(client.ModifyImageAttribute(&hpasapi.ModifyImageAttributeReq{ImageId: made, ImageName: "renamed"}))
	equal("name after rename", find().Name, "renamed")
	ok(client.DeleteImages(&hpasapi.DeleteImagesReq{ImageIds: []string{made}}))
	equal("the image in the end", find().ImageId, "")
	refused(refusal(client.DeleteImages(&hpasapi.DeleteImagesReq{ImageIds: []string{made}})), 404, "NoSuchObject")
}

func tourReservedHpas(client *hpas.Client, spec hpasapi.HpasSpec) {
	ids := ok(client.CreateReservedHpas(&hpasapi.CreateReservedHpasReq{
		Name: "reserved", ZoneName: zoneOf(0), AppType: spec.AppType, AppPerformanceLevel: spec.AppPerformanceLevel, PurchaseNum: 2,
		BillingModel: hpasapi.BillingModel{ChargeType: "Prepaid", Period: 1, PeriodUnit: "month"},
	})).ReservedHpasIds
	equal("reserved", len(ids), 2)
	list := func(marker string) ([]string, string, bool) {
		page := ok(client.DescribeReservedHpasByMaker(&hpasapi.ListReservedHpasByMakerReq{Marker: marker, MaxKeys: 1}))
		return idsOf(page.ReservedHpasList, func(one hpasapi.HpasReservedResponse) string { return one.ReservedHpasId }), page.NextMarker, page.IsTruncated
	}
	equal("reservations", len(paged("reservations", 2, list)), 2)
	ok(client.ModifyReservedHpasName(&hpasapi.ModifyReservedHpasNameReq{ReservedInstanceIds: ids[:1], Name: "renamed"}))
	page := ok(client.DescribeReservedHpas(&hpasapi.ListReservedHpasPageReq{ReservedHpasIds: ids[:1], PageNo: 1, PageSize: 10}))
	equal("reservations of one id", page.TotalCount, int64(1))
	equal("name after rename", page.ReservedHpasList[0].Name, "renamed")
	equal("application", page.ReservedHpasList[0].AppType, spec.AppType)
	equal("months", page.ReservedHpasList[0].ReservedHpasPeriod, 1)
	move := []hpasapi.ModifyReservedHpasModel{{ReservedInstanceId: ids[0], ZoneName: zoneOf(1)}}
	orders := ok(client.ModifyReservedHpas(&hpasapi.ModifyReservedHpasReq{ModifyReservedHpasList: move})).ModifyReservedInstanceOrders
	equal("orders", len(orders), 1)
	equal("order of", orders[0].ReservedInstanceId, ids[0])
}
