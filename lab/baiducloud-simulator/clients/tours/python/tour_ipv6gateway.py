"""The IPv6 gateway of a VPC."""

from ipaddress import ip_network

from baidubce.services.ipv6gateway.ipv6gateway_client import IPv6GatewayClient
from baidubce.services.ipv6gateway.ipv6gateway_model import Billing

from check import Client, equal, refused, that
from network import Network


def tour():
    client = Client(IPv6GatewayClient, "vpc")
    net = Network("sixes")
    net.vpcs.update_vpc(net.vpc_id, "sixes", enable_ipv6=True)
    gateway = client.create_ipv6_gateway("six", net.vpc_id, 10, Billing("Postpaid")).gateway_id
    refused(409, "OperationDenied", client.sdk.create_ipv6_gateway, "other", net.vpc_id, 10, Billing("Postpaid"))

    def get():
        return client.list_ipv6_gateways(net.vpc_id)

    equal("id", get().gateway_id, gateway)
    equal("name", get().name, "six")
    equal("bandwidth", get().bandwidth_in_mbps, 10)
    client.resize_ipv6_gateway(gateway, 20)
    equal("bandwidth after resize", get().bandwidth_in_mbps, 20)

    block = net.vpcs.get_vpc(net.vpc_id).vpc.ipv6_cidr
    that("the network has a block", block)
    only = client.create_ipv6_gateway_egress_only_rule(gateway, block).egress_only_rule_id
    rules = client.list_ipv6_gateway_egress_only_rules(gateway).egress_only_rules
    equal("egress-only rules", [(one.egress_only_rule_id, one.cidr) for one in rules], [(only, block)])
    client.delete_ipv6_gateway_egress_only_rule(gateway, only)
    refused(404, "NoSuchObject", client.sdk.delete_ipv6_gateway_egress_only_rule, gateway, only)

    address = str(ip_network(block)[1])
    limit = client.create_ipv6_gateway_rate_limit_rule(gateway, address, 3, 4).rate_limit_rule_id
    client.update_ipv6_gateway_rate_limit_rule(gateway, limit, 5, 6)
    limits = client.list_ipv6_gateway_rate_limit_rules(gateway).rate_limit_rules
    equal("limits", [(one.ingress_bandwidth_in_mbps, one.egress_bandwidth_in_mbps) for one in limits], [(5, 6)])
    client.delete_ipv6_gateway_rate_limit_rule(gateway, limit)

    client.update_ipv6_gateway_delete_protect(gateway, True)
    equal("protection", get().delete_protect, True)
    refused(403, "OperationDenied", client.sdk.delete_ipv6_gateway, gateway)
    client.update_ipv6_gateway_delete_protect(gateway, False)
    client.delete_ipv6_gateway(gateway)
    refused(404, "NoSuchObject", client.sdk.list_ipv6_gateways, net.vpc_id)
    net.demolish()
