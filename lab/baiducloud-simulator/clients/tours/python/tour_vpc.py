"""VPCs, subnets and routes."""

from baidubce.services.route.route_client import RouteClient
from baidubce.services.subnet.subnet_client import SubnetClient
from baidubce.services.vpc.vpc_client import VpcClient

from check import Client, after, configuration, equal, paged, refused, that
from network import ZONES


def tour():
    vpcs = Client(VpcClient, "vpc")
    first = tour_vpcs(vpcs)
    tour_subnets(first)
    tour_routes(first)
    vpcs.delete_vpc(first)
    refused(404, "NoSuchObject", vpcs.sdk.get_vpc, first)
    tour_sessions()


def tour_vpcs(vpcs):
    tags = [{"tagKey": "team", "tagValue": "python"}]
    first = vpcs.create_vpc("tour_0", "10.0.0.0/16", description="first", client_token="py-0", tags=tags).vpc_id
    again = vpcs.create_vpc("tour_0", "10.0.0.0/16", description="first", client_token="py-0", tags=tags)
    equal("the same token makes no second one", again.vpc_id, first)
    refused(
        403, "IdempotentParameterMismatch", vpcs.sdk.create_vpc, "other", "10.0.0.0/16", client_token="py-0"
    )
    shown = vpcs.get_vpc(first).vpc
    equal("name", shown.name, "tour_0")
    equal("cidr", shown.cidr, "10.0.0.0/16")
    equal("description", shown.description, "first")
    equal("is default", shown.is_default, False)
    equal("tag", shown.tags[0].tag_key, "team")
    others = [vpcs.create_vpc(f"tour_{i}", f"172.{16 + i}.0.0/16").vpc_id for i in range(1, 5)]
    refused(403, "QuotaLimitExceeded", vpcs.sdk.create_vpc, "one_more", "10.9.0.0/16")
    refused(400, "BadRequest", vpcs.sdk.create_vpc, "bad", "10.9.0.0")
    ids = paged("VPCs", 3, lambda marker: vpcs.list_vpcs(max_keys=2, **after(marker)), "vpcs", "vpc_id")
    that("all are listed", {first, *others} <= set(ids))
    equal("VPCs by id", len(vpcs.list_vpcs(vpc_ids=f"{first},{others[0]}").vpcs), 2)
    vpcs.update_vpc(first, "renamed", description="changed")
    shown = vpcs.get_vpc(first).vpc
    equal("name after the change", shown.name, "renamed")
    equal("description after the change", shown.description, "changed")
    vpcs.open_relay(first)
    vpcs.shutdown_relay(first)
    for vpc_id in others:
        vpcs.delete_vpc(vpc_id)
        refused(404, "NoSuchObject", vpcs.sdk.get_vpc, vpc_id)
    return first


def tour_subnets(vpc_id):
    subnets = Client(SubnetClient, "vpc")
    ids = []
    for i in range(6):
        made = subnets.create_subnet(f"subnet_{i}", ZONES[i % 2], f"10.0.{i}.0/24", vpc_id, description=f"number {i}")
        ids.append(made.subnet_id)
    refused(400, "BadRequest", subnets.sdk.create_subnet, "twice", ZONES[0], "10.0.0.0/25", vpc_id)
    refused(400, "BadRequest", subnets.sdk.create_subnet, "outside", ZONES[0], "10.1.0.0/24", vpc_id)
    shown = subnets.get_subnet(ids[0]).subnet
    equal("name", shown.name, "subnet_0")
    equal("zone", shown.zone_name, ZONES[0])
    equal("VPC", shown.vpc_id, vpc_id)
    that("free addresses", 0 < shown.available_ip <= 256)
    listed = paged(
        "subnets",
        3,
        lambda marker: subnets.list_subnets(max_keys=2, vpc_id=vpc_id, **after(marker)),
        "subnets",
        "subnet_id",
    )
    equal("all are listed", set(listed), set(ids))
    equal("by zone", len(subnets.list_subnets(vpc_id=vpc_id, zone_name=ZONES[1]).subnets), 3)
    subnets.update_subnet(ids[0], "renamed", description="changed")
    equal("name after the change", subnets.get_subnet(ids[0]).subnet.name, "renamed")
    kept = subnets.create_subnet_ipreserve(ids[0], "10.0.0.128/28", 4, description="kept")
    reserves = subnets.list_subnet_ipreserve(subnet_id=ids[0]).ip_reserves
    equal("reserved ranges", [one.ip_reserve_id for one in reserves], [kept.ip_reserve_id])
    subnets.delete_subnet_ipreserve(kept.ip_reserve_id)
    equal("reserved ranges after", len(subnets.list_subnet_ipreserve(subnet_id=ids[0]).ip_reserves), 0)
    for subnet_id in ids:
        subnets.delete_subnet(subnet_id)
        refused(404, "NoSuchObject", subnets.sdk.get_subnet, subnet_id)


def tour_routes(vpc_id):
    routes = Client(RouteClient, "vpc")
    table = routes.get_route(vpc_id=vpc_id)
    that("the VPC has a route table", table.route_table_id.startswith("rt-"))
    equal("by the table's id", routes.get_route(route_table_id=table.route_table_id).vpc_id, vpc_id)
    refused(404, "NoSuchObject", routes.sdk.delete_route, "rr-nothere1")


def tour_sessions():
    """Signatures that are not right, and what the SDK makes of the refusals."""
    wrong = VpcClient(configuration("vpc", secret_access_key="0" * 32))
    refused(403, "SignatureDoesNotMatch", wrong.list_vpcs)
    unknown = VpcClient(configuration("vpc", access_key_id="0" * 32))
    refused(403, "InvalidAccessKeyId", unknown.list_vpcs)
