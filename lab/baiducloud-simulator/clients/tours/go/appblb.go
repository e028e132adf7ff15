package main

import (
	"github.com/baidubce/bce-sdk-go/services/appblb"
)

func tourAppblb() {
	client, err := appblb.NewClient(env.AccessKeyID, env.SecretAccessKey, endpointOf("blb"))
	must(err)
	servers := newBccClient()
	net := buildNetwork("applications")
	instances := net.instances(servers, "app", 2)
	made := ok(client.CreateLoadBalancer(&appblb.CreateLoadBalancerArgs{Name: "app-0", Description: "first", VpcId: net.vpcID, SubnetId: net.subnets[0]}))
	id := made.BlbId
	settle := func() *appblb.DescribeLoadBalancerDetailResult {
		var shown *appblb.DescribeLoadBalancerDetailResult
		until(id+" is available", func() bool {
			shown = ok(client.DescribeLoadBalancerDetail(id))
			return shown.Status == appblb.BLBStatusAvailable
		})
		return shown
	}
	change := func(err error) {
		done(err)
		settle()
	}
	equal("description", settle().Description, "first")
	equal("load balancers", len(ok(client.DescribeLoadBalancers(&appblb.DescribeLoadBalancersArgs{BlbId: id})).BlbList), 1)
	change(client.UpdateLoadBalancer(id, &appblb.UpdateLoadBalancerArgs{Name: "renamed"}))
	equal("name after rename", settle().Name, "renamed")

	var groups []string
	for _, name := range []string{"blue", "green", "red"} {
		weights := []appblb.AppBackendServer{{InstanceId: instances[0], Weight: pointer(50)}}
		groups = append(groups, ok(client.CreateAppServerGroup(id, &appblb.CreateAppServerGroupArgs{Name: name, BackendServerList: weights})).Id)
		settle()
	}
	list := func(marker string) ([]string, string, bool) {
		page := ok(client.DescribeAppServerGroup(id, &appblb.DescribeAppServerGroupArgs{Marker: marker, MaxKeys: 2}))
		return idsOf(page.AppServerGroupList, func(one appblb.AppServerGroup) string { return one.Id }), page.NextMarker, page.IsTruncated
	}
	equal("server groups", len(paged("server groups", 2, list)), 3)
	port := ok(client.CreateAppServerGroupPort(id, &appblb.CreateAppServerGroupPortArgs{SgId: groups[0], Port: 8080, Type: "HTTP", HealthCheck: "HTTP", HealthCheckUrlPath: "/healthz", HealthCheckNormalStatus: "http_2xx"}))
	settle()
	that("a port has an id", port.Id != "")
	more := &appblb.CreateBlbRsArgs{}
	more.SgId = groups[0]
	more.BackendServerList = []appblb.AppBackendServer{{InstanceId: instances[1], Weight: pointer(20)}}
	change(client.CreateBlbRs(id, more))
	equal("servers of the group", len(ok(client.DescribeBlbRs(id, &appblb.DescribeBlbRsArgs{SgId: groups[0]})).BackendServerList), 2)
	change(client.DeleteBlbRs(id, &appblb.DeleteBlbRsArgs{SgId: groups[0], BackendServerIdList: instances[1:]}))
	equal("servers of the group", len(ok(client.DescribeBlbRs(id, &appblb.DescribeBlbRsArgs{SgId: groups[0]})).BackendServerList), 1)

	change(client.CreateAppHTTPListener(id, &appblb.CreateAppHTTPListenerArgs{ListenerPort: 80, Scheduler: "RoundRobin"}))
	change(client.CreateAppTCPListener(id, &appblb.CreateAppTCPListenerArgs{ListenerPort: 90, Scheduler: "RoundRobin", TcpSessionTimeout: 600}))
	equal("session timeout", ok(client.DescribeAppTCPListeners(id, &appblb.DescribeAppListenerArgs{ListenerPort: 90})).ListenerList[0].TcpSessionTimeout, 600)
	equal("listeners", len(ok(client.DescribeAppAllListeners(id, &appblb.DescribeAppListenerArgs{})).ListenerList), 2)
	policy := appblb.AppPolicy{AppServerGroupId: groups[0], BackendPort: 8080, Priority: 10, Description: "shop", RuleList: []appblb.AppRule{{Key: "uri", Value: "/shop"}}}
	change(client.CreatePolicys(id, &appblb.CreatePolicysArgs{ListenerPort: 80, Type: "HTTP", AppPolicyVos: []appblb.AppPolicy{policy}}))
	policies := ok(client.DescribePolicys(id, &appblb.DescribePolicysArgs{Port: 80, Type: "HTTP"})).PolicyList
	equal("policies", len(policies), 1)
	equal("rule", policies[0].RuleList[0].Value, "/shop")
	equal("group", policies[0].AppServerGroupId, groups[0])
	change(client.DeletePolicys(id, &appblb.DeletePolicysArgs{Port: 80, Type: "HTTP", PolicyIdList: []string{policies[0].Id}}))
	equal("policies", len(ok(client.DescribePolicys(id, &appblb.DescribePolicysArgs{Port: 80, Type: "HTTP"})).PolicyList), 0)
	change(client.DeleteAppListeners(id, &appblb.DeleteAppListenersArgs{PortList: []uint16{80, 90}}))

	ips := ok(client.CreateAppIpGroup(id, &appblb.CreateAppIpGroupArgs{Name: "ips"})).Id
	settle()
	equal("IP groups", len(ok(client.DescribeAppIpGroup(id, &appblb.DescribeAppIpGroupArgs{})).AppIpGroupList), 1)
	change(client.DeleteAppIpGroup(id, &appblb.DeleteAppIpGroupArgs{IpGroupId: ips}))
	for _, group := range groups {
		change(client.DeleteAppServerGroup(id, &appblb.DeleteAppServerGroupArgs{SgId: group}))
	}
	refused(client.DeleteAppServerGroup(id, &appblb.DeleteAppServerGroupArgs{SgId: groups[0]}), 404, "NoSuchObject")
	done(client.DeleteLoadBalancer(id))
	refused(refusal(client.DescribeLoadBalancerDetail(id)), 404, "NoSuchObject")
	for _, instance := range instances {
		done(servers.DeleteInstance(instance))
		untilGone(servers, instance)
	}
	net.demolish()
}
