"""Rules of subnets."""

from baidubce.services.vpc.acl_client import AclClient

from check import Client, equal, paged, refused
from network import Network


def tour():
    client = Client(AclClient, "vpc")
    net = Network("acls")

    def rule(position):
        return {
            "subnetId": net.subnets[0], "protocol": "tcp", "sourceIpAddress": "192.168.1.1", "destinationIpAddress": "10.8.0.0/24",
            "sourcePort": "1-65535", "destinationPort": "443", "position": position, "direction": "ingress", "action": "allow",
        }

    client.create_acl([rule(10), rule(11), rule(12)])
    refused(409, "OperationDenied", client.sdk.create_acl, [rule(10)])
    ids = paged("rules", 2, lambda marker: client.list_subnet_acl(net.subnets[0], marker=marker, max_keys=2), "acl_rules", "id")
    equal("rules", len(ids), 3)
    client.update_acl(ids[0], position=20, action="deny", description="changed")
    entry = next(one for one in client.list_acl_entrys(net.vpc_id).acl_entrys if one.subnet_id == net.subnets[0])
    changed = next(one for one in entry.acl_rules if one.id == ids[0])
    equal("position after update", changed.position, 20)
    equal("action after update", changed.action, "deny")
    equal("an address is a range of one", changed.source_ip_address, "192.168.1.1/32")
    for rule_id in ids:
        client.delete_acl(rule_id)
    refused(404, "NoSuchObject", client.sdk.delete_acl, ids[0])
    net.demolish()
