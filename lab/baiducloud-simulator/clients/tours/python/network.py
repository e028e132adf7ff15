"""What most products need before they can make anything: a VPC with subnets, machines that run."""

from baidubce.services.bcc.bcc_client import BccClient
from baidubce.services.subnet.subnet_client import SubnetClient
from baidubce.services.vpc.vpc_client import VpcClient

from check import Client, env, equal, error_of, until

SPEC = "bcc.g5.c2m8"


def zone(index):
    return f"cn-{env['region']}-{'abc'[index]}"


class Network:
    """A VPC with a subnet in each of two zones."""

    def __init__(self, name):
        self.vpcs, self.subnet_client = Client(VpcClient, "vpc"), Client(SubnetClient, "vpc")
        self.servers = Client(BccClient, "bcc")
        self.vpc_id = self.vpcs.create_vpc(name, "10.8.0.0/16").vpc_id
        self.subnets = [
            self.subnet_client.create_subnet(f"{name}_{i}", zone(i), f"10.8.{i}.0/24", self.vpc_id).subnet_id
            for i in range(2)
        ]

    def instances(self, name, count, index=0, **options):
        """Makes running machines, in the subnet with this index."""
        images = self.servers.list_images(image_type="System", max_keys=1).images
        made = self.servers.create_instance_by_spec(
            SPEC, images[0].id, name=name, purchase_count=count, zone_name=zone(index),
            subnet_id=self.subnets[index], **options,
        )
        equal("instances made", len(made.instance_ids), count)
        for instance_id in made.instance_ids:
            self.until_status(instance_id, "Running")
        return made.instance_ids

    def until_status(self, instance_id, status):
        until(
            f"{instance_id} is {status}",
            lambda: self.servers.get_instance(instance_id).instance.status == status,
        )

    def release(self, instance_id):
        self.servers.release_instance(instance_id)

        def is_gone():
            try:
                return self.servers.sdk.get_instance(instance_id).instance.status == "Deleted"
            except Exception as error:
                return error_of(error).code == "NoSuchObject"

        until(f"{instance_id} is gone", is_gone)

    def demolish(self):
        for subnet_id in self.subnets:
            self.subnet_client.delete_subnet(subnet_id)
        self.vpcs.delete_vpc(self.vpc_id)
