"""Load balancers with listeners of each kind."""

from baidubce.services.blb.blb_client import BlbClient
from baidubce.services.eip.eip_client import EipClient

from check import Client, equal, paged, refused, that, until
from network import Network


def tour():
    network = Network("blb_tour", "10.20.0.0/16")
    blbs = Client(BlbClient, "blb")
    ids = [
        blbs.create_loadbalancer(network.vpc_id, network.subnet_ids[0], name=f"blb_{i}", desc=f"number {i}").blb_id
        for i in range(5)
    ]
    for blb_id in ids:
        settled(blbs, blb_id)
    listed = paged(
        "load balancers", 3, lambda marker: blbs.describe_loadbalancers(marker=marker, max_keys=2), "blb_list", "blb_id"
    )
    equal("all are listed", set(listed), set(ids))
    shown = blbs.describe_loadbalancer_detail(ids[0])
    equal("name", shown.name, "blb_0")
    equal("description", shown.desc, "number 0")
    equal("VPC", shown.vpc_name, "blb_tour")
    that("a private address of its subnet", shown.address.startswith("10.20.0."))
    equal("by name", [one.blb_id for one in blbs.describe_loadbalancers(name="blb_2", exactly_match=True).blb_list], [ids[2]])
    blbs.update_loadbalancer(ids[0], name="renamed", desc="changed")
    settled(blbs, ids[0])
    equal("name after the change", blbs.describe_loadbalancer_detail(ids[0]).name, "renamed")
    tour_listeners(blbs, ids[0])
    tour_address(blbs, ids[0])
    refused(404, "NoSuchObject", blbs.sdk.describe_loadbalancer_detail, "lb-nothere1")
    for blb_id in ids:
        blbs.delete_loadbalancer(blb_id)
        refused(404, "NoSuchObject", blbs.sdk.describe_loadbalancer_detail, blb_id)
    network.close()


def settled(blbs, blb_id):
    until(f"{blb_id} is available", lambda: blbs.describe_loadbalancer_detail(blb_id).status == "available")


def tour_listeners(blbs, blb_id):
    for port in range(80, 85):
        blbs.create_tcp_listener(blb_id, port, 30000 + port, "RoundRobin", health_check_timeout_in_second=2)
        settled(blbs, blb_id)
    blbs.create_udp_listener(blb_id, 53, 30053, "Hash", health_check_string="\\00")
    settled(blbs, blb_id)
    blbs.create_http_listener(
        blb_id, 8080, 30808, "LeastConnection", keep_session=True, keep_session_type="insert", keep_session_duration=120
    )
    settled(blbs, blb_id)
    refused(409, "ListenerAlreadyExist", blbs.sdk.create_tcp_listener, blb_id, 80, 30000, "RoundRobin")
    refused(400, "BadRequest", blbs.sdk.create_tcp_listener, blb_id, 99, 30000, "Random")
    tcp = blbs.describe_tcp_listener(blb_id, listener_port=80).listener_list[0]
    equal("port of the nodes", tcp.backend_port, 30080)
    equal("scheduler", tcp.scheduler, "RoundRobin")
    equal("health check timeout", tcp.health_check_timeout_in_second, 2)
    equal("what a probe of UDP sends", blbs.describe_udp_listener(blb_id).listener_list[0].health_check_string, "\\00")
    http = blbs.describe_http_listener(blb_id).listener_list[0]
    equal("keeps sessions", http.keep_session, True)
    equal("for so long", http.keep_session_duration, 120)
    ports = paged(
        "TCP listeners",
        3,
        lambda marker: blbs.describe_tcp_listener(blb_id, marker=marker, max_keys=2),
        "listener_list",
        "listener_port",
    )
    equal("ports", sorted(ports), [80, 81, 82, 83, 84])
    equal("listeners of all kinds", len(blbs.describe_all_listeners(blb_id).listener_list), 7)
    for port in range(80, 85):
        blbs.update_tcp_listener(blb_id, port, backend_port=31000 + port, scheduler="LeastConnection")
        settled(blbs, blb_id)
        changed = blbs.describe_tcp_listener(blb_id, listener_port=port).listener_list[0]
        equal("port of the nodes after the change", changed.backend_port, 31000 + port)
        equal("scheduler after the change", changed.scheduler, "LeastConnection")
    blbs.delete_listeners(blb_id, port_list=[81, 82, 83, 84])
    settled(blbs, blb_id)
    left = blbs.describe_all_listeners(blb_id).listener_list
    equal("listeners that are left", sorted(one.listener_port for one in left), [53, 80, 8080])


def tour_address(blbs, blb_id):
    eips = Client(EipClient, "eip")
    address = eips.create_eip(10, name="of-the-blb").eip
    status = lambda: eips.list_eips(eip=address).eip_list[0].status
    until("the address is available", lambda: status() == "available")
    eips.bind_eip(address, "BLB", blb_id)
    until("the address is bound", lambda: status() == "binded")
    equal("public address", blbs.describe_loadbalancer_detail(blb_id).public_ip, address)
    equal("by instance", [one.eip for one in eips.list_eips(instance_type="BLB", instance_id=blb_id).eip_list], [address])
    eips.unbind_eip(address)
    until("the address is free", lambda: status() == "available")
    eips.release_eip(address)
