package main

import (
	"strings"

	"github.com/baidubce/bce-sdk-go/model"
	"github.com/baidubce/bce-sdk-go/services/bcc"
	"github.com/baidubce/bce-sdk-go/services/bcc/api"
)

func tourBcc() {
	client := newBccClient()
	net := buildNetwork("servers")
	tourCatalogue(client)
	ids := tourInstances(client, net)
	tourSecurityGroups(client, net, ids[0])
	tourKeypairs(client)
	tourVolumes(client, ids[0])
	tourDeploymentSets(client, ids[0])
	for _, id := range ids {
		done(client.DeleteInstance(id))
		untilGone(client, id)
	}
	refused(client.DeleteInstance(ids[0]), 404, "NoSuchObject")
	net.demolish()
}

func tourCatalogue(client *bcc.Client) {
	zones := idsOf(ok(client.ListZone()).Zones, func(zone api.ZoneModel) string { return zone.ZoneName })
	that("the zones are the region's", contains(zones, zoneOf(0)) && contains(zones, zoneOf(1)))
	flavors := ok(client.ListFlavorSpec(&api.ListFlavorSpecArgs{ZoneName: zoneOf(0)})).ZoneResources
	equal("zones of the flavors", idsOf(flavors, func(one api.ZoneResourceDetailSpec) string { return one.ZoneName }), []string{zoneOf(0)})
	for _, group := range flavors[0].BccResources.FlavorGroups {
		for _, flavor := range group.Flavors {
			that(flavor.Spec+" has processors and memory", flavor.CpuCount > 0 && flavor.MemoryCapacityInGB > 0)
		}
	}
	list := func(marker string) ([]string, string, bool) {
		page := ok(client.ListImage(&api.ListImageArgs{Marker: marker, MaxKeys: 1000, ImageType: "System"}))
		return idsOf(page.Images, func(image api.ImageModel) string { return image.Id }), page.NextMarker, page.IsTruncated
	}
	images := paged("images", 1, list)
	equal("an image by its id", ok(client.GetImageDetail(images[0])).Image.Id, images[0])
	refused(refusal(client.GetImageDetail("m-nothere1")), 404, "NoSuchObject")
}

// tourInstances leaves five running ones.
func tourInstances(client *bcc.Client, net *network) []string {
	args := net.instanceArgs(client, 0)
	tags := []model.TagModel{{TagKey: "team", TagValue: "go"}}
	args.Name, args.Hostname, args.PurchaseCount, args.Tags, args.ClientToken = "web", "web", 3, tags, "web-1"
	args.AdminPass = "Tour!2024x"
	ids := ok(client.CreateInstanceBySpec(args)).InstanceIds
	equal("instances", len(ids), 3)
	refused(client.DeleteInstance(ids[0]), 409, "Instance.ReleaseWhileCreating")
	refused(client.StartInstance(ids[0]), 409, "Instance.StartInstanceWhenCreating")
	other := net.instanceArgs(client, 1)
	other.Name, other.PurchaseCount = "db", 2
	ids = append(ids, ok(client.CreateInstanceBySpec(other)).InstanceIds...)
	for _, id := range ids {
		untilStatus(client, id, api.InstanceStatusRunning)
	}

	shown := ok(client.GetInstanceDetail(ids[0])).Instance
	equal("id", shown.InstanceId, ids[0])
	that("name", strings.HasPrefix(shown.InstanceName, "web"))
	equal("spec", shown.Spec, "bcc.g5.c2m8")
	equal("processors", shown.CpuCount, 2)
	equal("memory", shown.MemoryCapacityInGB, 8)
	equal("zone", shown.ZoneName, zoneOf(0))
	equal("subnet", shown.SubnetId, net.subnets[0])
	equal("VPC", shown.VpcId, net.vpcID)
	equal("payment", shown.PaymentTiming, "Postpaid")
	equal("image", shown.ImageId, args.ImageId)
	that("the tag", contains(idsOf(shown.Tags, func(one model.TagModel) string { return one.TagKey + "=" + one.TagValue }), "team=go"))
	that("created time", isTime(shown.CreationTime))
	that("private address", strings.HasPrefix(shown.InternalIP, "10.8.0."))
	equal("primary address of its NIC", shown.NicInfo.Ips[0].PrivateIp, shown.InternalIP)
	equal("a truth value that the cloud sends as text", shown.NicInfo.Ips[0].Primary, "true")

	list := func(marker string) ([]string, string, bool) {
		page := ok(client.ListInstances(&api.ListInstanceArgs{Marker: marker, MaxKeys: 2}))
		return idsOf(page.Instances, idOfInstance), page.NextMarker, page.IsTruncated
	}
	equal("instances", len(paged("instances", 3, list)), 5)
	listed := func(args api.ListInstanceArgs) []string {
		return idsOf(ok(client.ListInstances(&args)).Instances, idOfInstance)
	}
	equal("by ids, the unknown left out", len(listed(api.ListInstanceArgs{InstanceIds: ids[0] + "," + ids[1] + ",i-nothere1"})), 2)
	equal("by address", listed(api.ListInstanceArgs{InternalIp: shown.InternalIP}), ids[:1])
	equal("by VPC and address", listed(api.ListInstanceArgs{VpcId: net.vpcID, PrivateIps: shown.InternalIP}), ids[:1])
	equal("by name", listed(api.ListInstanceArgs{InstanceNames: shown.InstanceName}), ids[:1])
	equal("by part of the name", len(listed(api.ListInstanceArgs{FuzzyInstanceName: "web"})), 3)
	equal("by zone", len(listed(api.ListInstanceArgs{ZoneName: zoneOf(1)})), 2)
	equal("by tag", len(listed(api.ListInstanceArgs{Tags: "team:go"})), 3)
	byIds := ok(client.ListInstanceByInstanceIds(&api.ListInstanceByInstanceIdArgs{InstanceIds: ids[:2]})).Instances
	equal("by ids in a body", len(byIds), 2)
	refused(refusal(client.GetInstanceDetail("i-nothere1")), 404, "NoSuchObject")

	tourChanges(client, ids[0], ids[1])
	return ids
}

func idOfInstance(instance api.InstanceModel) string { return instance.InstanceId }

func tourChanges(client *bcc.Client, id, other string) {
	done(client.ModifyInstanceAttribute(id, &api.ModifyInstanceAttributeArgs{Name: "renamed"}))
	done(client.ModifyInstanceDesc(id, &api.ModifyInstanceDescArgs{Description: "changed"}))
	done(client.ModifyInstanceHostname(id, &api.ModifyInstanceHostnameArgs{Hostname: "renamed"}))
	stage := []model.TagModel{{TagKey: "stage", TagValue: "live"}}
	done(client.BindInstanceToTags(id, &api.BindTagsRequest{ChangeTags: stage}))
	shown := ok(client.GetInstanceDetail(id)).Instance
	equal("name after rename", shown.InstanceName, "renamed")
	equal("description", shown.Description, "changed")
	equal("host name", shown.Hostname, "renamed")
	that("the tag is bound", contains(idsOf(shown.Tags, func(one model.TagModel) string { return one.TagKey }), "stage"))
	done(client.UnBindInstanceToTags(id, &api.UnBindTagsRequest{ChangeTags: stage}))
	shown = ok(client.GetInstanceDetail(id)).Instance
	that("the tag is unbound", !contains(idsOf(shown.Tags, func(one model.TagModel) string { return one.TagKey }), "stage"))

	refused(client.StartInstance(id), 409, "Instance.StartInstanceOperationForbidden")
	done(client.StopInstance(id, false))
	untilStatus(client, id, api.InstanceStatusStopped)
	equal("stopped ones", len(ok(client.ListInstances(&api.ListInstanceArgs{Status: "Stopped"})).Instances), 1)
	refused(client.StopInstance(id, false), 409, "Instance.StopInstanceOperationForbidden")
	done(client.ResizeInstanceBySpec(id, &api.ResizeInstanceArgs{Spec: "bcc.g5.c4m16"}))
	until("the size has changed", func() bool {
		shown = ok(client.GetInstanceDetail(id)).Instance
		return shown.Status == api.InstanceStatusStopped && shown.CpuCount == 4 && shown.MemoryCapacityInGB == 16
	})
	done(client.StartInstance(id))
	untilStatus(client, id, api.InstanceStatusRunning)
	equal("failures of a reboot", len(ok(client.RebootInstance(id, true)).FailedInstanceIdList), 0)
	untilStatus(client, id, api.InstanceStatusRunning)
	equal("failures of a new password", len(ok(client.ChangeInstancePass(id, &api.ChangeInstancePassArgs{AdminPass: "Other!2024"})).FailedInstanceIdList), 0)
	both := []string{id, other}
	equal("failures of a stop of two", len(ok(client.BatchStopInstance(&api.BatchStopInstanceArgs{InstanceIds: both})).FailedInstanceIdList), 0)
	untilStatus(client, id, api.InstanceStatusStopped)
	untilStatus(client, other, api.InstanceStatusStopped)
	equal("failures of a start of two", len(ok(client.BatchStartInstance(&api.BatchStartInstanceArgs{InstanceIds: both})).FailedInstanceIdList), 0)
	untilStatus(client, id, api.InstanceStatusRunning)
	untilStatus(client, other, api.InstanceStatusRunning)

	done(client.ModifyDeletionProtection(id, &api.DeletionProtectionArgs{DeletionProtection: 1}))
	equal("protection", ok(client.GetInstanceDetail(id)).Instance.DeletionProtection, 1)
	refused(client.DeleteInstance(id), 403, "OperationDenied")
	done(client.ModifyDeletionProtection(id, &api.DeletionProtectionArgs{DeletionProtection: 0}))
	refused(client.ModifyDeletionProtection(id, &api.DeletionProtectionArgs{DeletionProtection: 2}), 400, "BadRequest")

	added := ok(client.BatchAddIP(&api.BatchAddIpArgs{InstanceId: id, SecondaryPrivateIpAddressCount: 2})).PrivateIps
	equal("secondary addresses", len(added), 2)
	equal("addresses", len(ok(client.GetInstanceDetail(id)).Instance.NicInfo.Ips), 3)
	done(client.BatchDelIP(&api.BatchDelIpArgs{InstanceId: id, PrivateIps: added}))
	equal("addresses", len(ok(client.GetInstanceDetail(id)).Instance.NicInfo.Ips), 1)
	enis := ok(client.ListInstanceEnis(id)).EniList
	that("an instance has its first NIC", len(enis) >= 1)
	equal("instance of the NIC", enis[0].InstanceId, id)
}
