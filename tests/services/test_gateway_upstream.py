"""What the gateway makes of services that are down, slow or failing."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.trace import StatusCode

from services.gateway.service import create_app
from services.gateway.settings import Settings
from services.gateway.upstream import ATTEMPTS
from services.telemetry.unsampled import QuietMiddleware
from tests.services.conftest import sampled_traceparent
from tests.services.recorder import Recorder

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
QUERY = {"question": "Why?", "user_id": "u1"}
PASSAGE = {"id": "p1", "title": "t", "url": "https://x", "text": "some text", "score": 0.5}
GOOD: dict[str, Any] = {
    "/retrieve": {"passages": [PASSAGE], "corpus": "abc", "timings_ms": {}},
    "/rerank": {"passages": [PASSAGE], "timings_ms": {}},
    "/generate": {
        "answer": "Because.",
        "model": "gpt-4-0613",
        "usage": {"prompt_tokens": 10, "completion_tokens": 2},
        "cost_usd": 0.1,
        "timings_ms": {},
    },
}

Reply = Callable[[httpx.Request], httpx.Response]


class Upstreams:
    """All services behind the gateway; ``replies`` replaces what a path answers."""

    def __init__(self, **replies: Reply) -> None:
        self.asked: list[str] = []
        self.traceparents: list[str] = []
        self._replies = replies

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        self.asked.append(path)
        self.traceparents.append(request.headers["traceparent"])
        reply = self._replies.get(path.removeprefix("/"))
        return reply(request) if reply else httpx.Response(200, json=GOOD[path])


def query(upstreams: Upstreams, traceparent: str | None = None, **settings: Any) -> httpx.Response:
    """Ask a traced gateway in front of ``upstreams``; there is no Redis."""

    async def send() -> httpx.Response:
        behind = httpx.AsyncClient(transport=httpx.MockTransport(upstreams))
        app = create_app(Settings(redis_url="redis://127.0.0.1:1/0", **settings), behind)
        app.add_middleware(QuietMiddleware)
        FastAPIInstrumentor.instrument_app(app, exclude_spans=["send", "receive"])
        headers = {"traceparent": traceparent or sampled_traceparent(TRACE_ID)}
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
            return await client.post("/query", json=QUERY, headers=headers)

    return asyncio.run(send())


def fail(error: type[Exception]) -> Reply:
    """Doesn't get an answer."""

    def reply(request: httpx.Request) -> httpx.Response:
        raise error("it broke")

    return reply


def status(code: int) -> Reply:
    """Answers with an error."""
    return lambda _: httpx.Response(code, json={"detail": "no"})


def once(first: Reply, path: str) -> Reply:
    """``first`` for the first request, what is good for the others."""
    replies = [first]
    return lambda request: (
        replies.pop()(request) if replies else httpx.Response(200, json=GOOD[path])
    )


@pytest.mark.parametrize(
    ("reply", "expected", "attempts"),
    [
        (fail(httpx.ConnectError), 502, ATTEMPTS),
        (fail(httpx.ConnectTimeout), 502, ATTEMPTS),
        (fail(httpx.RemoteProtocolError), 502, ATTEMPTS),
        (status(503), 502, ATTEMPTS),
        (status(500), 502, 1),
        (status(422), 502, 1),
        (status(502), 502, 1),
        (status(504), 504, 1),
        (fail(httpx.ReadTimeout), 504, 1),
        (lambda _: httpx.Response(200, content=b"not json"), 502, 1),
        (lambda _: httpx.Response(200, json={"passages": [{}]}), 502, 1),
    ],
)
@pytest.mark.parametrize("stage", ["retrieve", "rerank", "generate"])
def test_failing_upstream_becomes_a_problem(
    spans: Recorder, stage: str, reply: Reply, expected: int, attempts: int
) -> None:
    """502 for what failed, 504 for what was slow, both spans marked, the exception recorded."""
    upstreams = Upstreams(**{stage: reply})
    response = query(upstreams)
    assert response.status_code == expected
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["trace_id"] == TRACE_ID
    assert ("generator" if stage == "generate" else "retriever") in response.json()["detail"]
    assert upstreams.asked.count(f"/{stage}") == attempts
    named = spans.by_name()
    for span in (named["POST /query"][0], named[stage][0]):
        assert span.status.status_code is StatusCode.ERROR
        assert [event.name for event in span.events] == ["exception"]


@pytest.mark.parametrize("flags", ["00", "01"])
def test_decision_goes_on_to_every_service(spans: Recorder, flags: str) -> None:
    """Trace id and decision are sent along, also where no span is made."""
    upstreams = Upstreams()
    query(upstreams, f"00-{TRACE_ID}-00f067aa0ba902b7-{flags}")
    assert len(upstreams.traceparents) == 3
    for sent in upstreams.traceparents:
        assert sent.startswith(f"00-{TRACE_ID}-")
        assert sent.endswith(f"-{flags}")
    assert bool(spans.finished()) is (flags == "01")


@pytest.mark.parametrize("reply", [fail(httpx.ConnectError), status(503)])
def test_short_failure_is_not_seen(spans: Recorder, reply: Reply) -> None:
    """One failed attempt is made good by the next."""
    upstreams = Upstreams(retrieve=once(reply, "/retrieve"))
    response = query(upstreams)
    assert response.status_code == 200
    assert upstreams.asked.count("/retrieve") == 2
    assert spans.by_name()["POST /query"][0].status.status_code is StatusCode.UNSET


def test_deadline_ends_a_query(spans: Recorder) -> None:
    """What is left of the deadline is the most that a call may take; then it is 504."""
    allowed: list[float] = []

    def slow(request: httpx.Request) -> httpx.Response:
        allowed.append(request.extensions["timeout"]["read"])
        raise httpx.ReadTimeout("too slow")

    response = query(Upstreams(generate=slow), deadline_s=0.5, generate_timeout_s=40)
    assert response.status_code == 504
    assert 0 < allowed[0] <= 0.5


def test_past_deadline_nothing_is_asked_anymore(spans: Recorder) -> None:
    """A stage whose time is used up fails at once."""

    def wait(request: httpx.Request) -> httpx.Response:

        time.sleep(0.15)
        return httpx.Response(200, json=GOOD["/retrieve"])

    upstreams = Upstreams(retrieve=wait)
    assert query(upstreams, deadline_s=0.1).status_code == 504
    assert upstreams.asked == ["/retrieve"]


def test_unready_upstream_makes_the_gateway_unready() -> None:
    """503, with what the other service said of its own dependencies."""
    below = {"index": {"ok": False, "passages": 0, "expected": 9}}

    def behind(request: httpx.Request) -> httpx.Response:
        if request.url.host == "retriever":
            return httpx.Response(503, json={"ready": False, "dependencies": below})
        raise httpx.ConnectError("nobody there")

    async def ask() -> httpx.Response:
        client = httpx.AsyncClient(transport=httpx.MockTransport(behind))
        app = create_app(Settings(redis_url="redis://127.0.0.1:1/0"), client)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as caller:
            return await caller.get("/readyz")

    response = asyncio.run(ask())
    assert response.status_code == 503
    found = response.json()["dependencies"]
    assert found["retriever"] == {"ok": False, "dependencies": below}
    assert found["generator"]["ok"] is False
    assert "ConnectError" in found["generator"]["problem"]
