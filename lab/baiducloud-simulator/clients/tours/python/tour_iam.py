"""Users, groups, policies, access keys."""

import json

from baidubce.services.iam.iam_client import IamClient
from baidubce.services.vpc.vpc_client import VpcClient

from check import Client, configuration, env, equal, refused, that


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

    tour_people(client)
    tour_policies(client)
    tour_roles(client)
    client.delete_user_accesskey(b"ada", key.id.encode())
    refused(403, "InvalidAccessKeyId", hers.list_vpcs)
    client.delete_group(b"readers")
    client.delete_user(b"ada")
    refused(404, "UserNotFound", client.sdk.get_user, b"ada")


def tour_people(client):
    client.update_user(b"ada", {"description": "changed"})
    equal("description after update", client.get_user(b"ada").description, "changed")
    client.update_user_login_profile(b"ada", {"password": "Tour_12345", "needResetPassword": False, "enabledLogin": True})
    equal("she may log in", client.get_user_login_profile(b"ada").enabled_login, True)
    client.delete_user_login_profile(b"ada")
    refused(404, "LoginProfileNotFound", client.sdk.get_user_login_profile, b"ada")
    equal("description", client.get_group(b"readers").description, "who may look")
    client.update_group(b"readers", {"description": "changed"})
    equal("description after update", client.get_group(b"readers").description, "changed")
    that("the group is listed", "readers" in [group.name for group in client.list_group().groups])


def document(effect):
    rule = {"service": "bce:vpc", "region": "*", "resource": ["*"], "effect": effect, "permission": ["READ"]}
    return json.dumps({"accessControlList": [rule]})


def tour_policies(client):
    made = client.create_policy({"name": "look", "description": "first", "document": document("Allow")})
    equal("name", made.name, "look")
    equal("kind", client.get_policy(b"look", b"Custom").type, "Custom")
    client.update_policy(b"look", {"description": "changed", "document": document("Deny")})
    shown = client.get_policy(b"look", b"Custom")
    equal("description after update", shown.description, "changed")
    that("document after update", "Deny" in shown.document)
    that("it is listed", "look" in [policy.name for policy in client.list_policy(b"Custom").policies])
    that("the cloud's own are listed", client.list_policy(b"System").policies)
    refused(409, "PolicyAlreadyExists", client.sdk.create_policy, {"name": "look", "document": document("Allow")})

    client.attach_policy_to_user(b"ada", b"look", b"Custom")
    equal("her policies", [policy.name for policy in client.list_policies_from_user(b"ada").policies], ["look"])
    client.attach_policy_to_group(b"readers", b"look", b"Custom")
    equal("the group's", [policy.name for policy in client.list_policies_from_group(b"readers").policies], ["look"])
    refused(409, "PolicyInUse", client.sdk.delete_policy, b"look")
    client.detach_policy_from_user(b"ada", b"look", b"Custom")
    client.detach_policy_from_group(b"readers", b"look", b"Custom")
    equal("her policies", client.list_policies_from_user(b"ada").policies, [])


def tour_roles(client):
    trust = {"service": "bce:iam", "region": "*", "grantee": [{"id": env["accountId"]}], "effect": "Allow", "permission": ["AssumeRole"]}
    made = client.create_role(
        {"name": "helper", "description": "first", "assumeRolePolicyDocument": json.dumps({"version": "v1", "accessControlList": [trust]})}
    )
    equal("name", made.name, "helper")
    client.update_role(b"helper", {"description": "changed"})
    equal("description after update", client.get_role(b"helper").description, "changed")
    that("it is listed", "helper" in [role.name for role in client.list_role().roles])
    client.attach_policy_to_role(b"helper", b"look", b"Custom")
    equal("the role's policies", [policy.name for policy in client.list_policies_from_role(b"helper").policies], ["look"])
    client.detach_policy_from_role(b"helper", b"look", b"Custom")
    client.delete_role(b"helper")
    refused(404, "RoleNotFound", client.sdk.get_role, b"helper")
    client.delete_policy(b"look")
    refused(404, "PolicyNotFound", client.sdk.get_policy, b"look", b"Custom")
