"""Public addresses and their groups."""

from baidubce.services.eip.eip_client import EipClient
from baidubce.services.eip import eip_group_model
from baidubce.services.eip.eip_group_client import EipGroupClient
from baidubce.services.eip.model import Billing

from check import Client, env, equal, paged, refused, that, until
from network import Network

BY_TRAFFIC = Billing("Postpaid", "ByTraffic")


def find(client, address):
    found = client.list_eips(eip=address).eip_list
    equal(f"EIPs {address}", len(found), 1)
    return found[0]


def until_eip(client, address, status):
    until(f"{address} is {status}", lambda: find(client, address).status == status)
    return find(client, address)


def tour():
    client = Client(EipClient, "eip")
    first = client.create_eip(5, name="tour-0", billing=BY_TRAFFIC, client_token="eip-0").eip
    equal("the same token makes no second one", client.create_eip(5, name="tour-0", billing=BY_TRAFFIC, client_token="eip-0").eip, first)
    addresses = [first] + [client.create_eip(i, name=f"tour-{i}", billing=BY_TRAFFIC).eip for i in range(1, 5)]
    for address in addresses:
        until_eip(client, address, "available")
    shown = find(client, first)
    equal("name", shown.name, "tour-0")
    equal("bandwidth", shown.bandwidth_in_mbps, 5)
    equal("kind", shown.eip_instance_type, "normal")
    equal("payment", shown.payment_timing, "Postpaid")
    equal("billing", shown.billing_method, "ByTraffic")
    equal("region", shown.region, env["region"])
    that("its id", shown.eip_id.startswith("ip-"))
    listed = paged("EIPs", 3, lambda marker: client.list_eips(marker=marker, max_keys=2), "eip_list", "eip")
    equal("EIPs", sorted(listed), sorted(addresses))
    equal("EIPs that are free", len(client.list_eips(status="available").eip_list), 5)
    client.resize_eip(first, 20)
    equal("bandwidth after resize", until_eip(client, first, "available").bandwidth_in_mbps, 20)
    refused(404, "NoSuchObject", client.sdk.resize_eip, "203.0.113.1", 20)
    client.update_eip_delete_protect(first, True)
    equal("protection", find(client, first).delete_protect, True)
    refused(409, "OperationDenied", client.sdk.release_eip, first)
    client.update_eip_delete_protect(first, False)

    tour_binding(client, first)
    tour_groups()
    tour_recycle(client, addresses.pop())
    for address in addresses:
        client.release_eip(address)
    refused(404, "NoSuchObject", client.sdk.release_eip, first)
    equal("EIPs in the end", client.list_eips().eip_list, [])


def tour_binding(client, address):
    net = Network("eips")
    instance_id = net.instances("eip-holder", 1)[0]
    client.bind_eip(address, "BCC", instance_id)
    refused(409, "OperationDenied", client.sdk.bind_eip, address, "BCC", instance_id)
    shown = until_eip(client, address, "binded")
    equal("kind of what it is bound to", shown.instance_type, "BCC")
    equal("what it is bound to", shown.instance_id, instance_id)
    equal("public address of the instance", net.servers.get_instance(instance_id).instance.public_ip, address)
    equal("EIPs of the instance", len(client.list_eips(instance_type="BCC", instance_id=instance_id).eip_list), 1)
    refused(409, "OperationDenied", client.sdk.release_eip, address)
    client.unbind_eip(address)
    until_eip(client, address, "available")
    refused(409, "UnsupportedOperation", client.sdk.unbind_eip, address)
    refused(404, "NoSuchObject", client.sdk.bind_eip, address, "BCC", "i-nothere1")
    net.release(instance_id)
    net.demolish()


def tour_recycle(client, address):
    client.optional_delete_eip(address, release_to_recycle=True)
    equal("in the recycle bin", [one.eip for one in client.list_eip_recycle(eip=address).eip_list], [address])
    client.restore_recycle_eip(address)
    until_eip(client, address, "available")
    client.optional_delete_eip(address, release_to_recycle=True)
    client.delete_recycle_eip(address)
    equal("gone for good", client.list_eip_recycle(eip=address).eip_list, [])


def tour_groups():
    client = Client(EipGroupClient, "eip")
    by_bandwidth = eip_group_model.Billing("Postpaid", "ByBandwidth")
    ids = [client.create_eip_group(2, 30, name=f"group-{i}", billing=by_bandwidth).id for i in range(2)]
    for group_id in ids:
        until(f"{group_id} is available", lambda: client.get_eip_group(group_id).status == "available")
    group = client.get_eip_group(ids[0])
    equal("name", group.name, "group-0")
    equal("bandwidth", group.bandwidth_in_mbps, 30)
    equal("addresses", len(group.eips), 2)
    equal("group of its addresses", group.eips[0].share_group_id, ids[0])
    listed = paged("groups", 2, lambda marker: client.list_eip_groups(marker=marker, max_keys=1), "eipgroups", "id")
    equal("groups", sorted(listed), sorted(ids))
    client.update_eip_group(ids[0], "renamed")
    equal("name after rename", client.get_eip_group(ids[0]).name, "renamed")
    client.resize_eip_group_bandwidth(ids[0], 60)
    until("the group is available", lambda: client.get_eip_group(ids[0]).status == "available")
    equal("bandwidth after resize", client.get_eip_group(ids[0]).bandwidth_in_mbps, 60)
    for group_id in ids:
        client.delete_eip_group(group_id)
    refused(404, "NoSuchObject", client.sdk.get_eip_group, ids[0])
