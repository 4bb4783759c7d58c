"""Speaks to the services that trace their allocations, and lets them do so."""

import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from lab.errors import UnavailableError
from lab.memory.sites import Snapshot, parse
from lab.settings import Settings
from lab.stack import control
from lab.stack.containers import exec_json
from services.telemetry.permit import FILE, PATH, TOKEN_HEADER

CALL_TIMEOUT_S = 60.0
CALL = (
    "import sys, urllib.request as r\n"
    "url, method, name, token = sys.argv[1:]\n"
    "asked = r.Request(url, method=method, headers={name: token})\n"
    "sys.stdout.write(r.urlopen(asked, timeout=50).read().decode())"
)


class Tracing:
    """Services whose allocations are traced."""

    def __init__(self, settings: Settings, services: Sequence[str], token: str) -> None:
        self._settings = settings
        self._token = token
        self.services = tuple(services)

    def snapshots(self, requests: int) -> dict[str, Snapshot]:
        """What each service has allocated, ``requests`` having been answered until now.

        Raises UnavailableError where a service doesn't answer.
        """
        return {service: parse(self.call(service, "GET"), requests) for service in self.services}

    def call(self, service: str, method: str) -> Any:
        asked = (f"http://127.0.0.1:8000{PATH}", method, TOKEN_HEADER, self._token)
        argv = ["python", "-S", "-c", CALL, *asked]
        return exec_json(self._settings, service, argv, CALL_TIMEOUT_S)


def _start(traced: Tracing, service: str) -> None:
    try:
        traced.call(service, "POST")
    except UnavailableError as refused:
        raise UnavailableError(
            f"{service} doesn't trace its allocations; if its image is an older one `invoke up` "
            f"renews it: {refused}"
        ) from refused


@contextmanager
def tracing(settings: Settings, services: Sequence[str], at_most_s: float) -> Iterator[Tracing]:
    """Let these services trace their allocations while the block runs.

    They stop by themselves after ``at_most_s``, whatever happens here. Raises UnavailableError
    where one doesn't begin.
    """
    token = secrets.token_hex(16)
    control.write(settings, FILE, {"token": token, "expires_s": time.time() + at_most_s})
    traced = Tracing(settings, services, token)
    try:
        for service in services:
            _start(traced, service)
        yield traced
    finally:
        control.remove(settings, FILE)
