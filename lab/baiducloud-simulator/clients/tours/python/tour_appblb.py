"""Application load balancers: server groups, IP groups, policies, security groups."""

from baidubce.services.bcc import bcc_model
from baidubce.services.blb.app_blb_client import AppBlbClient
from baidubce.services.cert.cert_client import CertClient
from baidubce.services.cert.cert_model import CertCreateRequest
from baidubce.services.esg.esg_client import EsgClient
from baidubce.services.esg.esg_model import EnterpriseSecurityGroupRuleModel

from check import Client, env, equal, paged, refused, that, until
from network import Network


class Balancer:
    """One load balancer: each change waits until the next one is taken."""

    def __init__(self, client, blb_id):
        self.client, self.id = client, blb_id

    def get(self):
        until(f"{self.id} is available", lambda: self.client.describe_app_loadbalancer_detail(self.id).status == "available")
        return self.client.describe_app_loadbalancer_detail(self.id)

    def change(self, call, /, *args, **options):
        answer = getattr(self.client, call)(self.id, *args, **options)
        self.get()
        return answer

    def read(self, call, /, *args, **options):
        return getattr(self.client, call)(self.id, *args, **options)


def tour():
    client = Client(AppBlbClient, "blb")
    net = Network("applications")
    machines = net.instances("app", 2)
    ids = []
    for i in range(3):
        made = client.create_app_loadbalancer(net.vpc_id, net.subnets[0], name=f"app-{i}", desc="first", client_token=f"app-{i}")
        again = client.create_app_loadbalancer(net.vpc_id, net.subnets[0], name=f"app-{i}", desc="first", client_token=f"app-{i}")
        equal("the same token makes no second one", again.blb_id, made.blb_id)
        ids.append(made.blb_id)
    balancers = [Balancer(client, blb_id) for blb_id in ids]
    first = balancers[0]
    equal("description", first.get().desc, "first")
    equal("VPC", first.get().vpc_id, net.vpc_id)
    for other in balancers[1:]:
        other.get()
    listed = paged(
        "load balancers", 2, lambda marker: client.describe_app_loadbalancers(marker=marker, max_keys=2), "blb_list", "blb_id"
    )
    equal("load balancers", sorted(listed), sorted(ids))
    equal("load balancers of a name", len(client.describe_app_loadbalancers(name="app-1", exactly_match=True).blb_list), 1)
    first.change("update_app_loadbalancer", name="renamed", desc="changed", allow_delete=False)
    equal("name after rename", first.get().name, "renamed")
    refused(403, "OperationDenied", client.sdk.delete_app_loadbalancer, first.id)
    first.change("update_app_loadbalancer", allow_delete=True)

    tour_listeners(first)
    group, port = tour_server_groups(first, machines)
    tour_policies(first, group, port)
    first.change("delete_app_server_group", group)
    tour_ip_groups(first)
    tour_security_groups(first, net)
    for blb_id in ids:
        client.delete_app_loadbalancer(blb_id)
    refused(404, "NoSuchObject", client.sdk.describe_app_loadbalancer_detail, first.id)
    for machine in machines:
        net.release(machine)
    net.demolish()


def tour_listeners(balancer):
    certificates, pair = Client(CertClient, "certificate"), env["certificates"][0]
    cert_id = certificates.create_cert(CertCreateRequest("apps", pair["certPem"], pair["keyPem"])).cert_id
    balancer.change("create_app_tcp_listener", 90, "RoundRobin", tcp_session_timeout=600)
    balancer.change("create_app_udp_listener", 53, "RoundRobin", udp_session_timeout=60)
    balancer.change("create_app_http_listener", 80, "RoundRobin", keep_session=True, keep_session_type="insert", keep_session_timeout=300)
    balancer.change("create_app_https_listener", 443, "RoundRobin", [cert_id])
    balancer.change("create_app_ssl_listener", 8443, "RoundRobin", [cert_id])
    refused(409, "ListenerAlreadyExist", balancer.client.sdk.create_app_tcp_listener, balancer.id, 90, "RoundRobin")
    listed = paged(
        "listeners", 3,
        lambda marker: balancer.read("describe_app_all_listener", marker=marker, max_keys=2), "listener_list", "listener_port",
    )
    equal("listeners", sorted(listed), [53, 80, 90, 443, 8443])
    balancer.change("update_app_tcp_listener", 90, "LeastConnection", tcp_session_timeout=700)
    balancer.change("update_app_udp_listener", 53, "Hash", udp_session_timeout=70)
    balancer.change("update_app_http_listener", 80, "RoundRobin", keep_session=False, x_forwarded_for=True)
    tcp = balancer.read("describe_app_tcp_listener", 90).listener_list[0]
    equal("scheduler after update", tcp.scheduler, "LeastConnection")
    equal("timeout after update", tcp.tcp_session_timeout, 700)
    equal("timeout after update", balancer.read("describe_app_udp_listener", 53).listener_list[0].udp_session_timeout, 70)
    http = balancer.read("describe_app_http_listener", 80).listener_list[0]
    equal("sessions are kept", http.keep_session, False)
    equal("the client's address is handed on", http.x_forwarded_for, True)
    equal("certificates", balancer.read("describe_app_https_listener", 443).listener_list[0].cert_ids, [cert_id])
    equal("certificates", balancer.read("describe_app_ssl_listener", 8443).listener_list[0].cert_ids, [cert_id])
    refused(409, "OperationDenied", certificates.sdk.delete_cert, cert_id)
    balancer.change("delete_app_listeners", [443, 8443, 53])
    certificates.delete_cert(cert_id)


def tour_server_groups(balancer, machines):
    """Leaves one, with a port."""
    groups = [
        balancer.change(
            "create_app_server_group", name=name, desc="of the tour", backend_server_list=[{"instanceId": machines[0], "weight": 50}]
        ).id
        for name in ("blue", "green", "red")
    ]
    listed = paged(
        "server groups", 2,
        lambda marker: balancer.read("describe_app_server_group", marker=marker, max_keys=2), "app_server_group_list", "id",
    )
    equal("server groups", sorted(listed), sorted(groups))
    group = groups[0]
    balancer.change("update_app_server_group", group, name="renamed", desc="changed")
    shown = balancer.read("describe_app_server_group", name="renamed", exactly_match=True).app_server_group_list
    equal("server groups of a name", [one.id for one in shown], [group])
    equal("description", shown[0].desc, "changed")

    balancer.change("create_app_blb_rs", group, [{"instanceId": machines[1], "weight": 20}])
    balancer.change("update_app_blb_rs", group, [{"instanceId": machines[1], "weight": 30}])
    servers = balancer.read("describe_app_blb_rs", group).backend_server_list
    equal("weights", sorted(one.weight for one in servers), [30, 50])
    equal("servers of the group", len(balancer.read("describe_rs_mount", group).backend_server_list), 2)
    equal("servers outside", len(balancer.read("describe_rs_unmount", group).backend_server_list), 0)
    balancer.change("delete_app_blb_rs", group, [machines[1]])
    equal("servers of the group", len(balancer.read("describe_app_blb_rs", group).backend_server_list), 1)
    equal("servers outside", len(balancer.read("describe_rs_unmount", group).backend_server_list), 1)

    port = balancer.change(
        "create_app_server_group_port", group, 8080, "HTTP", health_check="HTTP", health_check_urlpath="/healthz",
        health_check_normal_status="http_2xx",
    ).id
    balancer.change("update_app_server_group_port", group, port, health_check="HTTP", health_check_urlpath="/ready")
    shown = balancer.read("describe_app_server_group", name="renamed", exactly_match=True).app_server_group_list[0].port_list[0]
    equal("path of the check after update", shown.health_check_url_path, "/ready")
    second = balancer.change("create_app_server_group_port", group, 8081, "TCP", health_check="TCP").id
    balancer.change("delete_app_server_group_port", group, [second])
    for other in groups[1:]:
        balancer.change("delete_app_server_group", other)
    refused(404, "NoSuchObject", balancer.client.sdk.delete_app_server_group, balancer.id, groups[1])
    return group, 8080


def tour_policies(balancer, group, port):
    def policy(priority, path):
        rules = [{"key": "uri", "value": path}]
        return {"appServerGroupId": group, "backendPort": port, "priority": priority, "desc": path, "ruleList": rules}

    balancer.change("create_policys", 80, [policy(10, "/shop"), policy(20, "/depot")], listener_type="HTTP")

    def policies(**options):
        return balancer.read("describe_policys", 80, listener_type="HTTP", **options)

    listed = paged("policies", 2, lambda marker: policies(marker=marker, max_keys=1), "policy_list", "id")
    first = next(one for one in policies().policy_list if one.priority == 10)
    equal("rule", first.rule_list[0].value, "/shop")
    equal("group", first.app_server_group_id, group)
    equal("port", first.backend_port, port)
    refused(409, "OperationDenied", balancer.client.sdk.delete_app_server_group, balancer.id, group)
    balancer.change("update_policys", 80, [{"policyId": first.id, "priority": 15, "desc": "changed"}], listener_type="HTTP")
    equal("priorities after update", sorted(one.priority for one in policies().policy_list), [15, 20])
    balancer.change("delete_policys", 80, listed, listener_type="HTTP")
    equal("policies", policies().policy_list, [])


def tour_ip_groups(balancer):
    group = balancer.change("create_app_ip_group", name="ips", desc="of the tour", member_list=[{"ip": "10.8.0.77", "port": 8080, "weight": 50}]).id
    balancer.change("update_app_ip_group", group, name="renamed", desc="changed")
    shown = balancer.read("describe_app_ip_group", name="renamed", exactly_match=True).app_ip_group_list
    equal("groups of a name", [(one.id, one.desc) for one in shown], [(group, "changed")])
    balancer.change("create_app_ip_group_member", group, [{"ip": "10.8.0.78", "port": 8080, "weight": 60}])

    def members():
        return balancer.read("describe_app_ip_group_member", group).member_list

    equal("members", sorted(one.ip for one in members()), ["10.8.0.77", "10.8.0.78"])
    first = members()[0].member_id
    balancer.change("update_app_ip_group_member", group, [{"memberId": first, "port": 9090, "weight": 7}])
    equal("weight after update", next(one.weight for one in members() if one.member_id == first), 7)
    check = balancer.change("create_app_ip_group_port", group, "TCP", health_check="TCP", health_check_port=8080).id
    balancer.change("update_app_ip_group_port", group, check, health_check="TCP", health_check_port=8081)
    shown = balancer.read("describe_app_ip_group").app_ip_group_list[0].backend_policy_list[0]
    equal("port of the check after update", shown.health_check_port, 8081)
    policy = {"appIpGroupId": group, "priority": 1, "desc": "all", "ruleList": [{"key": "*", "value": "*"}]}
    balancer.change("create_app_ipgroup_policys", 90, [policy], "TCP")
    policies = balancer.read("describe_app_ipgroup_policys", 90, "TCP").policy_list
    equal("group of the policy", [one.app_ip_group_id for one in policies], [group])
    balancer.change("delete_policys", 90, [policies[0].id], listener_type="TCP")
    balancer.change("delete_app_ip_group_member", group, [first])
    equal("members", len(members()), 1)
    balancer.change("delete_app_ip_group_port", group, [check])
    balancer.change("delete_app_ip_group", group)
    equal("groups", balancer.read("describe_app_ip_group").app_ip_group_list, [])


def tour_security_groups(balancer, net):
    rule = bcc_model.SecurityGroupRuleModel(direction="egress", destIp="0.0.0.0/0", ethertype="IPv4")
    group = net.servers.create_security_group("apps", [rule], vpc_id=net.vpc_id).security_group_id
    balancer.change("bind_app_security_groups", [group])
    shown = balancer.read("describe_app_security_groups").blb_security_groups
    that("the group is bound", group in [one.security_group_id for one in shown])
    balancer.change("unbind_app_security_groups", [group])
    net.servers.delete_security_group(group)
    enterprise = Client(EsgClient, "vpc")
    allow = EnterpriseSecurityGroupRuleModel(direction="ingress", protocol="all", sourceIp="all", action="allow", priority=1)
    esg = enterprise.create_enterprise_security_group("apps", [allow]).enterprise_security_group_id
    balancer.change("bind_app_enterprise_security_groups", [esg])
    shown = balancer.read("describe_app_enterprise_security_groups").enterprise_security_groups
    equal("enterprise groups", [one.enterprise_security_group_id for one in shown], [esg])
    balancer.change("unbind_app_enterprise_security_groups", [esg])
    enterprise.delete_enterprise_security_group(esg)
