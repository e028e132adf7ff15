"""NAT gateways, their rules, and the routes to them."""

from baidubce.services.eip.eip_client import EipClient
from baidubce.services.route.route_client import RouteClient
from baidubce.services.vpc.nat_client import NatClient
from baidubce.services.vpc.nat_model import Billing

from check import Client, equal, error_of, paged, refused, that, until
from network import Network
from tour_eip import BY_TRAFFIC, until_eip

POSTPAID = Billing("Postpaid")


def tour():
    client, addresses = Client(NatClient, "vpc"), Client(EipClient, "eip")
    net = Network("nats")
    eips = [addresses.create_eip(5, name=f"nat-{i}", billing=BY_TRAFFIC).eip for i in range(3)]
    for address in eips:
        until_eip(addresses, address, "available")

    def until_nat(nat_id, status):
        until(f"{nat_id} is {status}", lambda: client.get_nat(nat_id).status == status)
        return client.get_nat(nat_id)

    nat_id = client.create_nat("nat_0", net.vpc_id, None, POSTPAID, cu_num=2, client_token="nat-0").nat_id
    again = client.create_nat("nat_0", net.vpc_id, None, POSTPAID, cu_num=2, client_token="nat-0").nat_id
    equal("the same token makes no second one", again, nat_id)
    old = client.create_nat("nat_1", net.vpc_id, "small", POSTPAID, eips=eips[2:]).nat_id
    shown = until_nat(nat_id, "unconfigured")
    equal("name", shown.name, "nat_0")
    equal("kind", shown.nat_type, "enhanced")
    equal("capacity", shown.cu_num, 2)
    equal("protection", shown.delete_protect, False)
    equal("addresses of the old one", until_nat(old, "active").eips, eips[2:])
    listed = paged("gateways", 2, lambda marker: client.list_nats(net.vpc_id, marker=marker, max_keys=1), "nats", "id")
    equal("gateways", sorted(listed), sorted([nat_id, old]))
    client.unbind_eip(old, eips[2:])
    until_nat(old, "unconfigured")
    client.update_nat(nat_id, "renamed")
    client.resize_nat(nat_id, 5)
    until("it has grown", lambda: client.get_nat(nat_id).cu_num == 5)
    equal("name after rename", until_nat(nat_id, "unconfigured").name, "renamed")
    client.enhance_nat_bind_eip(nat_id, bind_eips=eips[:2])
    equal("addresses", until_nat(nat_id, "active").bind_eips, eips[:2])
    equal("what the address is bound to", until_eip(addresses, eips[0], "binded").instance_id, nat_id)
    refused(404, "NoSuchObject", client.sdk.enhance_nat_bind_eip, nat_id, bind_eips=["203.0.113.1"])

    tour_snat(client, nat_id, eips[0])
    tour_dnat(client, nat_id, eips[1])
    routes = Client(RouteClient, "vpc")
    table = routes.get_route(vpc_id=net.vpc_id).route_table_id
    rule = routes.create_route(table, "10.8.1.0/24", "0.0.0.0/0", "nat", "out", nat_id).route_rule_id
    hops = {one.route_rule_id: one.nexthop_id for one in routes.get_route(route_table_id=table).route_rules}
    equal("next hop", hops.get(rule), nat_id)
    routes.delete_route(rule)

    client.enhance_nat_unbind_eip(nat_id, bind_eips=eips[:2])
    until_nat(nat_id, "unconfigured")
    client.update_delete_protect(nat_id, True)
    equal("protection", client.get_nat(nat_id).delete_protect, True)
    refused(403, "OperationDenied", client.sdk.delete_nat, nat_id)
    client.update_delete_protect(nat_id, False)
    for one in (nat_id, old):
        client.delete_nat(one)
        until(f"{one} is gone", lambda: is_gone(client, one))
    refused(404, "NoSuchNat", client.sdk.get_nat, nat_id)
    for address in eips:
        until_eip(addresses, address, "available")
        addresses.release_eip(address)
    net.demolish()


def is_gone(client, nat_id):
    try:
        client.sdk.get_nat(nat_id)
        return False
    except Exception as error:
        return error_of(error).code == "NoSuchNat"


def tour_snat(client, nat_id, address):
    first = client.create_snat_rule(nat_id, "pods", "10.8.0.0/24", [address]).rule_id
    rules = [
        {"ruleName": f"more-{i}", "sourceCIDR": f"10.8.1.{128 * i}/25", "publicIpsAddress": [address]} for i in range(2)
    ]
    more = client.batch_create_snat_rule(nat_id, rules).snat_rule_ids
    listed = paged(
        "SNAT rules", 2, lambda marker: client.list_snat_rule(nat_id, marker=marker, maxKeys=2), "rules", "rule_id"
    )
    equal("SNAT rules", sorted(listed), sorted([first, *more]))
    client.update_snat_rule(nat_id, first, "renamed", "10.8.0.0/25", [address])
    changed = next(rule for rule in client.list_snat_rule(nat_id).rules if rule.rule_id == first)
    equal("name after update", changed.rule_name, "renamed")
    for rule_id in listed:
        client.delete_snat_rule(nat_id, rule_id)
    refused(404, "NoSuchObject", client.sdk.delete_snat_rule, nat_id, first)


def tour_dnat(client, nat_id, address):
    first = client.create_dnat_rule(nat_id, address, "10.8.0.9", "TCP", "ssh", 2222, 22).rule_id
    rules = [
        {
            "ruleName": f"more-{port}", "publicIpAddress": address, "privateIpAddress": "10.8.0.9",
            "protocol": "TCP", "publicPort": port, "privatePort": port,
        }
        for port in (80, 443)
    ]
    more = client.batch_create_dnat_rule(nat_id, rules).rule_ids
    listed = paged(
        "DNAT rules", 2, lambda marker: client.list_dnat_rule(nat_id, marker=marker, maxKeys=2), "rules", "rule_id"
    )
    equal("DNAT rules", sorted(listed), sorted([first, *more]))
    client.update_dnat_rule(nat_id, first, address, "10.8.0.10", "shell", "TCP", 2223, 22)
    changed = next(rule for rule in client.list_dnat_rule(nat_id).rules if rule.rule_id == first)
    equal("port after update, as a number", changed.public_port, 2223)
    equal("target after update", changed.private_ip_address, "10.8.0.10")
    for rule_id in listed:
        client.delete_dnat_rule(nat_id, rule_id)
    that("no rule is left", not client.list_dnat_rule(nat_id).rules)
