"""Bare metal."""

from baidubce.services.bbc.bbc_client import BbcClient
from baidubce.services.bbc.bbc_model import Billing

from check import Client, env, equal, error_of, paged, refused, that, until
from network import Network, zone


def tour():
    client = Client(BbcClient, "bbc")
    net = Network("metal")
    flavors = client.list_flavors().flavors
    that("what can be bought", flavors and flavors[0].cpu_count > 0)
    flavor = flavors[0].flavor_id
    equal("one of them", client.get_flavor(flavor).flavor_id, flavor)
    images = client.list_images(image_type="System", max_keys=1)
    equal("images on a page of one", len(images.images), 1)
    image = images.images[0].id
    equal("image", client.get_image(image).image.id, image)

    ids = client.create_instance(
        flavor, image, "raid-x", root_disk_size_in_gb=40, purchase_count=3, zone_name=zone(0), subnet_id=net.subnets[0],
        billing=Billing("Postpaid"), name="metal", admin_pass="Tour_1234", tags=[{"tagKey": "team", "tagValue": "python"}],
        client_token="bbc-0",
    ).instance_ids
    equal("servers made", len(ids), 3)
    server = ids[0]

    def get(server_id=server):
        return client.get_instance(server_id)

    def until_status(status, servers=(server,)):
        for one in servers:
            until(f"{one} is {status}", lambda: get(one).status == status)

    until_status("Running", ids)
    that("its name", get().name.startswith("metal"))
    equal("kind", get().flavor_id, flavor)
    equal("zone", get().zone, zone(0))
    equal("region", get().region, env["region"])
    equal("it runs, as a number", get().has_alive, 1)
    equal("tags", [(one.tag_key, one.tag_value) for one in get().tags], [("team", "python")])
    listed = paged("servers", 2, lambda marker: client.list_instances(marker=marker, max_keys=2), "instances", "id")
    equal("servers", sorted(listed), sorted(ids))
    equal("servers of an address", [one.id for one in client.list_instances(internal_ip=get().internal_ip).instances], [server])
    network = client.get_vpc_subnet([server]).network_info[0]
    equal("VPC", network.vpc.vpc_id, net.vpc_id)
    equal("subnet", network.subnet.subnet_id, net.subnets[0])

    client.stop_instance(server, force_stop=True)
    until_status("Stopped")
    refused(409, "Instance.StopInstanceOperationForbidden", client.sdk.stop_instance, server)
    client.start_instance(server)
    until_status("Running")
    client.reboot_instance(server)
    until_status("Running")
    client.modify_instance_name(server, "renamed")
    client.modify_instance_desc(server, "changed")
    equal("name after rename", get().name, "renamed")
    equal("description", get().desc, "changed")
    client.modify_instance_password(server, "Other_1234")
    until_status("Running")
    client.rebuild_instance(server, image, "Third_1234", is_preserve_data=True)
    until_status("Running")
    stage = [{"tagKey": "stage", "tagValue": "test"}]
    client.bind_tags(server, stage)
    equal("tags", len(get().tags), 2)
    client.unbind_tags(server, stage)
    equal("tags", len(get().tags), 1)
    added = client.batch_add_ip(server, None, 2).private_ips
    equal("addresses added", len(added), 2)
    client.batch_delete_ip(server, added)
    refused(400, "PrivateIPNotExistException", client.sdk.batch_delete_ip, server, added)

    made = client.create_image_from_instance_id("mine", server).image_id
    until("the image is available", lambda: client.get_image(made).image.status == "Available")
    equal("images that were made", [one.id for one in client.list_images(image_type="Custom").images], [made])
    client.delete_image(made)
    refused(404, "NoSuchObject", client.sdk.get_image, made)
    for one in ids:
        client.release_instance(one)
        until(f"{one} is gone", lambda: is_gone(client, one))
    refused(404, "NoSuchObject", client.sdk.get_instance, "i-nothere1")
    net.demolish()


def is_gone(client, server):
    try:
        return client.sdk.get_instance(server).status == "Deleted"
    except Exception as error:
        return error_of(error).code == "NoSuchObject"
