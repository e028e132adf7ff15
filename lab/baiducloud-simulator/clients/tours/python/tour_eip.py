"""Public addresses and groups of them."""

from baidubce.services.eip.eip_client import EipClient
from baidubce.services.eip.eip_group_client import EipGroupClient
from baidubce.services.eip.eip_group_model import Billing

from check import Client, equal, paged, refused, that, until

BANDWIDTH = 5


def tour():
    eips = Client(EipClient, "eip")
    addresses = [eips.create_eip(BANDWIDTH, name=f"eip_{i}").eip for i in range(5)]
    for address in addresses:
        settled(eips, address)
    shown = one(eips, addresses[0])
    equal("name", shown.name, "eip_0")
    equal("bandwidth", shown.bandwidth_in_mbps, BANDWIDTH)
    that("it has an id", shown.eip_id.startswith("ip-"))
    listed = paged("EIPs", 3, lambda marker: eips.list_eips(marker=marker, max_keys=2), "eip_list", "eip")
    equal("all are listed", set(listed), set(addresses))
    equal("by name", [each.eip for each in eips.list_eips(name="eip_3").eip_list], [addresses[3]])
    for address in addresses:
        eips.resize_eip(address, 2 * BANDWIDTH)
        settled(eips, address)
        equal("bandwidth after the change", one(eips, address).bandwidth_in_mbps, 2 * BANDWIDTH)
    refused(404, "NoSuchObject", eips.sdk.resize_eip, "127.99.99.99", 7)
    eips.update_eip_delete_protect(addresses[0], True)
    equal("protected", one(eips, addresses[0]).delete_protect, True)
    refused(409, "OperationDenied", eips.sdk.release_eip, addresses[0])
    eips.update_eip_delete_protect(addresses[0], False)
    tour_recycle(eips, addresses.pop())
    tour_groups(eips)
    for address in addresses:
        eips.release_eip(address)
        equal("gone from the list", len(eips.list_eips(eip=address).eip_list), 0)
    refused(404, "NoSuchObject", eips.sdk.release_eip, addresses[0])


def one(eips, address):
    return eips.list_eips(eip=address).eip_list[0]


def settled(eips, address):
    until(f"{address} is available", lambda: one(eips, address).status == "available")


def tour_recycle(eips, address):
    eips.optional_delete_eip(address, release_to_recycle=True)
    equal("in the recycle bin", [each.eip for each in eips.list_eip_recycle(eip=address).eip_list], [address])
    eips.restore_recycle_eip(address)
    settled(eips, address)
    eips.optional_delete_eip(address, release_to_recycle=True)
    eips.delete_recycle_eip(address)
    equal("gone for good", len(eips.list_eip_recycle(eip=address).eip_list), 0)


def tour_groups(eips):
    groups = Client(EipGroupClient, "eip")
    made = groups.create_eip_group(2, 20, name="group", billing=Billing("Postpaid", "ByBandwidth"))
    shown = groups.get_eip_group(made.id)
    equal("name of the group", shown.name, "group")
    equal("bandwidth of the group", shown.bandwidth_in_mbps, 20)
    equal("addresses of the group", len(shown.eips), 2)
    groups.update_eip_group(made.id, "renamed")
    until("the group is available", lambda: groups.get_eip_group(made.id).status == "available")
    groups.resize_eip_group_bandwidth(made.id, 30)
    until("the group is resized", lambda: groups.get_eip_group(made.id).bandwidth_in_mbps == 30)
    shown = groups.get_eip_group(made.id)
    equal("name after the change", shown.name, "renamed")
    listed = groups.list_eip_groups(id=made.id)
    equal("groups", [each.id for each in listed.eipgroups], [made.id])
    until("the group is available", lambda: groups.get_eip_group(made.id).status == "available")
    groups.delete_eip_group(made.id)
    refused(404, "NoSuchObject", groups.sdk.get_eip_group, made.id)
