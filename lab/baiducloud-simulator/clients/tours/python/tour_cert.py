"""Certificates."""

from baidubce.services.cert.cert_client import CertClient
from baidubce.services.cert.cert_model import CertCreateRequest

from check import Client, env, equal, refused, that


def tour():
    client = Client(CertClient, "certificate")
    first, second = env["certificates"]

    def request(name, pair):
        return CertCreateRequest(name, pair["certPem"], pair["keyPem"])

    cert_id = client.create_cert(request("tour", first)).cert_id
    shown = client.get_cert_info(cert_id)
    equal("name", shown.cert_name, "tour")
    equal("common name", shown.cert_common_name, first["name"])
    equal("type, as a number", shown.cert_type, 1)
    that("it ends after it begins", shown.cert_stop_time > shown.cert_start_time)
    other = client.create_cert(request("other", first)).cert_id
    listed = [one.cert_id for one in client.list_user_certs().certs]
    that("both are listed", cert_id in listed and other in listed)
    client.replace_cert(cert_id, request("renewed", second))
    equal("common name after renewal", client.get_cert_info(cert_id).cert_common_name, second["name"])
    refused(400, "BadRequest", client.sdk.create_cert, CertCreateRequest("bad", "no certificate", first["keyPem"]))
    for one in (cert_id, other):
        client.delete_cert(one)
    refused(404, "NoSuchObject", client.sdk.get_cert_info, cert_id)
    refused(404, "NoSuchObject", client.sdk.delete_cert, cert_id)
