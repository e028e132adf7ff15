"""Addresses that machines share."""

from baidubce.services.eip.eip_client import EipClient
from baidubce.services.havip import havip_client

from check import Client, equal, paged, refused, until
from network import Network
from tour_eip import BY_TRAFFIC, until_eip


def tour():
    client, addresses = Client(havip_client.HavipClient, "vpc"), Client(EipClient, "eip")
    net = Network("vips")
    machines = net.instances("vip", 2)
    ids = [client.create_havip(f"vip_{i}", net.subnets[0], f"10.8.0.{100 + i}", description="of the tour").ha_vip_id for i in range(3)]

    def get():
        return client.get_havip_detail(ids[0])

    until(f"{ids[0]} is available", lambda: get().status == "available")
    equal("name", get().name, "vip_0")
    equal("description", get().description, "of the tour")
    equal("VPC", get().vpc_id, net.vpc_id)
    equal("address", get().private_ip_address, "10.8.0.100")
    listed = paged(
        "addresses", 2, lambda marker: client.get_havip_detail_list(net.vpc_id, marker=marker, max_keys=2), "ha_vips", "ha_vip_id"
    )
    equal("addresses", sorted(listed), sorted(ids))
    client.update_havip("renamed", ids[0], description="changed")
    equal("name after rename", get().name, "renamed")
    client.havip_attach_instance(machines, "SERVER", ids[0])
    until("both have it", lambda: len(get().binded_instances) == 2)
    equal("who has it", sorted(one.instance_id for one in get().binded_instances), sorted(machines))
    equal("masters", sum(one.master for one in get().binded_instances), 1)
    address = addresses.create_eip(5, billing=BY_TRAFFIC).eip
    until_eip(addresses, address, "available")
    client.havip_bind_public_ip(ids[0], address)
    until("it has the public address", lambda: get().public_ip_address == address)
    until_eip(addresses, address, "binded")
    client.havip_unbind_public_ip(ids[0])
    until_eip(addresses, address, "available")
    addresses.release_eip(address)
    refused(409, "OperationDenied", client.sdk.delete_havip, ids[0])
    client.havip_detach_instance(machines, "SERVER", ids[0])
    equal("who has it", len(get().binded_instances), 0)
    for one in ids:
        client.delete_havip(one)
    refused(404, "NoSuchObject", client.sdk.get_havip_detail, ids[0])
    for machine in machines:
        net.release(machine)
    net.demolish()
