"""Load balancers, listeners, backends."""

from baidubce.services.blb.blb_client import BlbClient
from baidubce.services.eip.eip_client import EipClient

from check import Client, equal, paged, refused, that, until
from network import Network
from tour_eip import BY_TRAFFIC, until_eip


def tour():
    client, addresses = Client(BlbClient, "blb"), Client(EipClient, "eip")
    net = Network("balancers")
    ids = tour_balancers(client, net)
    tour_listeners(client, ids[0])
    instances = net.instances("backend", 3)
    tour_backends(client, ids[0], instances)

    address = addresses.create_eip(5, billing=BY_TRAFFIC).eip
    until_eip(addresses, address, "available")
    addresses.bind_eip(address, "BLB", ids[0])
    until_eip(addresses, address, "binded")
    equal("public address", settled(client, ids[0]).public_ip, address)
    for blb_id in ids:
        client.delete_loadbalancer(blb_id)
    refused(404, "NoSuchObject", client.sdk.describe_loadbalancer_detail, ids[0])
    until_eip(addresses, address, "available")
    addresses.release_eip(address)
    for instance_id in instances:
        net.release(instance_id)
    net.demolish()


def settled(client, blb_id):
    """Waits until the load balancer takes changes again, which it does not while it is being changed."""
    until(f"{blb_id} is available", lambda: client.describe_loadbalancer_detail(blb_id).status == "available")
    return client.describe_loadbalancer_detail(blb_id)


def tour_balancers(client, net):
    """Leaves four."""
    made = client.create_loadbalancer(net.vpc_id, net.subnets[0], name="front-0", desc="first", client_token="blb-0")
    equal("name", made.name, "front-0")
    that("its address is the subnet's", made.address.startswith("10.8.0."))
    again = client.create_loadbalancer(net.vpc_id, net.subnets[0], name="front-0", desc="first", client_token="blb-0")
    equal("the same token makes no second one", again.blb_id, made.blb_id)
    ids = [made.blb_id] + [
        client.create_loadbalancer(net.vpc_id, net.subnets[i % 2], name=f"front-{i}").blb_id for i in range(1, 4)
    ]
    for blb_id in ids:
        settled(client, blb_id)
    shown = settled(client, ids[0])
    equal("description", shown.desc, "first")
    equal("VPC", shown.vpc_id, net.vpc_id)
    listed = paged(
        "load balancers", 2, lambda marker: client.describe_loadbalancers(marker=marker, max_keys=3), "blb_list", "blb_id"
    )
    equal("load balancers", sorted(listed), sorted(ids))

    def found(**filters):
        return [one.blb_id for one in client.describe_loadbalancers(**filters).blb_list]

    equal("by id", found(blb_id=ids[1]), ids[1:2])
    equal("by part of the name", len(found(name="front")), 4)
    equal("by address", found(address=made.address, exactly_match=True), ids[:1])
    client.update_loadbalancer(ids[0], name="renamed", desc="changed")
    refused(409, "OperationDenied", client.sdk.update_loadbalancer, ids[0], name="too-early")
    equal("name after rename", settled(client, ids[0]).name, "renamed")
    client.update_loadbalancer(ids[1], allow_delete=False)
    settled(client, ids[1])
    refused(403, "OperationDenied", client.sdk.delete_loadbalancer, ids[1])
    client.update_loadbalancer(ids[1], allow_delete=True)
    settled(client, ids[1])
    refused(404, "NoSuchObject", client.sdk.create_loadbalancer, net.vpc_id, "sbn-nothere1")
    create = client.sdk.create_loadbalancer
    refused(409, "PrivateIpInUseException", create, net.vpc_id, net.subnets[0], address=made.address)
    refused(404, "NoSuchObject", client.sdk.delete_loadbalancer, "lb-nothere1")
    return ids


def tour_listeners(client, blb_id):
    """Leaves one TCP listener, on port 80."""
    for port in (80, 81, 82):
        client.create_tcp_listener(blb_id, port, 30000 + port, "RoundRobin", tcp_session_timeout=600)
        settled(client, blb_id)
    client.create_udp_listener(blb_id, 53, 30053, "Hash", health_check_string="ping", health_check_type="UDP")
    settled(client, blb_id)
    client.create_http_listener(
        blb_id, 8080, 30808, "LeastConnection", keep_session=True, keep_session_duration=120, x_forward_for=True,
        health_check_uri="/healthz",
    )
    settled(client, blb_id)
    tcp = client.describe_tcp_listener(blb_id, listener_port=80).listener_list
    equal("listeners of a port", len(tcp), 1)
    equal("backend port", tcp[0].backend_port, 30080)
    equal("session timeout", tcp[0].tcp_session_timeout, 600)
    equal("what a probe of UDP sends", client.describe_udp_listener(blb_id).listener_list[0].health_check_string, "ping")
    http = client.describe_http_listener(blb_id, listener_port=8080).listener_list[0]
    equal("keeps sessions", http.keep_session, True)
    equal("for so long", http.keep_session_duration, 120)
    equal("tells the client's address", http.x_forward_for, True)
    equal("path of the check", http.health_check_uri, "/healthz")
    ports = paged(
        "listeners", 3, lambda marker: client.describe_all_listeners(blb_id, marker=marker, max_keys=2),
        "listener_list", "listener_port",
    )
    equal("listeners", sorted(ports), [53, 80, 81, 82, 8080])
    that("their ports are texts in the detail", "8080" in [one.port for one in settled(client, blb_id).listener])

    client.update_tcp_listener(blb_id, 80, scheduler="LeastConnection")
    settled(client, blb_id)
    equal("scheduler after update", client.describe_tcp_listener(blb_id, listener_port=80).listener_list[0].scheduler, "LeastConnection")
    client.update_udp_listener(blb_id, 53, backend_port=30054)
    settled(client, blb_id)
    equal("backend port after update", client.describe_udp_listener(blb_id).listener_list[0].backend_port, 30054)
    client.update_http_listener(blb_id, 8080, server_timeout=60)
    settled(client, blb_id)
    equal("server timeout after update", client.describe_http_listener(blb_id).listener_list[0].server_timeout, 60)
    refused(409, "ListenerAlreadyExist", client.sdk.create_tcp_listener, blb_id, 80, 1, "RoundRobin")
    refused(400, "BadRequest", client.sdk.create_tcp_listener, blb_id, 84, 1, "Random")
    refused(404, "NoSuchObject", client.sdk.update_tcp_listener, blb_id, 99, backend_port=1)
    client.delete_listeners(blb_id, port_list=[81, 82])
    settled(client, blb_id)
    client.delete_listeners(blb_id, port_type_list=[{"port": 53, "type": "UDP"}, {"port": 8080, "type": "HTTP"}])
    equal("listeners in the end", len(settled(client, blb_id).listener), 1)


def tour_backends(client, blb_id, instances):
    backends = [{"instanceId": one, "weight": 10 * (i + 1)} for i, one in enumerate(instances)]
    client.add_backend_servers(blb_id, backends)
    settled(client, blb_id)
    listed = paged(
        "backends", 2, lambda marker: client.describe_backend_servers(blb_id, marker=marker, max_keys=2),
        "backend_server_list", "instance_id",
    )
    equal("backends", sorted(listed), sorted(instances))
    refused(409, "BackendServerAlreadyExist", client.sdk.add_backend_servers, blb_id, backends)
    health = client.describe_health_status(blb_id, 80)
    equal("protocol of the listener", health.type, "TCP")
    equal("its backend port", health.backend_port, 30080)
    equal("backends with a health", len(health.backend_server_list), 3)
    client.update_backend_servers(blb_id, [{"instanceId": instances[0], "weight": 0}])
    settled(client, blb_id)
    weights = {one.instance_id: one.weight for one in client.describe_backend_servers(blb_id).backend_server_list}
    equal("weights", [weights[one] for one in instances], [0, 20, 30])
    refused(404, "NoSuchObject", client.sdk.add_backend_servers, blb_id, [{"instanceId": "i-nothere1", "weight": 1}])
    client.remove_backend_servers(blb_id, instances[:2])
    settled(client, blb_id)
    equal("backends in the end", len(client.describe_backend_servers(blb_id).backend_server_list), 1)
    refused(404, "NoSuchObject", client.sdk.remove_backend_servers, blb_id, instances[:1])
