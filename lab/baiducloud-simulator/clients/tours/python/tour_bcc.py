"""Cloud servers, security groups, keypairs, volumes."""

from baidubce.services.bcc.bcc_model import SecurityGroupRuleModel, TagModel

from check import equal, paged, refused, that, until
from network import Network, SPEC, zone


def tour():
    net = Network("servers")
    client = net.servers
    zones = [one.zone_name for one in client.list_zones().zones]
    that("the zones are the region's", zone(0) in zones and zone(1) in zones)
    flavors = client.list_flavor_spec(zone_name=zone(0)).zone_resources
    equal("zones of the flavors", [one.zone_name for one in flavors], [zone(0)])
    image_id = client.list_images(image_type="System").images[0].id
    equal("an image by its id", client.get_image(image_id).image.id, image_id)
    refused(404, "NoSuchObject", client.sdk.get_image, "m-nothere1")

    ids = net.instances("web", 3, tags=[TagModel("team", "python")], client_token="web-1") + net.instances("db", 2, index=1)
    tour_lists(net, ids)
    tour_deploy_sets(net, ids[0])
    tour_changes(net, ids[0], ids[1])
    tour_security_groups(net, ids[0])
    tour_keypairs(client)
    tour_volumes(client, ids[0])
    for instance_id in ids:
        net.release(instance_id)
    refused(404, "NoSuchObject", client.sdk.release_instance, ids[0])
    net.demolish()


def tour_lists(net, ids):
    client = net.servers
    shown = client.get_instance(ids[0]).instance
    equal("id", shown.id, ids[0])
    equal("spec", shown.spec, SPEC)
    equal("processors", shown.cpu_count, 2)
    equal("memory", shown.memory_capacity_in_gb, 8)
    equal("zone", shown.zone_name, zone(0))
    equal("subnet", shown.subnet_id, net.subnets[0])
    equal("VPC", shown.vpc_id, net.vpc_id)
    equal("payment", shown.payment_timing, "Postpaid")
    that("the tag", ("team", "python") in [(tag.tag_key, tag.tag_value) for tag in shown.tags])
    that("private address", shown.internal_ip.startswith("10.8.0."))
    equal("a truth value that the cloud sends as text", shown.nic_info.ips[0].primary, "true")

    listed = paged(
        "instances", 3, lambda marker: client.list_instances(marker=marker, max_keys=2), "instances", "id"
    )
    equal("instances", sorted(listed), sorted(ids))

    def found(**filters):
        return [one.id for one in client.list_instances(**filters).instances]

    equal("by ids, the unknown left out", len(found(instance_ids=f"{ids[0]},{ids[1]},i-nothere1")), 2)
    equal("by address", found(internal_ip=shown.internal_ip), ids[:1])
    equal("by VPC and address", found(vpc_id=net.vpc_id, private_ips=shown.internal_ip), ids[:1])
    equal("by name", found(instance_names=shown.name), ids[:1])
    equal("by part of the name", len(found(fuzzy_instance_name="web")), 3)
    equal("by zone", len(found(zone_name=zone(1))), 2)
    equal("by ids in a body", len(client.list_instance_by_instance_ids(ids[:2]).instances), 2)
    refused(404, "NoSuchObject", client.sdk.get_instance, "i-nothere1")


def tour_changes(net, instance_id, other):
    client = net.servers
    client.modify_instance_attributes(instance_id, name="renamed")
    client.modify_instance_desc(instance_id, "changed")
    client.bind_instance_to_tags(instance_id, [TagModel("stage", "live")])
    shown = client.get_instance(instance_id).instance
    equal("name after rename", shown.name, "renamed")
    equal("description", shown.desc, "changed")
    that("the tag is bound", "stage" in [tag.tag_key for tag in shown.tags])
    client.unbind_instance_from_tags(instance_id, [TagModel("stage", "live")])
    that("the tag is unbound", "stage" not in [tag.tag_key for tag in client.get_instance(instance_id).instance.tags])

    refused(409, "Instance.StartInstanceOperationForbidden", client.sdk.start_instance, instance_id)
    client.stop_instance(instance_id)
    net.until_status(instance_id, "Stopped")
    refused(409, "Instance.StopInstanceOperationForbidden", client.sdk.stop_instance, instance_id)
    client.resize_instance_by_spec(instance_id, "bcc.g5.c4m16")
    until("the size has changed", lambda: client.get_instance(instance_id).instance.cpu_count == 4)
    net.until_status(instance_id, "Stopped")
    client.start_instance(instance_id)
    net.until_status(instance_id, "Running")
    client.reboot_instance(instance_id, force_stop=True)
    net.until_status(instance_id, "Running")
    client.modify_instance_password(instance_id, "Other!2024")
    net.until_status(instance_id, "Running")
    client.batch_stop_instance([instance_id, other])
    for one in (instance_id, other):
        net.until_status(one, "Stopped")
    client.batch_start_instance([instance_id, other])
    for one in (instance_id, other):
        net.until_status(one, "Running")
    client.modify_deletion_protection(instance_id, 1)
    refused(403, "OperationDenied", client.sdk.release_instance, instance_id)
    client.modify_deletion_protection(instance_id, 0)
    added = client.batch_add_ip(instance_id, secondary_private_ip_address_count=2).private_ips
    equal("secondary addresses", len(added), 2)
    equal("addresses", len(client.get_instance(instance_id).instance.nic_info.ips), 3)
    client.batch_delete_ip(instance_id, added)
    equal("addresses", len(client.get_instance(instance_id).instance.nic_info.ips), 1)


def tour_security_groups(net, instance_id):
    client = net.servers
    web = SecurityGroupRuleModel(
        remark="web", direction="ingress", ethertype="IPv4", portRange="80", protocol="tcp", sourceIp="0.0.0.0/0"
    )
    group_id = client.create_security_group("web", [web], vpc_id=net.vpc_id, desc="of the tour").security_group_id
    shown = client.get_security_group_detail(group_id)
    equal("name", shown.name, "web")
    equal("VPC", shown.vpc_id, net.vpc_id)
    equal("port", shown.rules[0].port_range, "80")
    equal("protocol", shown.rules[0].protocol, "tcp")
    tls = SecurityGroupRuleModel(
        remark="tls", direction="ingress", ethertype="IPv4", portRange="443", protocol="tcp", sourceIp="10.0.0.0/8"
    )
    client.authorize_security_group_rule(group_id, tls)
    refused(409, "SecurityGroup.RuleDuplicated", client.sdk.authorize_security_group_rule, group_id, tls)
    rules = client.get_security_group_detail(group_id).rules
    equal("rules", len(rules), 2)
    client.delete_security_group_rule(rules[1].security_group_rule_id)
    equal("rules", len(client.get_security_group_detail(group_id).rules), 1)
    second = client.create_security_group("db", [web], vpc_id=net.vpc_id).security_group_id
    groups = paged(
        "security groups", 2,
        lambda marker: client.list_security_groups(marker=marker, max_keys=2, vpc_id=net.vpc_id), "security_groups", "id",
    )
    that("both groups beside the VPC's own", group_id in groups and second in groups)
    client.bind_instance_to_security_group(instance_id, group_id)
    that("the instance has it", group_id in client.get_instance(instance_id).instance.nic_info.security_groups)
    code = "SecurityGroup.InstancesAssociatedSecurityGroupCanNotBeDeleted"
    refused(403, code, client.sdk.delete_security_group, group_id)
    client.unbind_instance_from_security_group(instance_id, group_id)
    client.delete_security_group(group_id)
    client.delete_security_group(second)
    refused(404, "NoSuchObject", client.sdk.get_security_group_detail, group_id)


def tour_keypairs(client):
    made = client.create_keypair(keypair_name="tour", keypair_desc="first").keypair
    that("a private key, once", "PRIVATE KEY" in made.private_key)
    equal("public key", client.get_keypair(made.keypair_id).keypair.public_key, made.public_key)
    client.rename_keypair(made.keypair_id, "renamed")
    client.update_keypair_desc(made.keypair_id, "changed")
    shown = client.get_keypair(made.keypair_id).keypair
    equal("name after rename", shown.name, "renamed")
    equal("description", shown.description, "changed")
    second = client.create_keypair(keypair_name="second", keypair_desc="").keypair.keypair_id
    keypairs = paged(
        "keypairs", 2, lambda marker: client.list_keypairs(marker=marker, max_keys=1), "keypairs", "keypair_id"
    )
    equal("keypairs", len(keypairs), 2)
    client.delete_keypair(made.keypair_id)
    client.delete_keypair(second)
    refused(404, "Keypair.KeypairNotExist", client.sdk.get_keypair, made.keypair_id)


def tour_volumes(client, instance_id):
    equal("volumes of a new instance", [one.type for one in client.list_volumes(instance_id=instance_id).volumes], ["System"])
    ids = client.create_volume_with_cds_size(20, purchase_count=2, zone_name=zone(0), name="data").volume_ids
    equal("volumes", len(ids), 2)

    def until_status(volume_id, status):
        until(f"{volume_id} is {status}", lambda: client.get_volume(volume_id).volume.status == status)

    for volume_id in ids:
        until_status(volume_id, "Available")
    equal("size", client.get_volume(ids[0]).volume.disk_size_in_gb, 20)
    attachment = client.attach_volume(ids[0], instance_id).volume_attachment
    equal("instance of the attachment", attachment.instance_id, instance_id)
    until_status(ids[0], "InUse")
    equal("volumes of the instance", len(client.list_volumes(instance_id=instance_id).volumes), 2)
    client.detach_volume(ids[0], instance_id)
    until_status(ids[0], "Available")
    tour_snapshots(client, ids[0])
    for volume_id in ids:
        client.release_volume(volume_id)
    refused(404, "NoSuchObject", client.sdk.get_volume, "v-nothere1")


def tour_deploy_sets(net, instance_id):
    client = net.servers
    ids = [
        client.create_deploy_set(f"set-{i}", strategy, desc="first", client_token=f"set-{i}").deploy_set_ids[0]
        for i, strategy in enumerate(("HOST_HA", "RACK_HA"))
    ]
    equal("sets", sorted(one.deployset_id for one in client.list_deploy_sets().deploy_sets), sorted(ids))
    client.modify_deploy_set(ids[0], name="renamed", desc="changed")
    client.update_instance_deploy(instance_id, ids[:1])
    shown = client.get_deploy_set(ids[0])
    equal("name after update", shown.name, "renamed")
    equal("machines of the zone", shown.az_intstance_statis_list[0].instance_ids, [instance_id])
    refused(409, "OperationDenied", client.sdk.delete_deploy_set, ids[0])
    client.del_instance_deploy([instance_id], ids[0])
    for set_id in ids:
        client.delete_deploy_set(set_id)
    refused(404, "NoSuchObject", client.sdk.get_deploy_set, ids[0])


def tour_snapshots(client, volume_id):
    ids = [client.create_snapshot(volume_id, f"snap-{i}", desc="first", client_token=f"snap-{i}").snapshot_id for i in range(2)]
    for snapshot_id in ids:
        until(f"{snapshot_id} is available", lambda: client.get_snapshot(snapshot_id).snapshot.status == "Available")
    shown = client.get_snapshot(ids[0]).snapshot
    equal("name", shown.name, "snap-0")
    equal("disk", shown.volume_id, volume_id)
    equal("snapshots of the disk, as a text", client.get_volume(volume_id).volume.snapshot_num, "2")
    listed = paged("snapshots", 2, lambda marker: client.list_snapshots(marker=marker, max_keys=1, volume_id=volume_id), "snapshots", "id")
    equal("snapshots", sorted(listed), sorted(ids))
    client.rollback_volume(volume_id, ids[0])
    until(f"{volume_id} is available", lambda: client.get_volume(volume_id).volume.status == "Available")
    copy = client.create_volume_with_snapshot_id(ids[0], zone_name=zone(0)).volume_ids[0]
    until(f"{copy} is available", lambda: client.get_volume(copy).volume.status == "Available")
    equal("size of the copy", client.get_volume(copy).volume.disk_size_in_gb, client.get_volume(volume_id).volume.disk_size_in_gb)
    client.release_volume(copy)
    for snapshot_id in ids:
        client.delete_snapshot(snapshot_id)
    refused(404, "NoSuchObject", client.sdk.get_snapshot, ids[0])
