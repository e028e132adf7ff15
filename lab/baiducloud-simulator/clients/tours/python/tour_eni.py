"""Network cards."""

from baidubce.services.bcc import bcc_model
from baidubce.services.eip.eip_client import EipClient
from baidubce.services.eni.eni_client import EniClient
from baidubce.services.eni.eni_model import EniIPSet
from baidubce.services.esg.esg_client import EsgClient
from baidubce.services.esg.esg_model import EnterpriseSecurityGroupRuleModel

from check import Client, equal, paged, refused, that, until
from network import Network
from tour_eip import BY_TRAFFIC, until_eip


def tour():
    client = Client(EniClient, "vpc")
    net = Network("enis")
    machine = net.instances("eni-holder", 1)[0]
    rule = bcc_model.SecurityGroupRuleModel(direction="egress", destIp="0.0.0.0/0", ethertype="IPv4")
    groups = [
        net.servers.create_security_group(f"enis-{i}", [rule], vpc_id=net.vpc_id).security_group_id for i in range(2)
    ]
    ids = [
        client.create_eni(
            f"eni_{i}", net.subnets[0], security_group_ids=groups[:1],
            eni_ip_address_list=[EniIPSet(private_ip="", primary=True)], description="of the tour", client_token=f"eni-{i}",
        ).eni_id
        for i in range(3)
    ]
    eni_id = ids[0]

    def get():
        return client.get_eni_details(eni_id)

    equal("name", get().name, "eni_0")
    equal("description", get().description, "of the tour")
    equal("status", get().status, "available")
    equal("VPC", get().vpc_id, net.vpc_id)
    equal("groups", get().security_group_ids, groups[:1])
    equal("primary, as a truth value", get().private_ip_set[0].primary, True)
    listed = paged("cards", 2, lambda marker: client.list_eni(net.vpc_id, marker=marker, max_keys=2), "enis", "eni_id")
    equal("cards", sorted(listed), sorted(ids))
    equal("cards of a name", [one.eni_id for one in client.list_eni(net.vpc_id, name="eni_1").enis], ids[1:2])
    client.update_eni(eni_id, name="renamed", description="changed")
    equal("name after rename", get().name, "renamed")
    tour_groups(client, get, eni_id, groups)
    tour_addresses(client, get, eni_id)

    client.attach_eni_instance(eni_id, machine)
    until(f"{eni_id} is in use", lambda: client.get_eni_status(eni_id).status == "inuse")
    equal("machine", get().instance_id, machine)
    refused(409, "OperationDenied", client.sdk.delete_eni, eni_id)
    client.detach_eni_instance(eni_id, machine)
    until(f"{eni_id} is available", lambda: client.get_eni_status(eni_id).status == "available")
    for one in ids:
        client.delete_eni(one)
    refused(400, "EniIdException", client.sdk.get_eni_details, eni_id)
    net.release(machine)
    for group in groups:
        net.servers.delete_security_group(group)
    net.demolish()


def tour_groups(client, get, eni_id, groups):
    client.update_eni_security_group(eni_id, groups)
    equal("groups after the change", sorted(get().security_group_ids), sorted(groups))
    enterprise = Client(EsgClient, "vpc")
    rule = EnterpriseSecurityGroupRuleModel(direction="egress", protocol="all", destIp="all", action="allow", priority=1)
    esg = enterprise.create_enterprise_security_group("enis", [rule]).enterprise_security_group_id
    client.update_eni_enterprise_security_group(eni_id, [esg])
    equal("enterprise groups", get().enterprise_security_group_ids, [esg])
    refused(403, "SECURITYGROUP_INUSE", enterprise.sdk.delete_enterprise_security_group, esg)
    client.update_eni_security_group(eni_id, groups[:1])
    enterprise.delete_enterprise_security_group(esg)


def tour_addresses(client, get, eni_id):
    added = client.add_private_ip(eni_id, "", is_ipv6=False).private_ip_address
    equal("addresses", len(get().private_ip_set), 2)
    client.delete_private_ip(eni_id, added)
    many = client.batch_add_private_ip(eni_id, private_ip_address_count=3).private_ip_addresses
    equal("addresses added together", len(many), 3)
    refused(409, "PrivateIpInUseException", client.sdk.add_private_ip, eni_id, many[0])
    client.batch_delete_private_ip(eni_id, many)
    equal("addresses", len(get().private_ip_set), 1)
    refused(400, "PrivateIPNotExistException", client.sdk.delete_private_ip, eni_id, many[0])

    addresses = Client(EipClient, "eip")
    address = addresses.create_eip(5, billing=BY_TRAFFIC).eip
    until_eip(addresses, address, "available")
    private = get().private_ip_set[0].private_ip_address
    client.bind_eni_public_ip(eni_id, private, address)
    until_eip(addresses, address, "binded")
    equal("public address", get().private_ip_set[0].public_ip_address, address)
    client.unbind_eni_public_ip(eni_id, address)
    until_eip(addresses, address, "available")
    that("no public address", not get().private_ip_set[0].public_ip_address)
    addresses.release_eip(address)
