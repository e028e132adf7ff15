package main

import (
	"fmt"
	"strings"

	"github.com/baidubce/bce-sdk-go/services/bec"
	"github.com/baidubce/bce-sdk-go/services/bec/api"
)

// tourEdgeMachines is about virtual machines at the edge: services, their machines, images, load balancers.
func tourEdgeMachines(client *bec.Client) {
	vpc := fmt.Sprint(ok(client.CreateVpc(&api.CreateVpcRequest{Name: "machines", RegionId: edge, Cidr: "10.50.0.0/16"})).Details["vpcId"])
	subnet := fmt.Sprint(ok(client.CreateSubnet(&api.CreateSubnetRequest{Name: "machines", VpcId: vpc, Cidr: "10.50.1.0/24"})).Details["subnetId"])
	place := &[]api.DeploymentInstance{{
		Region: api.RegionEastChina, City: "HANGZHOU", ServiceProvider: api.ServiceChinaMobile, RegionId: edge, Replicas: 2,
		NetworkType: "vpc", VpcId: vpc, SubnetId: subnet,
	}}
	made := ok(client.CreateVmService(&api.CreateVmServiceArgs{
		ServiceName: "edge", VmName: "vm", Spec: "bec.g5.c2m4", Cpu: 2, Memory: 4, ImageId: "m-lab00001", ImageType: api.ImageTypeBcc, NeedPublicIp: true, Bandwidth: 10,
		DeployInstances: place, AdminPass: "Tour_1234", PaymentMethod: "postpay", SystemVolume: &api.SystemVolumeConfig{VolumeType: api.DiskTypeNVME, SizeInGB: 40, Name: "sys"},
	}))
	acted("service", made.Result, made.Action)
	id := made.Details.ServiceId
	get := func() *api.VmServiceDetailsVo { return ok(client.GetVmServiceDetail(id)) }
	status := func(wanted string) { until(id+" is "+wanted, func() bool { return get().Status == wanted }) }
	status(api.ResourceStatusRunning)
	equal("name", get().ServiceName, "edge")
	equal("machines", get().TotalInstances, 2)
	equal("machines that run", get().RunningInstances, 2)
	equal("processors in all", get().TotalCpu, 4)
	equal("image", get().OsImage.ImageId, "m-lab00001")
	equal("services", ok(client.GetVmServiceList(&api.ListVmServiceArgs{PageNo: 1, PageSize: 10})).TotalCount, 1)
	equal("services of another name", ok(client.GetVmServiceList(&api.ListVmServiceArgs{PageNo: 1, PageSize: 10, KeywordType: "serviceName", Keyword: "none"})).TotalCount, 0)
	renamed := &api.UpdateVmServiceArgs{ServiceName: "renamed"}
	renamed.Type = api.UpdateVmTypeServiceName
	changed := ok(client.UpdateVmService(id, renamed))
	acted("update", changed.Result, changed.Action)
	equal("name after update", get().ServiceName, "renamed")
	stopped := ok(client.VmServiceAction(id, api.VmServiceActionStop))
	acted("stop", stopped.Result, stopped.Action)
	status(api.ResourceStatusStopped)
	started := ok(client.BatchOperateVmService(&api.VmServiceBatchActionArgs{IdList: []string{id}, Action: api.VmServiceBatchStart}))
	equal("what is started", started.Details, []api.OperationVo{{ResourceId: id, Success: true}})
	status(api.ResourceStatusRunning)
	metrics := ok(client.GetVmServiceMetrics(id, string(api.ServiceChinaMobile), 0, 0, 10, api.MetricsTypeCpu))
	that("measurements", len(metrics.Metrics) > 0 && metrics.MaxValue >= metrics.AvgValue)

	vm := get().Instances[0].VmId
	tourEdgeMachine(client, id, vm)
	equal("VPC of the machine", ok(client.GetVirtualMachine(vm)).Vpc.VpcId, vpc)
	tourEdgeRoutes(client, vpc, vm)
	tourEdgeImages(client, vm)
	tourEdgeBalancers(client, id, vm)
	refused(refusal(client.GetVmServiceDetail("vm-nothere1")), 404, "ResourceNotFound")
	gone := ok(client.BatchDeleteVmService(&[]string{id}))
	equal("what is deleted", gone.Details[0].Success, true)
	until("the service is gone", func() bool { return refusal(client.GetVmServiceDetail(id)) != nil })
	done(client.DeleteSubnet(subnet))
	acted("deletion", ok(client.DeleteVpc(vpc)).Result, "delete")
}

func tourEdgeMachine(client *bec.Client, service, vm string) {
	get := func() *api.VmInstanceDetailsVo { return ok(client.GetVirtualMachine(vm)) }
	status := func(wanted string) { until(vm+" is "+wanted, func() bool { return get().Status == wanted }) }
	status(api.ResourceStatusRunning)
	equal("service", get().ServiceId, service)
	equal("place", get().RegionId, edge)
	equal("processors", get().Cpu, 2)
	equal("memory", get().Mem, 4)
	that("addresses", get().InternalIp != "" && get().PublicIp != "")
	page := func(no int) *api.LogicPageVmInstanceResult {
		return ok(client.GetVmInstanceList(&api.ListRequest{PageNo: no, PageSize: 1, ServiceId: service}))
	}
	equal("machines in all", page(1).TotalCount, 2)
	that("each page has another", page(1).Result[0].VmId != page(2).Result[0].VmId)
	node := ok(client.GetNodeVmInstanceList("EAST_CHINA", "CHINA_MOBILE", "HANGZHOU", &api.ListRequest{PageNo: 1, PageSize: 10}))
	equal("machines of the node", len(node.Result), 2)
	acted("update", ok(client.UpdateVmInstance(vm, &api.UpdateVmInstanceArgs{Type: "vmName", VmName: "renamed"})).Result, "update")
	equal("name after update", get().VmName, "renamed")
	acted("update", ok(client.UpdateVmInstance(vm, &api.UpdateVmInstanceArgs{Type: "resource", Cpu: 4, Memory: 8, NeedRestart: true})).Result, "update")
	until("it has grown", func() bool { return get().Cpu == 4 && get().Status == api.ResourceStatusRunning })
	for _, one := range []struct {
		action api.VmInstanceBatchOperateAction
		status string
	}{
		{api.VmInstanceBatchOperateStop, api.ResourceStatusStopped},
		{api.VmInstanceBatchOperateStart, api.ResourceStatusRunning},
		{api.VmInstanceBatchOperateRestart, api.ResourceStatusRunning},
	} {
		result := ok(client.OperateVmDeployment(vm, one.action))
		acted(string(one.action), result.Result, result.Action)
		status(one.status)
	}
	again := ok(client.ReinstallVmInstance(vm, &api.ReinstallVmInstanceArg{ImageId: "m-lab00000", ImageType: api.ImageTypeBcc, AdminPass: "Other_1234"}))
	acted("reinstallation", again.Result, again.Action)
	status(api.ResourceStatusRunning)
	equal("image after it", get().OsImage.ImageId, "m-lab00000")
	equal("processors of its configuration", ok(client.GetVmConfig(vm)).Cpu, 4)
	added := ok(client.CreateVmPrivateIp(vm, &api.CreateVmPrivateIpForm{SecondaryPrivateIpAddressCount: 2})).Result
	equal("addresses added", len(added.Ips), 2)
	equal("addresses", len(get().PrivateIps), 2)
	that("addresses are released", ok(client.DeleteVmPrivateIp(vm, &api.DeleteVmPrivateIpForm{PrivateIps: added.Ips})).Success)
	equal("addresses", len(get().PrivateIps), 0)
	that("measurements", len(ok(client.GetVmInstanceMetrics(vm, string(api.ServiceChinaMobile), 0, 0, 10, api.MetricsTypeMemory)).Metrics) > 0)
	set := ok(client.CreateDeploySet(&api.CreateDeploySetArgs{Name: "spread"})).DeploysetIdList[0]
	done(client.UpdateVmInstanceDeploySet(&api.UpdateVmDeploySetArgs{InstanceId: vm, DeploysetIdList: []string{set}}))
	equal("machines in the set", ok(client.GetDeploySetDetail(set)).InstanceCount, 1)
	equal("set of the machine", get().DeploysetList[0].DeploysetId, set)
	done(client.DeleteVmInstanceFromDeploySet(&api.DeleteVmDeploySetArgs{DeploysetId: set, InstanceIdList: []string{vm}}))
	done(client.DeleteDeploySet(set))
	refused(refusal(client.GetVirtualMachine("vm-nothere1")), 404, "ResourceNotFound")
}

func tourEdgeImages(client *bec.Client, vm string) {
	made := ok(client.CreateVmImage(&api.CreateVmImageArgs{VmId: vm, Name: "mine"}))
	equal("success", made.Success, true)
	id := made.Result
	find := func() *api.VmImageVo {
		for _, image := range ok(client.ListVmImage(&api.ListVmImageArgs{PageNo: 1, PageSize: 100, Type: "bec"})).Result {
			if image.ImageId == id {
				return &image
			}
		}
		return &api.VmImageVo{}
	}
	until("the image is there", func() bool { return find().Status == "NORMAL" || find().Status == "AVAILABLE" })
	equal("name", find().Name, "mine")
	equal("success", ok(client.UpdateVmImage(id, &api.UpdateVmImageArgs{Name: "renamed"})).Success, true)
	equal("name after update", find().Name, "renamed")
	until("the machine runs", func() bool { return ok(client.GetVirtualMachine(vm)).Status == api.ResourceStatusRunning })
	equal("success", ok(client.DeleteVmImage([]string{id})).Success, true)
	equal("the image in the end", find().ImageId, "")
}

func tourEdgeBalancers(client *bec.Client, service, vm string) {
	made := ok(client.CreateBlb(&api.CreateBlbArgs{
		BlbName: "edge-lb", LbType: "vm", PaymentMethod: "postpay", Region: api.RegionEastChina, City: "HANGZHOU", ServiceProvider: api.ServiceChinaMobile, RegionId: edge,
		NeedPublicIp: true, BandwidthInMbpsLimit: 10,
	}))
	acted("load balancer", made.Result, made.Action)
	id := made.Details.BlbId
	get := func() *api.BlbInstanceVo { return ok(client.GetBlbDetail(id)) }
	runs := func() { until(id+" runs", func() bool { return get().Status == api.ResourceStatusRunning }) }
	runs()
	equal("name", get().BlbName, "edge-lb")
	that("addresses", get().InternalIp != "" && get().PublicIp != "")
	equal("load balancers", ok(client.GetBlbList("vm", "", "", "", "", "", "", 1, 10)).TotalCount, 1)
	changed := ok(client.UpdateBlb(id, &api.UpdateBlbArgs{BlbName: "renamed", BandwidthInMbpsLimit: 20, Type: "bandwidth"}))
	acted("update", changed.Result, changed.Action)
	equal("bandwidth after update", get().BandwidthInMbpsLimit, 20)

	check := &api.HealthCheck{TimeoutInSeconds: 3, IntervalInSeconds: 5, UnhealthyThreshold: 3, HealthyThreshold: 3, HealthCheckType: "tcp"}
	http := &api.Port{Protocol: api.ProtocolTcp, Port: 80}
	listener := &api.BlbMonitorArgs{FrontendPort: http, BackendPort: 8080, LbMode: api.LbModeWrr, KeepaliveTimeout: 10, HealthCheck: check}
	added := ok(client.CreateBlbMonitorPort(id, listener))
	acted("listener", added.Result, added.Action)
	many := ok(client.BatchCreateBlbMonitor(id, &api.BatchCreateBlbMonitorArg{
		Protocol: api.ProtocolTcp, PortGroups: &[]api.PortGroup{{Port: 81, BackendPort: 8081}, {Port: 82, BackendPort: 8082}}, LbMode: api.LbModeMinConn, KeepaliveTimeout: 10, HealthCheck: check,
	}))
	acted("listeners", many.Result, many.Action)
	page := func(no int) *api.BlbMonitorListResult { return ok(client.GetBlbMonitorPortList(id, no, 2)) }
	equal("listeners in all", page(1).TotalCount, 3)
	equal("listeners on the pages", fmt.Sprint(len(page(1).Result), len(page(2).Result)), "2 1")
	listener.BackendPort, listener.LbMode = 9090, api.LbModeSrch
	acted("update", ok(client.UpdateBlbMonitorPort(id, listener)).Result, "update")
	detail := ok(client.GetBlbMonitorPortDetails(id, api.ProtocolTcp, 80))
	equal("port after update", detail.BackendPort, 9090)
	equal("scheduler after update", detail.LbMode, api.LbModeSrch)
	equal("interval of checks", detail.HealthCheck.IntervalInSeconds, 5)

	deployments := ok(client.GetBlbBackendBindingStsList(id, 1, 10, "", "")).Result
	equal("deployments that could be bound", len(deployments), 1)
	deployment := deployments[0].DeploymentName
	that("the deployment is the service's", strings.HasPrefix(deployment, service))
	backends := *ok(client.GetBlbBindingPodListWithSts(id, deployment))
	equal("machines of it", len(backends), 2)
	bound := ok(client.CreateBlbBinding(id, &api.CreateBlbBindingArgs{BindingForms: &[]api.BlbBindingForm{{DeploymentId: deployment, DefaultWeight: 100, PodWeight: &backends}}}))
	acted("binding", bound.Result, bound.Action)
	pods := func() []api.BlbBackendPodBriefVo { return ok(client.GetBlbBackendPodList(id, 1, 10)).Result }
	until("both are bound", func() bool { return len(pods()) == 2 })
	runs()
	backends[0].Weight = 7
	acted("update", ok(client.UpdateBlbBindPodWeight(id, &api.UpdateBindPodWeightArgs{PodWeightList: &[]api.Backends{backends[0]}, DeploymentIds: []string{deployment}})).Result, "update")
	runs()
	for _, pod := range pods() {
		if pod.PodName == backends[0].Name {
			equal("weight after update", pod.Weight, 7)
		}
	}
	that("measurements", len(ok(client.GetBlbMetrics(id, "intranet", "80", string(api.ServiceChinaMobile), 0, 0, 10, api.MetricsTypeTrafficReceive)).Metrics) > 0)
	runs()
	acted("unbinding", ok(client.DeleteBlbBindPod(id, &api.DeleteBlbBindPodArgs{PodWeightList: &backends, DeploymentIds: []string{deployment}})).Result, "unbind")
	until("none is bound", func() bool { return len(pods()) == 0 })
	runs()
	acted("deletion", ok(client.DeleteBlbMonitorPort(id, &[]api.Port{*http})).Result, "delete")
	equal("listeners", page(1).TotalCount, 2)
	gone := ok(client.BatchDeleteBlb([]string{id}))
	equal("what is deleted", gone.Details[0].Success, true)
	until("the load balancer is gone", func() bool { return refusal(client.GetBlbDetail(id)) != nil })
	refused(refusal(client.GetBlbDetail("lb-nothere1")), 404, "ResourceNotFound")
}
