"""Temporary credentials. Of this SDK's clients only those of BOS send a session token: the tour adds it to the header."""

from baidubce.auth import bce_v1_signer
from baidubce.http import bce_http_client, handler
from baidubce.services.sts.sts_client import StsClient
from baidubce.services.vpc.vpc_client import VpcClient

from check import Client, configuration, equal, refused, that

DENY = {"service": "bce:vpc", "region": "*", "resource": ["*"], "effect": "Deny", "permission": ["*"]}


def tour():
    client = Client(StsClient, "sts")
    given = client.get_session_token(None, 900)
    that("a key of its own, and when it ends", given.access_key_id and given.expiration > given.create_time)

    def vpcs(session, token=None):
        config = VpcClient(configuration("vpc", session.access_key_id, session.secret_access_key)).config
        headers = {b"x-bce-security-token": (token or session.session_token).encode()}
        return bce_http_client.send_request(
            config, bce_v1_signer.sign, [handler.parse_error, handler.parse_json], b"GET", b"/v1/vpc", None, headers, {}
        )

    equal("VPCs as the account sees them", vpcs(given).max_keys, 1000)
    refused(403, "InvalidAccessKeyId", vpcs, given, "no token")
    limited = client.get_session_token({"id": "nobody", "accessControlList": [DENY]}, 900)
    refused(403, "AccessDenied", vpcs, limited)
    refused(403, "InvalidAccessKeyId", vpcs, given, limited.session_token)
