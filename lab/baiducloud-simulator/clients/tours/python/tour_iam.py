"""Users, groups, policies, access keys."""

from baidubce.services.iam.iam_client import IamClient
from baidubce.services.vpc.vpc_client import VpcClient

from check import Client, configuration, equal, refused, that


def tour():
    client = Client(IamClient, "iam")
    client.create_user({"name": "ada", "description": "first"})
    equal("description", client.get_user(b"ada").description, "first")
    refused(404, "UserNotFound", client.sdk.get_user, b"nobody")
    that("she is listed", "ada" in [user.name for user in client.list_user().users])

    key = client.create_user_accesskey(b"ada")
    equal("keys", [one.id for one in client.list_user_accesskey(b"ada").access_keys], [key.id])
    hers = VpcClient(configuration("vpc", access_key_id=key.id, secret_access_key=key.secret))
    client.disable_user_accesskey(b"ada", key.id.encode())
    refused(403, "InvalidAccessKeyId", hers.list_vpcs)
    client.enable_user_accesskey(b"ada", key.id.encode())

    client.create_group({"name": "readers", "description": "who may look"})
    client.add_user_to_group(b"readers", b"ada")
    equal("members", [user.name for user in client.list_group_user(b"readers").users], ["ada"])
    equal("her groups", [group.name for group in client.list_user_group(b"ada").groups], ["readers"])
    client.remove_user_from_group(b"readers", b"ada")
    equal("members", client.list_group_user(b"readers").users, [])

    client.delete_user_accesskey(b"ada", key.id.encode())
    refused(403, "InvalidAccessKeyId", hers.list_vpcs)
    client.delete_group(b"readers")
    client.delete_user(b"ada")
    refused(404, "UserNotFound", client.sdk.get_user, b"ada")
