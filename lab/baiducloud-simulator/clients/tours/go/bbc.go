package main

import (
	"strings"

	"github.com/baidubce/bce-sdk-go/model"
	"github.com/baidubce/bce-sdk-go/services/bbc"
	"github.com/baidubce/bce-sdk-go/services/bcc/api"
)

// tourBbc is about bare metal.
func tourBbc() {
	client, err := bbc.NewClient(env.AccessKeyID, env.SecretAccessKey, endpointOf("bbc"))
	must(err)
	servers := newBccClient()
	net := buildNetwork("metal")
	flavors := ok(client.ListFlavors()).Flavors
	that("what can be bought", len(flavors) > 0 && flavors[0].FlavorId != "" && flavors[0].MemoryCapacityInGB > 0)
	equal("one of them", ok(client.GetFlavorDetail(flavors[0].FlavorId)).CpuCount, flavors[0].CpuCount)
	images := ok(client.ListImage(&bbc.ListImageArgs{MaxKeys: 1, ImageType: "System"}))
	equal("images on a page of one", len(images.Images), 1)
	equal("there are more", images.IsTruncated, true)
	image := images.Images[0].Id
	equal("image", ok(client.GetImageDetail(image)).Result.Id, image)

	tags := []model.TagModel{{TagKey: "team", TagValue: "go"}}
	args := &bbc.CreateInstanceArgs{
		FlavorId: flavors[0].FlavorId, ImageId: image, RaidId: "raid-x", RootDiskSizeInGb: 40, PurchaseCount: 3, ZoneName: zoneOf(0),
		SubnetId: net.subnets[0], Name: "metal", AdminPass: "Tour_1234", Billing: bbc.Billing{PaymentTiming: bbc.PaymentTimingPostPaid},
		Tags: tags, ClientToken: "bbc-0",
	}
	ids := ok(client.CreateInstance(args)).InstanceIds
	equal("servers made", len(ids), 3)
	id := ids[0]
	get := func() *bbc.InstanceModel { return ok(client.GetInstanceDetail(id)) }
	status := func(wanted bbc.InstanceStatus) {
		for _, one := range ids {
			until(one+" is "+string(wanted), func() bool { return ok(client.GetInstanceDetail(one)).Status == wanted })
		}
	}
	status(bbc.InstanceStatusRunning)
	that("its name", strings.HasPrefix(get().Name, "metal"))
	equal("kind", get().FlavorId, flavors[0].FlavorId)
	equal("image", get().ImageId, image)
	equal("zone", get().Zone, zoneOf(0))
	equal("region", get().Region, env.Region)
	equal("tags", get().Tags, tags)
	equal("it runs, as a number", get().HasAlive, 1)
	that("created", isTime(get().CreateTime))
	list := func(marker string) ([]string, string, bool) {
		page := ok(client.ListInstances(&bbc.ListInstancesArgs{Marker: marker, MaxKeys: 2, VpcId: net.vpcID}))
		return idsOf(page.Instances, func(one bbc.InstanceModel) string { return one.Id }), page.NextMarker, page.IsTruncated
	}
	equal("servers", len(paged("servers", 2, list)), 3)
	equal("servers of an address", ok(client.ListInstances(&bbc.ListInstancesArgs{InternalIp: get().InternalIp})).Instances[0].Id, id)
	equal("servers of ids", len(ok(client.ListInstanceByInstanceIds(&bbc.ListInstanceByInstanceIdArgs{InstanceIds: ids[:2]})).Instances), 2)
	network := ok(client.GetVpcSubnet(&bbc.GetVpcSubnetArgs{BbcIds: ids[:1]})).NetworkInfo
	equal("VPC", network[0].Vpc.VpcId, net.vpcID)
	equal("subnet", network[0].Subnet.SubnetId, net.subnets[0])
	that("a console", strings.HasPrefix(ok(client.GetInstanceVNC(id)).VNCUrl, "https://"))

	done(client.StopInstance(id, true))
	until("it stands", func() bool { return get().Status == bbc.InstanceStatusStopped })
	refused(client.StopInstance(id, true), 409, "Instance.StopInstanceOperationForbidden")
	done(client.StartInstance(id))
	status(bbc.InstanceStatusRunning)
	done(client.RebootInstance(id, true))
	status(bbc.InstanceStatusRunning)
	done(client.ModifyInstanceName(id, &bbc.ModifyInstanceNameArgs{Name: "renamed"}))
	done(client.ModifyInstanceDesc(id, &bbc.ModifyInstanceDescArgs{Description: "changed"}))
	equal("name after rename", get().Name, "renamed")
	equal("description", get().Desc, "changed")
	done(client.ModifyInstancePassword(id, &bbc.ModifyInstancePasswordArgs{AdminPass: "Other_1234"}))
	status(bbc.InstanceStatusRunning)
	done(client.RebuildInstance(id, true, &bbc.RebuildInstanceArgs{ImageId: image, AdminPass: "Third_1234", IsPreserveData: true}))
	status(bbc.InstanceStatusRunning)
	more := []model.TagModel{{TagKey: "stage", TagValue: "test"}}
	done(client.BindTags(id, &bbc.BindTagsArgs{ChangeTags: more}))
	equal("tags", len(get().Tags), 2)
	done(client.UnbindTags(id, &bbc.UnbindTagsArgs{ChangeTags: more}))
	equal("tags", get().Tags, tags)

	tourBbcNetwork(client, net, id)
	made := ok(client.CreateImageFromInstanceId(&bbc.CreateImageArgs{ImageName: "mine", InstanceId: id})).ImageId
	until("the image is available", func() bool { return ok(client.GetImageDetail(made)).Result.Status == "Available" })
	equal("images that were made", len(ok(client.ListImage(&bbc.ListImageArgs{ImageType: "Custom"})).Images), 1)
	done(client.DeleteImage(made))
	refused(refusal(client.GetImageDetail(made)), 404, "NoSuchObject")
	tourBbcRelease(client, ids, get)
	untilEmpty(servers, net)
	net.demolish()
}

func tourBbcNetwork(client *bbc.Client, net *network, id string) {
	port := func() *bbc.GetInstanceEniResult { return ok(client.GetInstanceEni(id)) }
	equal("VPC of its card", port().VpcId, net.vpcID)
	equal("primary, as a truth value", port().PrivateIpSet[0].Primary, true)
	added := ok(client.BatchAddIP(&bbc.BatchAddIpArgs{InstanceId: id, SecondaryPrivateIpAddressCount: 2})).PrivateIps
	equal("addresses added", len(added), 2)
	equal("addresses", len(port().PrivateIpSet), 3)
	done(client.BatchDelIP(&bbc.BatchDelIpArgs{InstanceId: id, PrivateIps: added}))
	equal("addresses", len(port().PrivateIpSet), 1)
	servers := newBccClient()
	group := ok(servers.CreateSecurityGroup(&api.CreateSecurityGroupArgs{Name: "metal", VpcId: net.vpcID, Rules: []api.SecurityGroupRuleModel{
		{Direction: "egress", DestIp: "0.0.0.0/0"},
	}})).SecurityGroupId
	done(client.BindSecurityGroups(&bbc.BindSecurityGroupsArgs{InstanceIds: []string{id}, SecurityGroupIds: []string{group}}))
	refused(servers.DeleteSecurityGroup(group), 403, "SecurityGroup.InstancesAssociatedSecurityGroupCanNotBeDeleted")
	done(client.UnBindSecurityGroups(&bbc.UnBindSecurityGroupsArgs{InstanceId: id, SecurityGroupId: group}))
	done(servers.DeleteSecurityGroup(group))
	refused(client.InstanceChangeSubnet(&bbc.InstanceChangeSubnetArgs{InstanceId: id, SubnetId: "sbn-nothere1", Reboot: true}), 404, "NoSuchObject")
}

// tourBbcRelease lets servers go in each of the ways.
func tourBbcRelease(client *bbc.Client, ids []string, get func() *bbc.InstanceModel) {
	done(client.DeleteInstances(&bbc.DeleteInstanceArgs{BbcRecycleFlag: true, InstanceIds: ids[:1]}))
	until("it is in the recycle bin", func() bool { return get().Status == bbc.InstanceStatusRecycled })
	bin := ok(client.ListRecycledInstances(&bbc.ListRecycledInstancesArgs{MaxKeys: 10})).RecycledInstances
	equal("servers in the recycle bin", len(bin), 1)
	equal("the server in it", bin[0].Id, ids[0])
	done(client.RecoveryInstances(&bbc.RecoveryInstancesArgs{InstanceIds: ids[:1]}))
	until("it runs again", func() bool { return get().Status == bbc.InstanceStatusRunning })
	done(client.DeleteInstances(&bbc.DeleteInstanceArgs{BbcRecycleFlag: true, InstanceIds: ids[:1]}))
	until("it is in the recycle bin", func() bool { return get().Status == bbc.InstanceStatusRecycled })
	done(client.DeleteRecycledInstance(ids[0]))
	done(client.DeleteInstance(ids[1]))
	result := ok(client.DeleteInstanceIngorePayment(&bbc.DeleteInstanceIngorePaymentArgs{InstanceId: ids[2], RelatedReleaseFlag: true, DeleteImmediate: true}))
	equal("what is released", result.SuccessResources.InstanceId, ids[2])
	for _, id := range ids {
		until(id+" is gone", func() bool {
			shown, err := client.GetInstanceDetail(id)
			return err != nil || shown.Status == bbc.InstanceStatusDeleted
		})
	}
	refused(refusal(client.GetInstanceDetail("i-nothere1")), 404, "NoSuchObject")
}
