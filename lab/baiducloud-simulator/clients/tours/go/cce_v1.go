package main

import (
	"strings"

	"github.com/baidubce/bce-sdk-go/services/bcc"
	"github.com/baidubce/bce-sdk-go/services/cce"
)

// tourCceV1 is about clusters of the first generation.
func tourCceV1() {
	client, err := cce.NewClient(env.AccessKeyID, env.SecretAccessKey, endpointOf("cce"))
	must(err)
	servers := newBccClient()
	net := buildNetwork("first")
	versions := ok(client.ListVersions()).Data
	that("versions", len(versions) > 0)
	free := ok(client.GetContainerNet(&cce.GetContainerNetArgs{VpcShortId: net.vpcID, VpcCidr: "10.8.0.0/16", Size: 512}))
	that("a range for pods", strings.Contains(free.ContainerNet, "/") && free.Capacity >= 512)

	order := func(count int) *cce.BaseCreateOrderRequestVo {
		return &cce.BaseCreateOrderRequestVo{Items: []cce.Item{
			{Config: cce.BccConfig{
				ServiceType: cce.ServiceTypeBCC, ProductType: cce.ProductTypePostpay, LogicalZone: "zoneA", InstanceType: cce.InstanceTypeG3, Cpu: 4, Memory: 8,
				ImageType: cce.ImageTypeCommon, SubnetUuid: net.subnets[0], AdminPass: "Tour_1234", PurchaseNum: count, RootDiskSizeInGb: 40, Name: "node",
			}},
			{Config: cce.EipConfig{ServiceType: cce.ServiceTypeEIP, ProductType: cce.ProductTypePostpay, BandwidthInMbps: 1, SubProductType: cce.EipTypeNetraffic, PurchaseNum: count}},
		}}
	}
	var ids []string
	for _, name := range []string{"old-1", "old-2"} {
		made := ok(client.CreateCluster(&cce.CreateClusterArgs{
			ClusterName: name, Version: versions[0], MainAvailableZone: "zoneA", ContainerNet: "172.16.0.0/16", DeployMode: cce.DeployModeBcc,
			Comment: "of the tour", OrderContent: order(2), MasterExposed: true,
			AdvancedOptions: &cce.AdvancedOptions{KubeProxyMode: cce.KubeProxyModeIpvs, DnsMode: cce.DNSModeCoreDNS, CniMode: cce.CniModeKubenet, MaxPodNum: 128},
		}))
		that("an order", len(made.OrderId) > 0)
		ids = append(ids, made.ClusterUuid)
	}
	id := ids[0]
	get := func() *cce.GetClusterResult { return ok(client.GetCluster(id)) }
	for _, one := range ids {
		until(one+" runs", func() bool { return ok(client.GetCluster(one)).Status == cce.ClusterStatusRunning })
	}
	equal("name", get().ClusterName, "old-1")
	equal("version", get().Version, versions[0])
	equal("VPC", get().VpcId, net.vpcID)
	equal("range for pods", get().ContainerNet, "172.16.0.0/16")
	equal("nodes", get().SlaveVmCount, 2)
	equal("comment", get().Comment, "of the tour")
	that("it began", !get().CreateStartTime.IsZero())
	list := func(marker string) ([]string, string, bool) {
		page := ok(client.ListClusters(&cce.ListClusterArgs{Marker: marker, MaxKeys: 1}))
		return idsOf(page.Clusters, func(one cce.Cluster) string { return one.ClusterUuid }), page.NextMarker, page.IsTruncated
	}
	equal("clusters", len(paged("clusters", 2, list)), 2)
	for _, kind := range []cce.KubeConfigType{cce.KubeConfigTypeDefault, cce.KubeConfigTypeInternal, cce.KubeConfigTypeIntraVpc} {
		that("a kubeconfig", strings.Contains(ok(client.GetKubeConfig(&cce.GetKubeConfigArgs{ClusterUuid: id, Type: kind})).Data, "kind: Config"))
	}
	tourNodesV1(client, servers, net, id, order)
	refused(refusal(client.GetCluster("c-nothere1")), 404, "Cce.warning.ClusterNotExist")
	for _, one := range ids {
		done(client.DeleteCluster(&cce.DeleteClusterArgs{ClusterUuid: one, DeleteEipCds: true, DeleteSnap: true}))
		until(one+" is gone", func() bool {
			shown, err := client.GetCluster(one)
			return err != nil || shown.Status == cce.ClusterStatusDeleted
		})
	}
	untilEmpty(servers, net)
	net.demolish()
}

func tourNodesV1(client *cce.Client, servers *bcc.Client, net *network, id string, order func(count int) *cce.BaseCreateOrderRequestVo) {
	nodes := func() []cce.Node {
		return ok(client.ListNodes(&cce.ListNodeArgs{ClusterUuid: id, MaxKeys: 100})).Nodes
	}
	counts := func(wanted int) {
		until("the nodes are right in number, and run", func() bool {
			for _, node := range nodes() {
				if node.Status != "RUNNING" {
					return false
				}
			}
			return len(nodes()) == wanted
		})
	}
	counts(2)
	that("an order", len(ok(client.ScalingUp(&cce.ScalingUpArgs{ClusterUuid: id, OrderContent: order(1)})).OrderId) > 0)
	counts(3)
	list := func(marker string) ([]string, string, bool) {
		page := ok(client.ListNodes(&cce.ListNodeArgs{ClusterUuid: id, Marker: marker, MaxKeys: 2}))
		return idsOf(page.Nodes, func(one cce.Node) string { return one.InstanceShortId }), page.NextMarker, page.IsTruncated
	}
	all := paged("nodes", 2, list)
	node := nodes()[0]
	equal("cluster of a node", node.ClusterUuid, id)
	equal("processors", node.Cpu, 4)
	equal("memory", node.Memory, 8)
	equal("subnet", node.SubnetId, net.subnets[0])
	that("an address", strings.HasPrefix(node.FixIp, "10.8.0."))
	done(client.ScalingDown(&cce.ScalingDownArgs{ClusterUuid: id, DeleteEipCds: true, DeleteSnap: true, NodeInfo: []cce.NodeInfo{{InstanceId: all[0]}}}))
	counts(2)

	machine := net.instances(servers, "outsider", 1)[0]
	existed := ok(client.ListExistedBccNode(&cce.ListExistedNodeArgs{
		ClusterUuid: id, VpcId: net.vpcID, VpcCidr: "10.8.0.0/16", InstanceType: cce.ShiftInstanceTypeBcc, OrderBy: "createTime", Order: cce.OrderDesc, PageNo: 1, PageSize: 10,
	}))
	equal("machines that could come in", existed.TotalCount, 1)
	equal("the machine", existed.NodeList[0].InstanceId, machine)
	done(client.ShiftInNode(&cce.ShiftInNodeArgs{ClusterUuid: id, NeedRebuild: false, AdminPass: "Tour_1234", InstanceType: cce.ShiftInstanceTypeBcc, NodeInfoList: []cce.CceNodeInfo{{InstanceId: machine, AdminPass: "Tour_1234"}}}))
	counts(3)
	done(client.ShiftOutNode(&cce.ShiftOutNodeArgs{ClusterUuid: id, NodeInfoList: []cce.CceNodeInfo{{InstanceId: machine}}}))
	counts(2)
	equal("the machine is still there", string(ok(servers.GetInstanceDetail(machine)).Instance.Status), "Running")
	done(servers.DeleteInstance(machine))
	untilGone(servers, machine)
}
