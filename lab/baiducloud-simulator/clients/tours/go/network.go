package main

import (
	"fmt"
	"net/netip"

	"github.com/baidubce/bce-sdk-go/services/bcc"
	"github.com/baidubce/bce-sdk-go/services/bcc/api"
	"github.com/baidubce/bce-sdk-go/services/vpc"
)

// network is what most products need before they can make anything: a VPC with a subnet in each of two zones.
type network struct {
	client  *vpc.Client
	vpcID   string
	subnets []string
}

func buildNetwork(name string) *network {
	client := newVpcClient()
	built := &network{client: client}
	built.vpcID = ok(client.CreateVPC(&vpc.CreateVPCArgs{Name: name, Cidr: "10.8.0.0/16"})).VPCID
	for i := range 2 {
		args := &vpc.CreateSubnetArgs{
			Name:     fmt.Sprintf("%s_%d", name, i),
			ZoneName: zoneOf(i),
			Cidr:     fmt.Sprintf("10.8.%d.0/24", i),
			VpcId:    built.vpcID,
		}
		built.subnets = append(built.subnets, ok(client.CreateSubnet(args)).SubnetId)
	}
	return built
}

func (built *network) demolish() {
	for _, id := range built.subnets {
		done(built.client.DeleteSubnet(id, ""))
	}
	done(built.client.DeleteVPC(built.vpcID, ""))
}

// instanceArgs are those of the smallest machine, in the subnet with this index.
func (built *network) instanceArgs(client *bcc.Client, index int) *api.CreateInstanceBySpecArgs {
	images := ok(client.ListImage(&api.ListImageArgs{MaxKeys: 1, ImageType: "System"})).Images
	equal("system images on a page of one", len(images), 1)
	return &api.CreateInstanceBySpecArgs{
		ImageId:       images[0].Id,
		Spec:          "bcc.g5.c2m8",
		ZoneName:      zoneOf(index),
		SubnetId:      built.subnets[index],
		PurchaseCount: 1,
		Billing:       api.Billing{PaymentTiming: api.PaymentTimingPostPaid},
	}
}

// instances makes running machines, in one subnet.
func (built *network) instances(client *bcc.Client, name string, count int) []string {
	args := built.instanceArgs(client, 0)
	args.Name, args.PurchaseCount = name, count
	ids := ok(client.CreateInstanceBySpec(args)).InstanceIds
	equal("instances made", len(ids), count)
	for _, id := range ids {
		untilStatus(client, id, api.InstanceStatusRunning)
	}
	return ids
}

func untilStatus(client *bcc.Client, id string, status api.InstanceStatus) {
	until(fmt.Sprintf("%s is %s", id, status), func() bool {
		return ok(client.GetInstanceDetail(id)).Instance.Status == status
	})
}

func untilGone(client *bcc.Client, id string) {
	until(id+" is gone", func() bool {
		instance, err := client.GetInstanceDetail(id)
		return err != nil || instance.Instance.Status == api.InstanceStatusDeleted
	})
}

func newBccClient() *bcc.Client {
	client, err := bcc.NewClient(env.AccessKeyID, env.SecretAccessKey, endpointOf("bcc"))
	must(err)
	return client
}

// untilEmpty waits for the machines that somebody else has made in this network.
func untilEmpty(client *bcc.Client, built *network) {
	until("no machine is in the network", func() bool {
		for _, instance := range ok(client.ListInstances(&api.ListInstanceArgs{MaxKeys: 1000})).Instances {
			if instance.VpcId == built.vpcID && instance.Status != api.InstanceStatusDeleted {
				return false
			}
		}
		return true
	})
}

// ipv6In is an address of an IPv6 block.
func ipv6In(block string) string {
	prefix, err := netip.ParsePrefix(block)
	must(err)
	return prefix.Addr().Next().String()
}
