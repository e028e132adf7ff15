"""VPCs, subnets, routes."""

from baidubce.services.route.route_client import RouteClient
from baidubce.services.subnet.subnet_client import SubnetClient
from baidubce.services.vpc.vpc_client import VpcClient

from check import Client, equal, paged, refused, that
from network import Network, zone

# What the runner sets; the VPCs that are there already count.
QUOTA_OF_VPCS = 6


def tour():
    client = Client(VpcClient, "vpc")
    vpc_id = tour_networks(client)
    subnets = Client(SubnetClient, "vpc")
    for subnet_id in tour_subnets(subnets, client, vpc_id):
        subnets.delete_subnet(subnet_id)
    client.delete_vpc(vpc_id)
    refused(404, "NoSuchObject", client.sdk.get_vpc, vpc_id)
    tour_routes()


def tour_networks(client):
    """Leaves one VPC."""
    before = len(client.list_vpcs(max_keys=100).vpcs)
    first = client.create_vpc("tour_0", "10.0.0.0/16", description="first", client_token="vpc-0").vpc_id
    again = client.create_vpc("tour_0", "10.0.0.0/16", description="first", client_token="vpc-0").vpc_id
    equal("the same token makes no second one", again, first)
    refused(403, "IdempotentParameterMismatch", client.sdk.create_vpc, "x", "10.0.0.0/16", client_token="vpc-0")

    shown = client.get_vpc(first).vpc
    equal("id", shown.vpc_id, first)
    equal("name", shown.name, "tour_0")
    equal("description", shown.description, "first")
    equal("cidr", shown.cidr, "10.0.0.0/16")
    equal("is default", shown.is_default, False)
    equal("subnets", shown.subnets, [])

    ids = [first]
    for i in range(1, QUOTA_OF_VPCS - before):
        ids.append(client.create_vpc(f"tour_{i}", f"172.{16 + i}.0.0/16").vpc_id)
    refused(403, "QuotaLimitExceeded", client.sdk.create_vpc, "one_more", "10.9.0.0/16")
    refused(400, "BadRequest", client.sdk.create_vpc, "bad", "10.9.0.0")

    pages = QUOTA_OF_VPCS // 2
    all_ids = paged("VPCs", pages, lambda marker: client.list_vpcs(marker=marker, max_keys=2), "vpcs", "vpc_id")
    equal("VPCs", len(all_ids), QUOTA_OF_VPCS)
    equal("default VPCs", client.list_vpcs(is_default=True).vpcs, [])
    equal("others", len(client.list_vpcs(is_default=False).vpcs), QUOTA_OF_VPCS)
    client.update_vpc(first, "renamed", description="changed")
    shown = client.get_vpc(first).vpc
    equal("name after update", shown.name, "renamed")
    equal("description after update", shown.description, "changed")
    client.open_relay(first)
    equal("relay", client.get_vpc(first).vpc.relay, True)
    client.shutdown_relay(first)
    equal("relay", client.get_vpc(first).vpc.relay, False)
    refused(404, "NoSuchObject", client.sdk.update_vpc, "vpc-nothere1", "x")
    for vpc_id in ids[1:]:
        client.delete_vpc(vpc_id)
    equal("VPCs in the end", len(client.list_vpcs().vpcs), before + 1)
    return first


def tour_subnets(client, vpcs, vpc_id):
    """Leaves four subnets, in two zones."""
    ids = []
    for i in range(4):
        made = client.create_subnet(
            f"subnet_{i}", zone(i % 2), f"10.0.{i}.0/24", vpc_id, subnet_type="BCC", description="of the tour"
        )
        ids.append(made.subnet_id)
        subnet = client.get_subnet(made.subnet_id).subnet
        equal("VPC of the subnet", subnet.vpc_id, vpc_id)
        equal("zone", subnet.zone_name, zone(i % 2))
        equal("type", subnet.subnet_type, "BCC")
        that("a new subnet has nearly all of its 256 addresses", 245 < subnet.available_ip < 256)
    listed = paged(
        "subnets", 2, lambda marker: client.list_subnets(marker=marker, max_keys=3, vpc_id=vpc_id), "subnets", "subnet_id"
    )
    equal("subnets", sorted(listed), sorted(ids))
    equal("subnets of a zone", len(client.list_subnets(vpc_id=vpc_id, zone_name=zone(0)).subnets), 2)
    equal("subnets of the VPC", len(vpcs.get_vpc(vpc_id).vpc.subnets), 4)
    client.update_subnet(ids[0], "renamed", description="changed")
    equal("name after update", client.get_subnet(ids[0]).subnet.name, "renamed")
    kept = client.create_subnet_ipreserve(ids[0], "10.0.0.128/28", 4, description="kept").ip_reserve_id
    reserves = client.list_subnet_ipreserve(subnet_id=ids[0]).ip_reserves
    equal("reserved ranges", [(one.ip_reserve_id, one.ip_cidr) for one in reserves], [(kept, "10.0.0.128/28")])
    client.delete_subnet_ipreserve(kept)
    equal("reserved ranges in the end", client.list_subnet_ipreserve(subnet_id=ids[0]).ip_reserves, [])
    refused(400, "BadRequest", client.sdk.create_subnet, "outside", zone(0), "10.200.0.0/24", vpc_id)
    refused(404, "NoSuchObject", client.sdk.create_subnet, "nowhere", zone(0), "10.0.9.0/24", "vpc-nothere1")
    refused(404, "NoSuchObject", client.sdk.get_subnet, "sbn-nothere1")
    refused(409, "NotAllowDeleteVpc", vpcs.sdk.delete_vpc, vpc_id)
    return ids


def tour_routes():
    net = Network("routes")
    client = Client(RouteClient, "vpc")
    instance_id = net.instances("router", 1)[0]
    table = client.get_route(vpc_id=net.vpc_id)
    equal("VPC of the table", table.vpc_id, net.vpc_id)
    system = len(table.route_rules)

    def create(i):
        return client.create_route(
            table.route_table_id, "0.0.0.0/0", f"192.168.{i}.0/24", next_hop_type="custom",
            next_hop_id=instance_id, description="pods",
        ).route_rule_id

    ids = [create(i) for i in range(4)]
    refused(
        409, "RouteRuleRepeated", client.sdk.create_route, table.route_table_id, "0.0.0.0/0", "192.168.0.0/24",
        next_hop_type="custom", next_hop_id=instance_id, description="pods",
    )
    refused(
        404, "NoSuchObject", client.sdk.create_route, table.route_table_id, "0.0.0.0/0", "192.168.9.0/24",
        next_hop_type="custom", next_hop_id="i-nothere1", description="pods",
    )
    rules = {rule.route_rule_id: rule for rule in client.get_route(vpc_id=net.vpc_id).route_rules}
    equal("rules", len(rules), system + 4)
    equal("next hop", rules[ids[0]].nexthop_id, instance_id)
    equal("kind of next hop", rules[ids[0]].nexthop_type, "custom")
    equal("destination", rules[ids[0]].destination_address, "192.168.0.0/24")
    equal("description", rules[ids[0]].description, "pods")
    page = client.get_route_rule(vpcId=net.vpc_id, maxKeys=2)
    equal("rules on a page", len(page.route_rules), 2)
    equal("more rules", page.is_truncated, True)
    for rule_id in ids:
        client.delete_route(rule_id)
    refused(404, "NoSuchObject", client.sdk.delete_route, ids[0])
    equal("rules in the end", len(client.get_route(vpc_id=net.vpc_id).route_rules), system)
    net.release(instance_id)
    net.demolish()
