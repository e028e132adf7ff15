"""The routes of a cluster's pods: one per machine."""

from baidubce.services.route.route_client import RouteClient

from check import Client, equal, paged, refused
from network import Network


def tour():
    client = Client(RouteClient, "vpc")
    net = Network("routes")
    machines = net.instances("route", 2)
    table = client.get_route(vpc_id=net.vpc_id).route_table_id
    equal("VPC of the table", client.get_route(route_table_id=table).vpc_id, net.vpc_id)

    def create(index, call=client.create_route, destination=None, **options):
        destination = destination or f"172.20.{index}.0/24"
        return call(table, "0.0.0.0/0", destination, "custom", "pods", machines[index % 2], **options)

    ids = [create(i, client_token=f"route-{i}").route_rule_id for i in range(4)]
    equal("the same token makes no second one", create(0, client_token="route-0").route_rule_id, ids[0])
    refused(409, "RouteRuleRepeated", create, 0, client.sdk.create_route)
    refused(400, "BadRequest", create, 0, client.sdk.create_route, "10.8.7.0/24")
    refused(404, "NoSuchObject", client.sdk.create_route, table, "0.0.0.0/0", "172.30.0.0/24", "custom", "", "i-nothere1")
    listed = paged(
        "rules", 2, lambda marker: client.get_route_rule(vpcId=net.vpc_id, marker=marker, maxKeys=3), "route_rules", "route_rule_id"
    )
    equal("rules that were made", sorted(one for one in listed if one in ids), sorted(ids))
    first = next(one for one in client.get_route_rule(routeTableId=table).route_rules if one.route_rule_id == ids[0])
    equal("next hop", first.nexthop_id, machines[0])
    equal("kind of the next hop", first.nexthop_type, "custom")
    equal("destination", first.destination_address, "172.20.0.0/24")
    client.update_route(ids[0], "0.0.0.0/0", "172.20.0.0/24", "custom", "moved", machines[1])
    first = next(one for one in client.get_route(route_table_id=table).route_rules if one.route_rule_id == ids[0])
    equal("next hop after update", first.nexthop_id, machines[1])
    equal("description after update", first.description, "moved")
    for rule_id in ids:
        client.delete_route(rule_id)
    refused(404, "NoSuchObject", client.sdk.delete_route, ids[0])
    for machine in machines:
        net.release(machine)
    net.demolish()
