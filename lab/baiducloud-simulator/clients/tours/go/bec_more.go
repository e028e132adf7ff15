package main

import (
	"fmt"

	"github.com/baidubce/bce-sdk-go/services/bec"
	"github.com/baidubce/bce-sdk-go/services/bec/api"
)

// tourEdgeContainers is about services of containers at the edge.
func tourEdgeContainers(client *bec.Client) {
	made := ok(client.CreateService(&api.CreateServiceArgs{
		ServiceName: "web", PaymentMethod: "postpay", ContainerGroupName: "web", Bandwidth: 10, NeedPublicIp: true,
		Containers:      &[]api.ContainerDetails{{Name: "web", Cpu: 1, Memory: 2, ImageAddress: "hub.baidubce.com/public/nginx", ImageVersion: "latest", Ports: []api.V1ContainerPort{{Protocol: "TCP", ContainerPort: 80}}}},
		DeployInstances: &[]api.DeploymentInstance{{Region: api.RegionEastChina, City: "HANGZHOU", ServiceProvider: api.ServiceChinaMobile, RegionId: edge, Replicas: 2}},
		Tags:            &[]api.Tag{{TagKey: "team", TagValue: "go"}},
	}))
	acted("service", made.Result, made.Action)
	id := made.Details.ServiceId
	get := func() *api.ServiceDetailsVo { return ok(client.GetService(id)) }
	status := func(wanted string) { until(id+" is "+wanted, func() bool { return get().Status == wanted }) }
	status(api.ResourceStatusRunning)
	equal("name", get().ServiceName, "web")
	equal("pods", get().TotalPods, 2)
	equal("services", ok(client.ListService(1, 10, "", "", "", "", "")).TotalCount, 1)
	changed := ok(client.UpdateService(id, &api.UpdateServiceArgs{Type: api.UpdateServiceTypeName, ServiceName: "renamed"}))
	acted("update", changed.Result, changed.Action)
	equal("name after update", get().ServiceName, "renamed")
	stopped := ok(client.ServiceAction(id, api.ServiceActionStop))
	acted("stop", stopped.Result, stopped.Action)
	status(api.ResourceStatusStopped)
	started := ok(client.ServiceBatchOperate(&api.ServiceBatchOperateArgs{IdList: []string{id}, Action: "start"}))
	equal("what is started", started.Details[0].Success, true)
	status(api.ResourceStatusRunning)
	that("measurements", len(ok(client.GetServiceMetrics(id, api.MetricsTypeCpu, api.ServiceChinaMobile, 0, 0, 10)).Metrics) > 0)

	deployment := get().ResourceBriefVos[0].ResourceId
	shown := ok(client.GetPodDeployment(deployment))
	equal("service of the deployment", shown.ServiceId, id)
	equal("its place", shown.DeployInstance.RegionId, edge)
	that("measurements", len(ok(client.GetPodDeploymentMetrics(deployment, api.MetricsTypeCpu, api.ServiceChinaMobile, 0, 0, 10)).Metrics) > 0)
	acted("scaling", ok(client.UpdatePodDeploymentReplicas(deployment, &api.UpdateDeploymentReplicasRequest{Replicas: 3})).Result, "scale")
	until("there are three", func() bool { return get().RunningPods == 3 })
	page := func(no int) *api.ListPodResult { return ok(client.GetPodList(no, 2, "", "", "", id, deployment)) }
	equal("pods in all", page(1).TotalCount, 3)
	equal("pods on the pages", fmt.Sprint(len(page(1).Result), len(page(2).Result)), "2 1")
	pod := page(1).Result[0].PodName
	detail := ok(client.GetPodDetail(pod))
	equal("status", detail.Status, api.ResourceStatusRunning)
	equal("containers", detail.Containers[0].Name, "web")
	that("measurements", len(ok(client.GetPodMetrics(pod, api.MetricsTypeCpu, api.ServiceChinaMobile, 0, 0, 10)).Metrics) > 0)
	done(client.RestartPod(pod))
	until("it runs again", func() bool { return ok(client.GetPodDetail(pod)).Status == api.ResourceStatusRunning })
	acted("deletion", ok(client.DeletePodDeployment(&[]string{deployment})).Result, "delete")
	until("the deployment is gone", func() bool { return refusal(client.GetPodDeployment(deployment)) != nil })
	refused(refusal(client.GetService("s-nothere1")), 404, "ResourceNotFound")
	gone := ok(client.ServiceBatchDelete(&[]string{id}))
	equal("what is deleted", gone.Details[0].Success, true)
	until("the service is gone", func() bool { return refusal(client.GetService(id)) != nil })
}

func tourEdgeAppBalancers(client *bec.Client) {
	vpc := fmt.Sprint(ok(client.CreateVpc(&api.CreateVpcRequest{Name: "apps", RegionId: edge, Cidr: "10.40.0.0/16"})).Details["vpcId"])
	subnet := fmt.Sprint(ok(client.CreateSubnet(&api.CreateSubnetRequest{Name: "apps", VpcId: vpc, Cidr: "10.40.1.0/24"})).Details["subnetId"])
	var ids []string
	for i := range 3 {
		ids = append(ids, ok(client.CreateAppBlb(fmt.Sprint("app-", i), &api.CreateAppBlbRequest{
			Name: fmt.Sprintf("app-%d", i), Desc: "of the tour", RegionId: edge, VpcId: vpc, SubnetId: subnet, NeedPublicIp: true,
		})).BlbId)
	}
	id := ids[0]
	get := func() *api.AppBlbDetails { return ok(client.GetAppBlbDetails(id)) }
	until(id+" runs", func() bool { return get().Status == "RUNNING" || get().Status == "available" })
	equal("name", get().Name, "app-0")
	equal("VPC", get().VpcId, vpc)
	equal("subnet", get().SubnetId, subnet)
	list := func(marker string) ([]string, string, bool) {
		page := ok(client.GetAppBlbList(&api.MarkerRequest{Marker: marker, MaxKeys: 2}))
		return idsOf(page.BlbList, func(one api.AppBlbDetails) string { return one.BlbId }), page.NextMarker, page.IsTruncated
	}
	equal("load balancers", len(paged("load balancers", 2, list)), 3)
	done(client.UpdateAppBlb("", id, &api.ModifyBecBlbRequest{Name: "renamed", Desc: "changed"}))
	equal("name after update", get().Name, "renamed")

	done(client.CreateTcpListener("", id, &api.CreateBecAppBlbTcpListenerRequest{ListenerPort: 80, Scheduler: "RoundRobin", TcpSessionTimeout: 900}))
	done(client.CreateUdpListener("", id, &api.CreateBecAppBlbUdpListenerRequest{ListenerPort: 53, Scheduler: "RoundRobin", UdpSessionTimeout: 90}))
	done(client.UpdateTcpListener("", id, "80", &api.UpdateBecAppBlbTcpListenerRequest{Scheduler: "LeastConnection", TcpSessionTimeout: 600}))
	done(client.UpdateUdpListener("", id, "53", &api.UpdateBecAppBlbUdpListenerRequest{Scheduler: "RoundRobin", UdpSessionTimeout: 60}))
	tcp := ok(client.GetTcpListener(id, &api.GetBecAppBlbListenerRequest{ListenerPort: 80})).ListenerList
	equal("listeners", tcp, []api.AppBlbLTcpListenerDetail{{ListenerPort: 80, Scheduler: "LeastConnection", TcpSessionTimeout: 600}})
	equal("timeout", ok(client.GetUdpListener(id, &api.GetBecAppBlbListenerRequest{ListenerPort: 53})).ListenerList[0].UdpSessionTimeout, 60)
	equal("listeners of the load balancer", len(get().Listener), 2)
	tourEdgeIPGroups(client, id)
	done(client.DeleteAppBlbListener(id, "", &api.DeleteBlbListenerRequest{PortTypeList: []api.PortTypeList{{Port: 80, Type: "TCP"}, {Port: 53, Type: "UDP"}}}))
	equal("listeners of the load balancer", len(get().Listener), 0)
	for _, one := range ids {
		done(client.DeleteAppBlbInstance(one, ""))
	}
	refused(refusal(client.GetAppBlbDetails(id)), 404, "ResourceNotFound")
	done(client.DeleteSubnet(subnet))
	acted("deletion", ok(client.DeleteVpc(vpc)).Result, "delete")
}

func tourEdgeIPGroups(client *bec.Client, id string) {
	group := ok(client.CreateIpGroup("", id, &api.CreateBlbIpGroupRequest{Name: "ips", Desc: "of the tour", MemberList: []api.BlbIpGroupMember{{Ip: "10.40.1.10", Port: 8080, Weight: 100}}})).Id
	done(client.UpdateIpGroup("", id, &api.UpdateBlbIpGroupRequest{IpGroupId: group, Name: "renamed", Desc: "changed"}))
	groups := ok(client.GetIpGroup(id, &api.GetBlbIpGroupListRequest{Name: "renamed", ExactlyMatch: true})).AppIpGroupList
	equal("groups", len(groups), 1)
	equal("description", groups[0].Desc, "changed")
	check := ok(client.CreateIpGroupPolicy("", id, &api.CreateBlbIpGroupBackendPolicyRequest{IpGroupId: group, Type: "TCP", HealthCheck: "TCP", HealthCheckPort: 8080, HealthCheckTimeoutInSecond: 3, HealthCheckIntervalInSecond: 3, HealthCheckDownRetry: 3, HealthCheckUpRetry: 3})).Id
	done(client.UpdateIpGroupPolicy("", id, &api.UpdateBlbIpGroupBackendPolicyRequest{IpGroupId: group, Id: check, HealthCheckPort: 8081, HealthCheckTimeoutInSecond: 5, HealthCheckIntervalInSecond: 3, HealthCheckDownRetry: 3, HealthCheckUpRetry: 3}))
	checks := ok(client.GetIpGroupPolicyList(id, &api.GetBlbIpGroupPolicyListRequest{IpGroupId: group})).BackendPolicyList
	equal("health checks", len(checks), 1)
	equal("port", checks[0].HealthCheckPort, 8081)
	equal("timeout", checks[0].HealthCheckTimeoutInSecond, 5)

	ok(client.CreateIpGroupMember("", id, &api.CreateBlbIpGroupMemberRequest{IpGroupId: group, MemberList: []api.BlbIpGroupMember{{Ip: "10.40.1.11", Port: 8080, Weight: 50}}}))
	members := func() []api.BlbIpGroupMemberDetail {
		return ok(client.GetIpGroupMemberList(id, &api.GetBlbIpGroupMemberListRequest{IpGroupId: group})).MemberList
	}
	equal("members", len(members()), 2)
	first := members()[0].MemberId
	done(client.UpdateIpGroupMember("", id, &api.UpdateBlbIpGroupMemberRequest{IpGroupId: group, MemberList: []api.UpdateBlbIpGroupMember{{MemberId: first, Port: 9090, Weight: 7}}}))
	equal("weight after update", members()[0].Weight, 7)
	equal("port after update", members()[0].Port, 9090)
	done(client.DeleteIpGroupMember("", id, &api.DeleteBlbIpGroupBackendMemberRequest{IpGroupId: group, MemberIdList: []string{first}}))
	equal("members", len(members()), 1)

	done(client.CreateListenerPolicy("", id, &api.CreateAppBlbPoliciesRequest{ListenerPort: 80, Type: "TCP", AppPolicyVos: []api.AppPolicyVo{{AppIpGroupId: group, Priority: 1, Desc: "all"}}}))
	policies := func() []api.BlbListenerPolicy {
		return ok(client.GetListenerPolicy(id, &api.GetBlbListenerPolicyRequest{Port: 80, Type: "TCP"})).PolicyList
	}
	equal("policies", len(policies()), 1)
	equal("group of the policy", policies()[0].AppIpGroupId, group)
	done(client.DeleteListenerPolicy("", id, &api.DeleteAppBlbPoliciesRequest{Port: 80, Type: "TCP", PolicyIdList: []string{policies()[0].Id}}))
	equal("policies", len(policies()), 0)
	done(client.DeleteIpGroupPolicy("", id, &api.DeleteBlbIpGroupBackendPolicyRequest{IpGroupId: group, BackendPolicyIdList: []string{check}}))
	done(client.DeleteIpGroup("", id, &api.DeleteBlbIpGroupRequest{IpGroupId: group}))
	equal("groups in the end", len(ok(client.GetIpGroup(id, &api.GetBlbIpGroupListRequest{})).AppIpGroupList), 0)
}
