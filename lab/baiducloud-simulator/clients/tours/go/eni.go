package main

import (
	"fmt"

	"github.com/baidubce/bce-sdk-go/services/bcc/api"
	"github.com/baidubce/bce-sdk-go/services/eni"
)

func tourEni() {
	client, err := eni.NewClient(env.AccessKeyID, env.SecretAccessKey, endpointOf("vpc"))
	must(err)
	servers := newBccClient()
	net := buildNetwork("enis")
	instance := net.instances(servers, "eni-holder", 1)[0]
	group := ok(servers.CreateSecurityGroup(&api.CreateSecurityGroupArgs{Name: "enis", VpcId: net.vpcID, Rules: []api.SecurityGroupRuleModel{
		{Direction: "egress", DestIp: "0.0.0.0/0"},
	}})).SecurityGroupId
	var ids []string
	for i := range 3 {
		ids = append(ids, ok(client.CreateEni(&eni.CreateEniArgs{
			Name: fmt.Sprintf("eni_%d", i), SubnetId: net.subnets[0], SecurityGroupIds: []string{group}, PrivateIpSet: []eni.PrivateIp{{Primary: true}},
		})).EniId)
	}
	shown := ok(client.GetEniDetail(ids[0]))
	equal("name", shown.Name, "eni_0")
	equal("status", shown.Status, "available")
	equal("VPC", shown.VpcId, net.vpcID)
	equal("addresses", len(shown.PrivateIpSet), 1)
	equal("primary, as a truth value", shown.PrivateIpSet[0].Primary, true)
	list := func(marker string) ([]string, string, bool) {
		page := ok(client.ListEni(&eni.ListEniArgs{VpcId: net.vpcID, Marker: marker, MaxKeys: 2}))
		return idsOf(page.Eni, func(one eni.Eni) string { return one.EniId }), page.NextMarker, page.IsTruncated
	}
	all := paged("NICs", 2, list)
	that("each is listed", contains(all, ids[0]) && contains(all, ids[2]))
	done(client.UpdateEni(&eni.UpdateEniArgs{EniId: ids[0], Name: pointer("renamed")}))
	equal("name after rename", ok(client.GetEniDetail(ids[0])).Name, "renamed")
	added := ok(client.AddPrivateIp(&eni.EniPrivateIpArgs{EniId: ids[0]})).PrivateIpAddress
	equal("addresses", len(ok(client.GetEniDetail(ids[0])).PrivateIpSet), 2)
	done(client.DeletePrivateIp(&eni.EniPrivateIpArgs{EniId: ids[0], PrivateIpAddress: added}))
	equal("addresses", len(ok(client.GetEniDetail(ids[0])).PrivateIpSet), 1)
	status := func(wanted string) {
		until(ids[0]+" is "+wanted, func() bool { return ok(client.GetEniStatus(ids[0])).Status == wanted })
	}
	done(client.AttachEniInstance(&eni.EniInstance{EniId: ids[0], InstanceId: pointer(instance)}))
	status("inuse")
	equal("instance", ok(client.GetEniDetail(ids[0])).InstanceId, instance)
	done(client.DetachEniInstance(&eni.EniInstance{EniId: ids[0], InstanceId: pointer(instance)}))
	status("available")
	for _, id := range ids {
		done(client.DeleteEni(&eni.DeleteEniArgs{EniId: id}))
	}
	equal("NICs in the end", len(ok(client.ListEni(&eni.ListEniArgs{VpcId: net.vpcID, Name: "eni_1"})).Eni), 0)
	done(servers.DeleteInstance(instance))
	untilGone(servers, instance)
	done(servers.DeleteSecurityGroup(group))
	net.demolish()
}
