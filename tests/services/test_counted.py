"""Which requests are counted, and who is told."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.sdk.trace import TracerProvider

from services.common.app import application
from services.telemetry import armed, counted
from services.telemetry.armed import Armed
from services.telemetry.counted import Counting, CountingMiddleware
from tests.services.conftest import sampled_traceparent
from tests.services.servers import Response, Running, Server

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
OTHER_ID = "5bf92f3577b34da6a3ce929d0e0e4736"
TOKEN = "0123456789abcdef" * 4
OTHER_TOKEN = "fedcba9876543210" * 4


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Server]:
    """A traced service of one endpoint; ``tmp_path`` is its control directory."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield

    app = application("test", lifespan, 1024)

    @app.post("/query")
    async def query(wait_s: float = 0.0) -> dict[str, bool]:
        await asyncio.sleep(wait_s)
        return {"ok": True}

    counting = Counting(tmp_path)
    app.add_middleware(CountingMiddleware, counting=counting)
    app.get(counted.PATH, include_in_schema=False)(counting.tell)
    FastAPIInstrumentor.instrument_app(app, tracer_provider=TracerProvider())
    running = Running(app)
    yield running.server
    running.stop()


def arm(folder: Path, **changes: Any) -> None:
    """Arm TRACE_ID, as `changes` say otherwise."""
    said = {"trace_id": TRACE_ID, "token": TOKEN, "expires_s": time.time() + 60, **changes}
    (folder / armed.FILE).write_text(json.dumps(said))


def send(service: Server, trace_id: str = TRACE_ID) -> None:
    """One request of a trace, which must be answered."""
    answered = service.post("/query", {}, traceparent=sampled_traceparent(trace_id))
    assert answered.json() == {"ok": True}


def told(service: Server, trace_id: str = TRACE_ID, token: str = TOKEN) -> Response:
    """What the service tells of a trace."""
    return service.get(f"/counted/{trace_id}", **{armed.TOKEN_HEADER: token})


def test_all_requests_of_the_armed_trace_are_told_together(service: Server, tmp_path: Path) -> None:
    """Two requests, one result, told once."""
    arm(tmp_path)
    send(service)
    send(service)
    result = told(service).json()
    assert (result["trace_id"], result["requests"]) == (TRACE_ID, 2)
    assert told(service).status == 404


def test_only_who_armed_it_is_told(service: Server, tmp_path: Path) -> None:
    """Without the token, with another's or for another trace there is nothing."""
    arm(tmp_path)
    send(service)
    assert service.get(f"/counted/{TRACE_ID}").status == 404
    assert told(service, token=OTHER_TOKEN).status == 404
    assert told(service, OTHER_ID).status == 404
    assert told(service).status == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"trace_id": OTHER_ID},
        {"expires_s": time.time() - 1},
        {"expires_s": time.time() + 86_400},
        {"token": "short"},
        {"token": None},
        {"expires_s": "soon"},
    ],
)
def test_what_is_not_armed_is_not_counted(
    service: Server, tmp_path: Path, changes: dict[str, Any]
) -> None:
    """Another trace's, expired, for far too long, without a good token: the request goes on."""
    arm(tmp_path, **changes)
    send(service)
    assert told(service).status == 404


def test_without_the_file_nothing_is_counted(service: Server) -> None:
    """The usual case."""
    send(service)
    assert told(service).status == 404


def test_an_unsampled_request_is_not_counted(service: Server, tmp_path: Path) -> None:
    """Even if it claims the armed trace."""
    arm(tmp_path)
    service.post("/query", {}, traceparent=f"00-{TRACE_ID}-00f067aa0ba902b7-00")
    assert told(service).status == 404


def test_a_file_that_is_no_json_is_no_order(service: Server, tmp_path: Path) -> None:
    """The request is answered all the same."""
    (tmp_path / armed.FILE).write_text("{")
    send(service)
    assert told(service).status == 404


def test_a_trace_armed_anew_begins_anew(service: Server, tmp_path: Path) -> None:
    """The result that nobody asked for is dropped."""
    arm(tmp_path)
    send(service)
    arm(tmp_path, token=OTHER_TOKEN)
    send(service)
    assert told(service).status == 404
    assert told(service, token=OTHER_TOKEN).json()["requests"] == 1


def test_a_result_nobody_asks_for_is_dropped(
    service: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a while."""
    monkeypatch.setattr(counted, "KEPT_S", 0.01)
    arm(tmp_path)
    send(service)
    time.sleep(0.2)
    assert told(service).status == 404


def test_the_endpoint_is_not_documented(service: Server) -> None:
    """It is the lab's own."""
    assert "/query" in service.get("/openapi.json").json()["paths"]
    assert "counted" not in service.get("/openapi.json").body.decode()


@pytest.mark.parametrize("left_s", [1.0, 599.0])
def test_armed_for_as_long_as_it_says(tmp_path: Path, left_s: float) -> None:
    """Up to ten minutes."""
    arm(tmp_path, expires_s=1000.0)
    expected = Armed(TRACE_ID, TOKEN, 1000.0)
    assert armed.read(tmp_path / armed.FILE, 1000.0 - left_s) == expected
    assert armed.read(tmp_path / armed.FILE, 1000.0) is None
    assert armed.read(tmp_path / armed.FILE, 399.0) is None
