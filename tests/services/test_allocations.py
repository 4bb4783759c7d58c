"""Allocations are traced for whoever may write the control directory, and only as long."""

import json
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from services.telemetry import allocations, permit
from services.telemetry.allocations import Allocations
from tests.services.servers import Running, Server

TOKEN = "0123456789abcdef" * 2
OTHER = "fedcba9876543210" * 2


def permitted(folder: Path, for_s: float = 60.0, token: str = TOKEN) -> None:
    """Write the permit as the host would."""
    document = {"token": token, "expires_s": time.time() + for_s}
    (folder / permit.FILE).write_text(json.dumps(document))


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Server]:
    """A service that keeps a part of every request, its control directory being tmp_path."""
    app, kept = FastAPI(), list[bytes]()

    @app.get("/leak")
    def leak() -> int:
        kept.append(bytes(5000))
        return len(kept)

    allocations.install(app, tmp_path)
    running = Running(app)
    yield running.server
    running.stop()
    (tmp_path / permit.FILE).unlink(missing_ok=True)
    ended(10)


def ended(within_s: float) -> None:
    """Wait until nothing is traced any more."""
    deadline_s = time.monotonic() + within_s
    while tracemalloc.is_tracing():
        assert time.monotonic() < deadline_s, f"still traced after {within_s} s"
        time.sleep(0.02)


def status(server: Server, method: str, token: str = "") -> int:
    """The status of a call of the endpoint."""
    headers = {"x_tracelab_token": token} if token else {}
    if method == "GET":
        return server.get(
            permit.PATH, **{name.replace("_", "-"): v for name, v in headers.items()}
        ).status
    return server.post(permit.PATH, {}, **headers).status


def test_nobody_is_answered_without_a_permit(service: Server) -> None:
    """No permit: the path is not there, for any token."""
    assert status(service, "POST", TOKEN) == status(service, "GET", TOKEN) == 404
    assert status(service, "POST") == 404
    assert not tracemalloc.is_tracing()


def test_only_the_token_of_the_permit_opens_it(service: Server, tmp_path: Path) -> None:
    """Another token, none, or one with letters beyond ASCII: not there."""
    permitted(tmp_path)
    assert status(service, "POST", OTHER) == status(service, "POST") == 404
    assert status(service, "POST", "\xe9" * 32) == 404
    assert status(service, "GET", TOKEN) == 404, "nothing is traced yet"
    assert status(service, "POST", TOKEN) == 200
    assert status(service, "GET", OTHER) == 404
    assert status(service, "GET", TOKEN) == 200


def test_a_leak_shows_between_two_snapshots(service: Server, tmp_path: Path) -> None:
    """20 requests that keep 5,000 bytes each: as much more, at one place."""
    permitted(tmp_path)
    status(service, "POST", TOKEN)
    sizes = []
    for _ in range(2):
        for _ in range(20):
            service.get("/leak")
        told = service.get(permit.PATH, **{"x-tracelab-token": TOKEN}).json()
        found = [one for one in told["sites"] if one["file"] == __file__]
        sizes.append(sum(one["size_bytes"] for one in found))
    assert sizes[1] - sizes[0] == pytest.approx(100_000, rel=0.1)
    grown = [one for one in told["containers"] if one["grown_by"] == 20]
    assert "closure of service.<locals>.leak" in [one["name"] for one in grown]
    assert grown[0]["place"][0] == __file__


def test_it_stops_when_the_permit_goes(service: Server, tmp_path: Path) -> None:
    """The file removed: within a second nothing is traced."""
    permitted(tmp_path)
    status(service, "POST", TOKEN)
    assert tracemalloc.is_tracing()
    (tmp_path / permit.FILE).unlink()
    ended(2)


def test_it_stops_when_the_permit_expires(service: Server, tmp_path: Path) -> None:
    """Whatever becomes of the host, tracing ends by itself."""
    permitted(tmp_path, for_s=1.0)
    assert status(service, "POST", TOKEN) == 200
    ended(3)
    assert status(service, "GET", TOKEN) == 404


def test_the_endpoint_is_not_documented(service: Server) -> None:
    """The API's description doesn't mention it."""
    assert permit.PATH not in service.get("/openapi.json").json()["paths"]


@pytest.mark.parametrize(
    "document",
    [
        "",
        "[]",
        '{"token": "short", "expires_s": 1060}',
        f'{{"token": "{TOKEN}", "expires_s": 999}}',
        f'{{"token": "{TOKEN}", "expires_s": 99999}}',
        f'{{"token": "{TOKEN}"}}',
    ],
)
def test_a_permit_that_cannot_be_used_is_none(tmp_path: Path, document: str) -> None:
    """Half a file, a weak token, one that has expired or never would: nothing is permitted."""
    (tmp_path / permit.FILE).write_text(document)
    assert permit.read(tmp_path / permit.FILE, 1000.0) is None
    assert not Allocations(tmp_path / permit.FILE, lambda: 1000.0).permits(TOKEN)
