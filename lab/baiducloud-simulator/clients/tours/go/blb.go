package main

import (
	"fmt"
	"strings"

	"github.com/baidubce/bce-sdk-go/model"
	"github.com/baidubce/bce-sdk-go/services/blb"
	"github.com/baidubce/bce-sdk-go/services/eip"
)

func newBlbClient() *blb.Client {
	client, err := blb.NewClient(env.AccessKeyID, env.SecretAccessKey, endpointOf("blb"))
	must(err)
	return client
}

// settled waits until the load balancer takes changes again, which it does not while it is being changed.
func settled(client *blb.Client, id string) *blb.DescribeLoadBalancerDetailResult {
	var shown *blb.DescribeLoadBalancerDetailResult
	until(id+" is available", func() bool {
		shown = ok(client.DescribeLoadBalancerDetail(id))
		return shown.Status == blb.BLBStatusAvailable
	})
	return shown
}

func tourBlb() {
	client, servers, addresses := newBlbClient(), newBccClient(), newEipClient()
	net := buildNetwork("balancers")
	ids := tourBalancers(client, net)
	tourListeners(client, ids[0])
	instances := net.instances(servers, "backend", 3)
	tourBackends(client, ids[0], instances)

	address := ok(addresses.CreateEip(&eip.CreateEipArgs{BandWidthInMbps: 5, Billing: byTraffic})).Eip
	untilEip(addresses, address, "available")
	done(addresses.BindEip(address, &eip.BindEipArgs{InstanceType: "BLB", InstanceId: ids[0]}))
	untilEip(addresses, address, "binded")
	equal("public address", settled(client, ids[0]).PublicIp, address)
	equal("EIPs of it", len(ok(addresses.ListEip(&eip.ListEipArgs{InstanceType: "BLB", InstanceId: ids[0]})).EipList), 1)

	for _, id := range ids {
		done(client.DeleteLoadBalancer(id))
	}
	refused(refusal(client.DescribeLoadBalancerDetail(ids[0])), 404, "NoSuchObject")
	equal("the EIP is free again", untilEip(addresses, address, "available").InstanceId, "")
	done(addresses.DeleteEip(address, ""))
	for _, id := range instances {
		done(servers.DeleteInstance(id))
		untilGone(servers, id)
	}
	net.demolish()
}

// tourBalancers leaves four.
func tourBalancers(client *blb.Client, net *network) []string {
	tags := []model.TagModel{{TagKey: "team", TagValue: "go"}}
	args := &blb.CreateLoadBalancerArgs{
		ClientToken: "blb-0", Name: "front-0", Description: "first", VpcId: net.vpcID, SubnetId: net.subnets[0], Tags: tags,
	}
	made := ok(client.CreateLoadBalancer(args))
	equal("name", made.Name, "front-0")
	that("its id", strings.HasPrefix(made.BlbId, "lb-"))
	that("its address is the subnet's", strings.HasPrefix(made.Address, "10.8.0."))
	equal("the same token makes no second one", ok(client.CreateLoadBalancer(args)).BlbId, made.BlbId)
	ids := []string{made.BlbId}
	for i := 1; i < 4; i++ {
		more := &blb.CreateLoadBalancerArgs{Name: fmt.Sprintf("front-%d", i), VpcId: net.vpcID, SubnetId: net.subnets[i%2]}
		ids = append(ids, ok(client.CreateLoadBalancer(more)).BlbId)
	}
	for _, id := range ids {
		settled(client, id)
	}
	shown := settled(client, ids[0])
	equal("description", shown.Description, "first")
	equal("address", shown.Address, made.Address)
	equal("VPC", shown.VpcId, net.vpcID)
	equal("tags", shown.Tags, tags)
	equal("may be deleted", shown.AllowDelete, true)
	that("created time", isTime(shown.CreateTime))

	idOf := func(one blb.BLBModel) string { return one.BlbId }
	list := func(marker string) ([]string, string, bool) {
		page := ok(client.DescribeLoadBalancers(&blb.DescribeLoadBalancersArgs{Marker: marker, MaxKeys: 3}))
		equal("maxKeys", page.MaxKeys, 3)
		return idsOf(page.BlbList, idOf), page.NextMarker, page.IsTruncated
	}
	equal("load balancers", len(paged("load balancers", 2, list)), 4)
	listed := func(args blb.DescribeLoadBalancersArgs) []string {
		return idsOf(ok(client.DescribeLoadBalancers(&args)).BlbList, idOf)
	}
	equal("by id", listed(blb.DescribeLoadBalancersArgs{BlbId: ids[1]}), ids[1:2])
	equal("by part of the name", len(listed(blb.DescribeLoadBalancersArgs{Name: "front"})), 4)
	equal("by the exact name", listed(blb.DescribeLoadBalancersArgs{Name: "front-2", ExactlyMatch: true}), ids[2:3])
	equal("by a name that is only a part", len(listed(blb.DescribeLoadBalancersArgs{Name: "front", ExactlyMatch: true})), 0)
	equal("by address", listed(blb.DescribeLoadBalancersArgs{Address: made.Address, ExactlyMatch: true}), ids[:1])

	done(client.UpdateLoadBalancer(ids[0], &blb.UpdateLoadBalancerArgs{Name: "renamed", Description: "changed"}))
	refused(client.UpdateLoadBalancer(ids[0], &blb.UpdateLoadBalancerArgs{Name: "too-early"}), 409, "OperationDenied")
	shown = settled(client, ids[0])
	equal("name after rename", shown.Name, "renamed")
	equal("description after change", shown.Description, "changed")
	done(client.UpdateLoadBalancer(ids[1], &blb.UpdateLoadBalancerArgs{AllowDelete: pointer(false)}))
	settled(client, ids[1])
	refused(client.DeleteLoadBalancer(ids[1]), 403, "OperationDenied")
	done(client.UpdateLoadBalancer(ids[1], &blb.UpdateLoadBalancerArgs{AllowDelete: pointer(true)}))
	settled(client, ids[1])

	bad := *args
	bad.ClientToken, bad.SubnetId = "", "sbn-nothere1"
	refused(refusal(client.CreateLoadBalancer(&bad)), 404, "NoSuchObject")
	taken := *args
	taken.ClientToken, taken.Address = "", made.Address
	refused(refusal(client.CreateLoadBalancer(&taken)), 409, "PrivateIpInUseException")
	refused(client.DeleteLoadBalancer("lb-nothere1"), 404, "NoSuchObject")
	return ids
}

// tourListeners leaves one TCP listener, on port 80.
func tourListeners(client *blb.Client, id string) {
	change := func(err error) {
		done(err)
		settled(client, id)
	}
	for port := uint16(80); port < 83; port++ {
		change(client.CreateTCPListener(id, &blb.CreateTCPListenerArgs{
			ListenerPort: port, BackendPort: 30000 + port, Scheduler: "RoundRobin", HealthCheckTimeoutInSecond: 2, TcpSessionTimeout: 600,
		}))
	}
	change(client.CreateUDPListener(id, &blb.CreateUDPListenerArgs{
		ListenerPort: 53, BackendPort: 30053, Scheduler: "Hash", HealthCheckString: "\\00\\01", HealthCheckType: "UDP",
	}))
	change(client.CreateHTTPListener(id, &blb.CreateHTTPListenerArgs{
		ListenerPort: 8080, BackendPort: 30808, Scheduler: "LeastConnection", KeepSession: pointer(true), KeepSessionType: "insert",
		KeepSessionDuration: 120, XForwardedFor: pointer(true), HealthCheckURI: "/healthz", HealthCheckNormalStatus: "http_2xx",
	}))
	tcp := ok(client.DescribeTCPListeners(id, &blb.DescribeListenerArgs{ListenerPort: 80})).ListenerList
	equal("listeners of a port", len(tcp), 1)
	equal("backend port", tcp[0].BackendPort, 30080)
	equal("scheduler", tcp[0].Scheduler, "RoundRobin")
	equal("session timeout", tcp[0].TcpSessionTimeout, 600)
	equal("health check timeout", tcp[0].HealthCheckTimeoutInSecond, 2)
	equal("health check interval, by default", tcp[0].HealthCheckInterval, 3)
	udp := ok(client.DescribeUDPListeners(id, &blb.DescribeListenerArgs{})).ListenerList
	equal("what a probe of UDP sends", udp[0].HealthCheckString, "\\00\\01")
	http := ok(client.DescribeHTTPListeners(id, &blb.DescribeListenerArgs{ListenerPort: 8080})).ListenerList
	equal("keeps sessions", http[0].KeepSession, true)
	equal("for so long", http[0].KeepSessionDuration, 120)
	equal("tells the client's address", http[0].XForwardedFor, true)
	equal("path of the check", http[0].HealthCheckURI, "/healthz")

	list := func(marker string) ([]string, string, bool) {
		page := ok(client.DescribeAllListeners(id, &blb.DescribeListenerArgs{Marker: marker, MaxKeys: 2}))
		ids := idsOf(page.AllListenerList, func(one blb.AllListenerModel) string { return fmt.Sprint(one.ListenerType, one.ListenerPort) })
		return ids, page.NextMarker, page.IsTruncated
	}
	all := paged("listeners", 3, list)
	equal("listeners", len(all), 5)
	that("of each kind", contains(all, "TCP80") && contains(all, "UDP53") && contains(all, "HTTP8080"))
	detail := settled(client, id).Listener
	equal("listeners in the detail", len(detail), 5)
	that("their ports are texts there", contains(idsOf(detail, func(one blb.ListenerModel) string { return one.Port }), "8080"))

	change(client.UpdateTCPListener(id, &blb.UpdateTCPListenerArgs{ListenerPort: 80, Scheduler: "LeastConnection", HealthyThreshold: 5}))
	tcp = ok(client.DescribeTCPListeners(id, &blb.DescribeListenerArgs{ListenerPort: 80})).ListenerList
	equal("scheduler after update", tcp[0].Scheduler, "LeastConnection")
	equal("threshold after update", tcp[0].HealthyThreshold, 5)
	equal("what was not named is as before", tcp[0].BackendPort, 30080)
	change(client.UpdateUDPListener(id, &blb.UpdateUDPListenerArgs{ListenerPort: 53, BackendPort: 30054, HealthCheckString: "x"}))
	equal("backend port after update", ok(client.DescribeUDPListeners(id, &blb.DescribeListenerArgs{})).ListenerList[0].BackendPort, 30054)
	change(client.UpdateHTTPListener(id, &blb.UpdateHTTPListenerArgs{ListenerPort: 8080, KeepSession: pointer(false), ServerTimeout: 60}))
	equal("server timeout after update", ok(client.DescribeHTTPListeners(id, &blb.DescribeListenerArgs{})).ListenerList[0].ServerTimeout, 60)

	twice := &blb.CreateTCPListenerArgs{ListenerPort: 80, BackendPort: 1, Scheduler: "RoundRobin"}
	refused(client.CreateTCPListener(id, twice), 409, "ListenerAlreadyExist")
	bad := &blb.CreateTCPListenerArgs{ListenerPort: 84, BackendPort: 1, Scheduler: "Random"}
	refused(client.CreateTCPListener(id, bad), 400, "BadRequest")
	refused(client.UpdateTCPListener(id, &blb.UpdateTCPListenerArgs{ListenerPort: 99, BackendPort: 1}), 404, "NoSuchObject")
	refused(client.CreateTCPListener("lb-nothere1", twice), 404, "NoSuchObject")
	change(client.DeleteListeners(id, &blb.DeleteListenersArgs{PortList: []uint16{81, 82}}))
	change(client.DeleteListeners(id, &blb.DeleteListenersArgs{PortTypeList: []blb.PortTypeModel{{Port: 53, Type: "UDP"}, {Port: 8080, Type: "HTTP"}}}))
	equal("listeners in the end", len(settled(client, id).Listener), 1)
}

func tourBackends(client *blb.Client, id string, instances []string) {
	add := &blb.AddBackendServersArgs{}
	for i, instance := range instances {
		add.BackendServerList = append(add.BackendServerList, blb.BackendServerModel{InstanceId: instance, Weight: pointer(10 * (i + 1))})
	}
	done(client.AddBackendServers(id, add))
	settled(client, id)
	list := func(marker string) ([]string, string, bool) {
		page := ok(client.DescribeBackendServers(id, &blb.DescribeBackendServersArgs{Marker: marker, MaxKeys: 2}))
		ids := idsOf(page.BackendServerList, func(one blb.BackendServerModel) string { return fmt.Sprint(one.InstanceId, "=", *one.Weight) })
		return ids, page.NextMarker, page.IsTruncated
	}
	backends := paged("backends", 2, list)
	that("each has its weight", contains(backends, instances[0]+"=10") && contains(backends, instances[2]+"=30"))
	refused(client.AddBackendServers(id, add), 409, "BackendServerAlreadyExist")
	health := ok(client.DescribeHealthStatus(id, &blb.DescribeHealthStatusArgs{ListenerPort: 80}))
	equal("protocol of the listener", health.Type, "TCP")
	equal("its backend port", health.BackendPort, uint16(30080))
	equal("backends with a health", len(health.BackendServerList), 3)
	refused(refusal(client.DescribeHealthStatus(id, &blb.DescribeHealthStatusArgs{ListenerPort: 99})), 404, "NoSuchObject")
	update := []blb.BackendServerModel{{InstanceId: instances[0], Weight: pointer(0)}}
	done(client.UpdateBackendServers(id, &blb.UpdateBackendServersArgs{BackendServerList: update}))
	settled(client, id)
	that("the weight is another", contains(paged("backends", 2, list), instances[0]+"=0"))
	unknown := []blb.BackendServerModel{{InstanceId: "i-nothere1", Weight: pointer(1)}}
	refused(client.AddBackendServers(id, &blb.AddBackendServersArgs{BackendServerList: unknown}), 404, "NoSuchObject")
	done(client.RemoveBackendServers(id, &blb.RemoveBackendServersArgs{BackendServerList: instances[:2]}))
	settled(client, id)
	equal("backends in the end", paged("backends", 1, list), []string{instances[2] + "=30"})
	refused(client.RemoveBackendServers(id, &blb.RemoveBackendServersArgs{BackendServerList: instances[:1]}), 404, "NoSuchObject")
}
