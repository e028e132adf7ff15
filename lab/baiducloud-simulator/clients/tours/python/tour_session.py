"""What every product shares: signatures, clocks, and what does not exist."""

import functools
import time

from baidubce.auth import bce_v1_signer
from baidubce.http import bce_http_client, handler
from baidubce.services.vpc.vpc_client import VpcClient

from check import Client, configuration, refused


def tour():
    def with_keys(**keys):
        return VpcClient(configuration("vpc", **keys)).list_vpcs

    refused(403, "SignatureDoesNotMatch", with_keys(secret_access_key="0123456789abcdef0123456789abcdef"))
    refused(403, "InvalidAccessKeyId", with_keys(access_key_id="ffffffffffffffffffffffffffffffff"))

    def send(shift=0, method=b"GET", path=b"/v1/vpc", body=None, params=None):
        sign = functools.partial(bce_v1_signer.sign, timestamp=int(time.time()) + shift)
        handlers = [handler.parse_error, handler.parse_json]
        config = VpcClient(configuration("vpc")).config
        return bce_http_client.send_request(config, sign, handlers, method, path, body, {}, params or {})

    refused(400, "RequestExpired", send, shift=-3600)
    refused(403, "RequestTimeTooSkewed", send, shift=3600)
    send(shift=-300)
    refused(404, "InvalidURI", send, path=b"/v1/no/such/thing")
    refused(400, "InappropriateJSON", send, method=b"POST", body='["not an object"]')
    refused(400, "MalformedJSON", send, method=b"POST", body="{")
    refused(400, "BadRequest", send, params={b"maxKeys": 1001})
    Client(VpcClient, "vpc").list_vpcs()
