package main

import (
	"strings"

	"github.com/baidubce/bce-sdk-go/services/bcc"
	"github.com/baidubce/bce-sdk-go/services/bcc/api"
)

func tourSecurityGroups(client *bcc.Client, net *network, instanceID string) {
	rule := api.SecurityGroupRuleModel{Direction: "ingress", Ethertype: "IPv4", PortRange: "80", Protocol: "tcp", SourceIp: "0.0.0.0/0", Remark: "web"}
	args := &api.CreateSecurityGroupArgs{Name: "web", Desc: "of the tour", VpcId: net.vpcID, Rules: []api.SecurityGroupRuleModel{rule}}
	id := ok(client.CreateSecurityGroup(args)).SecurityGroupId
	that("its id", strings.HasPrefix(id, "g-"))
	shown := ok(client.GetSecurityGroupDetail(id))
	equal("name", shown.Name, "web")
	equal("VPC", shown.VpcId, net.vpcID)
	equal("rules", len(shown.Rules), 1)
	equal("port", shown.Rules[0].PortRange, "80")
	equal("protocol", shown.Rules[0].Protocol, "tcp")
	equal("remark", shown.Rules[0].Remark, "web")

	tls := api.SecurityGroupRuleModel{Direction: "ingress", PortRange: "443", Protocol: "tcp", SourceIp: "10.0.0.0/8"}
	done(client.AuthorizeSecurityGroupRule(id, &api.AuthorizeSecurityGroupArgs{Rule: &tls}))
	refused(client.AuthorizeSecurityGroupRule(id, &api.AuthorizeSecurityGroupArgs{Rule: &tls}), 409, "SecurityGroup.RuleDuplicated")
	rules := ok(client.GetSecurityGroupDetail(id)).Rules
	equal("rules", len(rules), 2)
	done(client.UpdateSecurityGroupRule(&api.UpdateSecurityGroupRuleArgs{
		SecurityGroupRuleId: rules[1].SecurityGroupRuleId, PortRange: pointer("8443"), Remark: pointer("changed"),
	}))
	equal("port after update", ok(client.GetSecurityGroupDetail(id)).Rules[1].PortRange, "8443")
	done(client.DeleteSecurityGroupRule(&api.DeleteSecurityGroupRuleArgs{SecurityGroupRuleId: rules[1].SecurityGroupRuleId}))
	equal("rules", len(ok(client.GetSecurityGroupDetail(id)).Rules), 1)
	done(client.RevokeSecurityGroupRule(id, &api.RevokeSecurityGroupArgs{Rule: &rule}))
	equal("rules", len(ok(client.GetSecurityGroupDetail(id)).Rules), 0)

	second := ok(client.CreateSecurityGroup(&api.CreateSecurityGroupArgs{Name: "db", VpcId: net.vpcID, Rules: []api.SecurityGroupRuleModel{rule}})).SecurityGroupId
	list := func(marker string) ([]string, string, bool) {
		page := ok(client.ListSecurityGroup(&api.ListSecurityGroupArgs{Marker: marker, MaxKeys: 2, VpcId: net.vpcID}))
		return idsOf(page.SecurityGroups, func(one api.SecurityGroupModel) string { return one.Id }), page.NextMarker, page.IsTruncated
	}
	groups := paged("security groups", 2, list)
	that("both groups beside the VPC's own", contains(groups, id) && contains(groups, second))

	done(client.BindSecurityGroup(instanceID, id))
	that("the instance has it", contains(ok(client.GetInstanceDetail(instanceID)).Instance.NicInfo.SecurityGroups, id))
	refused(client.DeleteSecurityGroup(id), 403, "SecurityGroup.InstancesAssociatedSecurityGroupCanNotBeDeleted")
	done(client.UnBindSecurityGroup(instanceID, id))
	that("the instance has it no more", !contains(ok(client.GetInstanceDetail(instanceID)).Instance.NicInfo.SecurityGroups, id))
	done(client.DeleteSecurityGroup(id))
	done(client.DeleteSecurityGroup(second))
	refused(refusal(client.GetSecurityGroupDetail(id)), 404, "NoSuchObject")
}

func tourKeypairs(client *bcc.Client) {
	made := ok(client.CreateKeypair(&api.CreateKeypairArgs{Name: "tour", Description: "first"})).Keypair
	that("a private key, once", strings.Contains(made.PrivateKey, "PRIVATE KEY"))
	shown := ok(client.GetKeypairDetail(made.KeypairId)).Keypair
	equal("name", shown.Name, "tour")
	equal("private key, later", shown.PrivateKey, "")
	equal("public key", shown.PublicKey, made.PublicKey)
	done(client.RenameKeypair(&api.RenameKeypairArgs{KeypairId: made.KeypairId, Name: "renamed"}))
	done(client.UpdateKeypairDescription(&api.KeypairUpdateDescArgs{KeypairId: made.KeypairId, Description: "changed"}))
	shown = ok(client.GetKeypairDetail(made.KeypairId)).Keypair
	equal("name after rename", shown.Name, "renamed")
	equal("description", shown.Description, "changed")
	second := ok(client.CreateKeypair(&api.CreateKeypairArgs{Name: "second"})).Keypair.KeypairId
	list := func(marker string) ([]string, string, bool) {
		page := ok(client.ListKeypairs(&api.ListKeypairArgs{Marker: marker, MaxKeys: 1}))
		return idsOf(page.Keypairs, func(one api.KeypairModel) string { return one.KeypairId }), page.NextMarker, page.IsTruncated
	}
	equal("keypairs", len(paged("keypairs", 2, list)), 2)
	done(client.DeleteKeypair(&api.DeleteKeypairArgs{KeypairId: made.KeypairId}))
	done(client.DeleteKeypair(&api.DeleteKeypairArgs{KeypairId: second}))
	refused(refusal(client.GetKeypairDetail(made.KeypairId)), 404, "Keypair.KeypairNotExist")
}

func tourVolumes(client *bcc.Client, instanceID string) {
	system := ok(client.ListCDSVolume(&api.ListCDSVolumeArgs{InstanceId: instanceID})).Volumes
	equal("volumes of a new instance", len(system), 1)
	equal("kind of it", system[0].Type, api.VolumeTypeSYSTEM)
	args := &api.CreateCDSVolumeArgs{
		Name: "data", ZoneName: zoneOf(0), CdsSizeInGB: 20, PurchaseCount: 2, StorageType: api.StorageTypeCloudHP1,
		Billing: &api.Billing{PaymentTiming: api.PaymentTimingPostPaid},
	}
	ids := ok(client.CreateCDSVolume(args)).VolumeIds
	equal("volumes", len(ids), 2)
	status := func(id string, wanted api.VolumeStatus) {
		until(id+" is "+string(wanted), func() bool { return ok(client.GetCDSVolumeDetail(id)).Volume.Status == wanted })
	}
	status(ids[0], api.VolumeStatusAVAILABLE)
	status(ids[1], api.VolumeStatusAVAILABLE)
	shown := ok(client.GetCDSVolumeDetail(ids[0])).Volume
	equal("size", shown.DiskSizeInGB, 20)
	equal("is of the system", shown.IsSystemVolume, false)
	equal("zone", shown.ZoneName, zoneOf(0))
	attachment := ok(client.AttachCDSVolume(ids[0], &api.AttachVolumeArgs{InstanceId: instanceID})).VolumeAttachment
	equal("instance of the attachment", attachment.InstanceId, instanceID)
	status(ids[0], api.VolumeStatusINUSE)
	equal("volumes of the instance", len(ok(client.ListCDSVolume(&api.ListCDSVolumeArgs{InstanceId: instanceID})).Volumes), 2)
	done(client.DetachCDSVolume(ids[0], &api.DetachVolumeArgs{InstanceId: instanceID}))
	status(ids[0], api.VolumeStatusAVAILABLE)
	done(refusal(client.ResizeCDSVolume(ids[0], &api.ResizeCSDVolumeArgs{NewCdsSizeInGB: 40})))
	until("the volume has grown", func() bool { return ok(client.GetCDSVolumeDetail(ids[0])).Volume.DiskSizeInGB == 40 })
	status(ids[0], api.VolumeStatusAVAILABLE)
	done(client.RenameCDSVolume(ids[0], &api.RenameCSDVolumeArgs{Name: "renamed"}))
	equal("name after rename", ok(client.GetCDSVolumeDetail(ids[0])).Volume.Name, "renamed")
	tourSnapshots(client, ids[0], system[0].Id)
	for _, id := range ids {
		done(client.DeleteCDSVolume(id))
	}
	refused(refusal(client.GetCDSVolumeDetail("v-nothere1")), 404, "NoSuchObject")
}
