package main

import (
	"fmt"
	"strings"

	ccev2 "github.com/baidubce/bce-sdk-go/services/cce/v2"
	"github.com/baidubce/bce-sdk-go/services/cce/v2/types"
)

func tourCce() {
	client, err := ccev2.NewClient(env.AccessKeyID, env.SecretAccessKey, endpointOf("cce"))
	must(err)
	net := buildNetwork("clusters")
	node := types.InstanceSpec{
		InstanceType:     "N5",
		VPCConfig:        types.VPCConfig{VPCSubnetID: net.subnets[0]},
		InstanceResource: types.InstanceResource{MachineSpec: "bcc.g5.c2m8"},
	}
	id := tourClusters(client, net, node)
	tourClusterNodes(client, id, node)
	tourInstanceGroups(client, id, node)
	ok(client.DeleteCluster(&ccev2.DeleteClusterArgs{ClusterID: id, DeleteResource: true}))
	until("the cluster is gone", func() bool { return refusal(client.GetCluster(id)) != nil })
	untilEmpty(newBccClient(), net)
	net.demolish()
}

// tourClusters leaves one that runs.
func tourClusters(client *ccev2.Client, net *network, node types.InstanceSpec) string {
	create := func(name string, nodes int) string {
		request := &ccev2.CreateClusterRequest{ClusterSpec: &types.ClusterSpec{
			ClusterName: name, VPCID: net.vpcID, MasterConfig: types.MasterConfig{MasterType: types.MasterTypeManaged, ExposedPublic: nodes > 0},
		}}
		if nodes > 0 {
			request.NodeSpecs = []*ccev2.InstanceSet{{InstanceSpec: node, Count: nodes}}
		}
		return ok(client.CreateCluster(&ccev2.CreateClusterArgs{CreateClusterRequest: request})).ClusterID
	}
	ids := []string{create("tour-0", 1), create("tour-1", 0), create("tour-2", 0)}
	for _, id := range ids {
		until(id+" runs", func() bool { return ok(client.GetCluster(id)).Cluster.Status.ClusterPhase == types.ClusterPhaseRunning })
	}
	shown := ok(client.GetCluster(ids[0])).Cluster
	equal("name", shown.Spec.ClusterName, "tour-0")
	equal("VPC", shown.Spec.VPCID, net.vpcID)
	that("created time, as a time", !shown.CreatedAt.IsZero())
	list := func(page, size int) *ccev2.ClusterPage {
		return ok(client.ListClusters(&ccev2.ListClustersArgs{
			KeywordType: "clusterName", Keyword: "tour", OrderBy: "clusterName", Order: "ASC", PageNum: page, PageSize: size,
		})).ClusterPage
	}
	equal("clusters in all", list(1, 2).TotalCount, 3)
	equal("clusters on the first page", len(list(1, 2).ClusterList), 2)
	equal("clusters on the second page", list(2, 2).ClusterList[0].Spec.ClusterName, "tour-2")
	refused(refusal(client.GetCluster("cce-nothere1")), 404, "cce.warning.ClusterNotFound")

	forbid := func(forbidden bool) bool {
		request := ccev2.UpdateClusterForbidDeleteRequest{ForbidDelete: forbidden}
		return ok(client.UpdateClusterForbidDelete(&ccev2.UpdateClusterForbidDeleteArgs{ClusterID: ids[1], UpdateClusterForbidDeleteRequest: request})).ForbidDelete
	}
	equal("protected", forbid(true), true)
	that("a protected cluster stays", refusal(client.DeleteCluster(&ccev2.DeleteClusterArgs{ClusterID: ids[1]})) != nil)
	equal("protected", forbid(false), false)
	config := ok(client.GetKubeConfig(&ccev2.GetKubeConfigArgs{ClusterID: ids[0], KubeConfigType: ccev2.KubeConfigTypePublic}))
	that("a kubeconfig", strings.Contains(config.KubeConfig, "clusters:"))
	that("a quota of clusters", ok(client.GetClusterQuota()).Quota.Quota > 0)
	conflict := ok(client.CheckClusterIPCIDR(&ccev2.CheckClusterIPCIDRArgs{VPCID: net.vpcID, VPCCIDR: "10.8.0.0/16", ClusterIPCIDR: "172.31.0.0/16"}))
	equal("conflict", conflict.IsConflict, false)
	for _, id := range ids[1:] {
		ok(client.DeleteCluster(&ccev2.DeleteClusterArgs{ClusterID: id, DeleteResource: true}))
		until(id+" is gone", func() bool { return refusal(client.GetCluster(id)) != nil })
	}
	return ids[0]
}

func tourClusterNodes(client *ccev2.Client, id string, node types.InstanceSpec) {
	made := ok(client.CreateInstances(&ccev2.CreateInstancesArgs{ClusterID: id, Instances: []*ccev2.InstanceSet{{InstanceSpec: node, Count: 2}}})).CCEInstanceIDs
	equal("nodes made", len(made), 2)
	instance := func(name string) *ccev2.Instance {
		return ok(client.GetInstance(&ccev2.GetInstanceArgs{ClusterID: id, InstanceID: name})).Instance
	}
	for _, name := range made {
		until(name+" runs", func() bool { return instance(name).Status.InstancePhase == types.InstancePhaseRunning })
	}
	that("its machine", strings.HasPrefix(instance(made[0]).Status.Machine.InstanceID, "i-"))
	list := func(page int) *ccev2.InstancePage {
		return ok(client.ListInstancesByPage(&ccev2.ListInstancesByPageArgs{ClusterID: id, Params: &ccev2.ListInstancesByPageParams{PageNo: page, PageSize: 2}})).InstancePage
	}
	equal("nodes in all", list(1).TotalCount, 3)
	equal("nodes on the pages", fmt.Sprint(len(list(1).InstanceList), len(list(2).InstanceList)), "2 1")
	equal("nodes that are counted", ok(client.GetClusterNodeQuota(id)).Used, 3)
	ok(client.DeleteInstances(&ccev2.DeleteInstancesArgs{ClusterID: id, DeleteInstancesRequest: &ccev2.DeleteInstancesRequest{
		InstanceIDs: made, DeleteOption: &types.DeleteOption{DeleteResource: true},
	}}))
	until("the nodes are gone", func() bool { return list(1).TotalCount == 1 })
}

func tourInstanceGroups(client *ccev2.Client, id string, node types.InstanceSpec) {
	template := types.InstanceTemplate{InstanceSpec: node}
	group := ok(client.CreateInstanceGroup(&ccev2.CreateInstanceGroupArgs{ClusterID: id, Request: &ccev2.CreateInstanceGroupRequest{InstanceGroupSpec: types.InstanceGroupSpec{
		InstanceGroupName: "workers", Replicas: 1, InstanceTemplate: template, InstanceTemplates: []types.InstanceTemplate{template},
	}}})).InstanceGroupID
	get := func() *ccev2.InstanceGroup {
		return ok(client.GetInstanceGroup(&ccev2.GetInstanceGroupArgs{ClusterID: id, InstanceGroupID: group})).InstanceGroup
	}
	ready := func(replicas int) {
		until(fmt.Sprintf("%d of the group are ready", replicas), func() bool {
			return get().Spec.Replicas == replicas && get().Status.ReadyReplicas == replicas
		})
	}
	equal("name", get().Spec.InstanceGroupName, "workers")
	ready(1)
	groups := ok(client.ListInstanceGroups(&ccev2.ListInstanceGroupsArgs{ClusterID: id, ListOption: &ccev2.InstanceGroupListOption{PageNo: 1, PageSize: 10}}))
	equal("groups", groups.Page.TotalCount, 1)
	task := ok(client.CreateScaleUpInstanceGroupTask(&ccev2.CreateScaleUpInstanceGroupTaskArgs{ClusterID: id, InstanceGroupID: group, TargetReplicas: 3})).TaskID
	until("the task is done", func() bool {
		return ok(client.GetTask(&ccev2.GetTaskArgs{TaskType: types.TaskTypeInstanceGroupReplicas, TaskID: task})).Task.Phase == types.TaskPhaseDone
	})
	ready(3)
	members := ok(client.ListInstancesByInstanceGroupID(&ccev2.ListInstanceByInstanceGroupIDArgs{ClusterID: id, InstanceGroupID: group, PageNo: 1, PageSize: 2}))
	equal("members in all", members.Page.TotalCount, 3)
	equal("members on a page", len(members.Page.List), 2)
	ok(client.UpdateInstanceGroupReplicas(&ccev2.UpdateInstanceGroupReplicasArgs{ClusterID: id, InstanceGroupID: group, Request: &ccev2.UpdateInstanceGroupReplicasRequest{
		Replicas: 0, DeleteInstance: true, DeleteOption: &types.DeleteOption{DeleteResource: true},
	}}))
	ready(0)
	ok(client.DeleteInstanceGroup(&ccev2.DeleteInstanceGroupArgs{ClusterID: id, InstanceGroupID: group, DeleteInstances: true}))
	until("the group is gone", func() bool {
		return refusal(client.GetInstanceGroup(&ccev2.GetInstanceGroupArgs{ClusterID: id, InstanceGroupID: group})) != nil
	})
}
