"""A VPC with subnets, for tours that need one."""

from baidubce.services.subnet.subnet_client import SubnetClient
from baidubce.services.vpc.vpc_client import VpcClient

from check import Client

ZONES = ["cn-bj-a", "cn-bj-b"]


class Network:
    def __init__(self, name, cidr):
        self.vpcs = Client(VpcClient, "vpc")
        self.subnets = Client(SubnetClient, "vpc")
        self.vpc_id = self.vpcs.create_vpc(name, cidr).vpc_id
        base = cidr.rsplit(".", 2)[0]
        self.subnet_ids = [
            self.subnets.create_subnet(f"{name}-{zone[-1]}", zone, f"{base}.{index}.0/24", self.vpc_id).subnet_id
            for index, zone in enumerate(ZONES)
        ]

    def close(self):
        for subnet_id in self.subnet_ids:
            self.subnets.delete_subnet(subnet_id)
        self.vpcs.delete_vpc(self.vpc_id)
