"""What the tours share: counted calls, assertions, waiting, pages."""

import json
import os
import sys
import time
import traceback

from baidubce.auth.bce_credentials import BceCredentials
from baidubce.bce_client_configuration import BceClientConfiguration
from baidubce.exception import BceHttpClientError, BceServerError

PATIENCE_SECONDS = 20
PAUSE_SECONDS = 0.025

env = json.loads(os.environ["CLIENT_TOUR"])
counts = {"calls": 0, "assertions": 0, "failures": 0}


class Stop(Exception):
    """Ends the tour of one product: what follows needs what has failed."""


class Client:
    """An SDK client whose calls are counted, and have to succeed."""

    def __init__(self, make, host):
        self.sdk = make(configuration(host))

    def __getattr__(self, name):
        method = getattr(self.sdk, name)

        def call(*args, **options):
            counts["calls"] += 1
            try:
                return method(*args, **options)
            except (BceHttpClientError, BceServerError) as error:
                cause = error_of(error)
                report(f"{name}: unexpected error: {getattr(cause, 'code', None)} {cause}")
                raise Stop from error

        return call


def configuration(host, access_key_id=None, secret_access_key=None, token=None, **options):
    if host not in env["endpoints"]:
        report(f'the simulator has no host "{host}": it has {", ".join(sorted(env["endpoints"]))}')
        raise Stop
    credentials = BceCredentials(
        access_key_id or env["accessKeyId"], secret_access_key or env["secretAccessKey"]
    )
    return BceClientConfiguration(
        credentials=credentials, endpoint=env["endpoints"][host], security_token=token, **options
    )


def error_of(error):
    """The server's answer, which the SDK wraps when it has given up."""
    return error.last_error if isinstance(error, BceHttpClientError) else error


def report(text):
    counts["failures"] += 1
    print(f"{where()}: {text}", file=sys.stderr)


def where():
    """The line of the tour that is being walked."""
    for frame in reversed(traceback.extract_stack()):
        name = os.path.basename(frame.filename)
        if name.startswith("tour_"):
            return f"{name}:{frame.lineno}"
    return "tour"


def refused(status, code, call, *args, **options):
    """Expects the SDK's own typed error, with all that a program could look at."""
    counts["calls"] += 1
    try:
        call(*args, **options)
    except BceHttpClientError as error:
        refusal = error.last_error
        equal("code", error.code, code)
        equal(f"status of {error.code}", error.status_code, status)
        that("the refusal has a message and a request id", str(refusal) and error.request_id)
        that("the refusal is the server's", isinstance(refusal, BceServerError))
        return
    report(f"expected a refusal {status} {code}, got none")


def equal(what, got, want):
    counts["assertions"] += 1
    if got != want or isinstance(got, bool) != isinstance(want, bool):
        report(f"{what}: expected {want!r}, got {got!r}")


def that(what, holds):
    counts["assertions"] += 1
    if not holds:
        report(f"not true: {what}")


def until(what, holds):
    """Waits for a state of the cloud; however often it looks, it is one call."""
    before = counts["calls"]
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        if time.monotonic() > deadline:
            report(f"waited {PATIENCE_SECONDS} s in vain until {what}")
            raise Stop
        time.sleep(PAUSE_SECONDS)
    counts["calls"] = before + 1
    counts["assertions"] += 1


def paged(what, pages, fetch, items, identity):
    """Follows the markers of a list and returns the ids of all items; `fetch(marker)` reads one page."""
    ids, marker, count = [], "", 0
    while True:
        page = fetch(marker)
        ids += [getattr(item, identity) for item in getattr(page, items)]
        count += 1
        if not page.is_truncated:
            break
        that(f"{what}: a page that is not the last names the next", page.next_marker not in ("", marker))
        marker = page.next_marker
    equal(f"{what}: pages", count, pages)
    equal(f"{what}: nothing is listed twice", len(set(ids)), len(ids))
    return ids
