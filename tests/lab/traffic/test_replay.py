"""Replaying a request, against a gateway of a few lines."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from lab.errors import LabError, UnavailableError
from lab.settings import Settings
from lab.traces.spans import Trace
from lab.traffic import ledger
from lab.traffic.replay import USER_AGENT, Replay, Replayer, fill, is_replay
from tests.lab.literal_traces import mystery

TRACE_ID = "ab" * 16
BODY = {"question": "What is a lambda?", "user_id": "u1", "top_k": 5, "model": "gpt-4"}
Answer = Callable[[httpx.Request], httpx.Response]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A lab whose ledger is in a temporary folder."""
    monkeypatch.setattr(Settings, "state_dir", property(lambda _: tmp_path))
    return Settings()


def echo(request: httpx.Request) -> httpx.Response:
    """A gateway that keeps its caller's trace id."""
    trace_id = request.headers["traceparent"].split("-")[1]
    told = {"trace_id": trace_id, "cached": False, "cost_usd": 0.08}
    return httpx.Response(200, json={**told, "timings_ms": {"rerank": 420.5, "total": 4200.0}})


def replayer(settings: Settings, answer: Answer, *, use_cache: bool = False) -> Replayer:
    """A replayer whose gateway answers so."""
    return Replayer(settings, 4.2, use_cache=use_cache, transport=httpx.MockTransport(answer))


def test_the_original_request_is_fetched_by_trace_id(settings: Settings) -> None:
    """The gateway's kept body comes back as it was."""

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.path == f"/queries/{TRACE_ID}"
        return httpx.Response(200, json=BODY)

    with replayer(settings, answer) as gateway:
        assert gateway.original(TRACE_ID) == BODY


def test_a_request_no_longer_kept_says_what_to_do(settings: Settings) -> None:
    """A 404 becomes an error that names the command for a new trace."""
    with (
        replayer(settings, lambda _: httpx.Response(404)) as gateway,
        pytest.raises(LabError, match=r"no longer kept(.|\n)*`invoke traffic`"),
    ):
        gateway.original(TRACE_ID)


def test_a_replay_is_forced_and_passes_the_cache_by(settings: Settings) -> None:
    """Each replay has a sampled traceparent of its own and `no-cache`, and is in the ledger."""
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return echo(request)

    with replayer(settings, answer) as gateway:
        first, second = gateway.send(BODY), gateway.send(BODY)
    assert first.trace_id != second.trace_id
    assert first.stages_ms == {"rerank": 420.5}
    assert (gateway.sent, gateway.cost_usd) == (2, 0.16)
    for request, made in zip(sent, (first, second), strict=True):
        assert json.loads(request.content) == BODY
        assert request.headers["traceparent"].startswith(f"00-{made.trace_id}-")
        assert request.headers["traceparent"].endswith("-01")
        assert request.headers["cache-control"] == "no-cache"
        assert request.headers["user-agent"] == USER_AGENT
    noted = ledger.read(settings)
    assert [(one.trace_id, one.forced) for one in noted] == [
        (first.trace_id, True),
        (second.trace_id, True),
    ]


def test_a_replay_can_be_given_its_trace_id(settings: Settings) -> None:
    """So that it is known before it is sent."""
    with replayer(settings, echo) as gateway:
        assert gateway.send(BODY, TRACE_ID).trace_id == TRACE_ID


def test_a_cached_original_is_replayed_with_the_cache(settings: Settings) -> None:
    """What the cache answered is asked of the cache again."""

    def answer(request: httpx.Request) -> httpx.Response:
        assert "cache-control" not in request.headers
        return echo(request)

    with replayer(settings, answer, use_cache=True) as gateway:
        gateway.send(BODY)


def test_a_failed_replay_tells_status_and_reason(settings: Settings) -> None:
    """A 502's problem document reaches the reader."""
    problem = httpx.Response(502, json={"title": "Bad Gateway", "detail": "the model is away"})
    with (
        replayer(settings, lambda _: problem) as gateway,
        pytest.raises(LabError, match="HTTP 502, the model is away"),
    ):
        gateway.send(BODY)


def test_a_gateway_that_loses_the_traceparent_is_found_out(settings: Settings) -> None:
    """A replay under another trace id can't be found again, so it is an error."""
    other = httpx.Response(200, json={"trace_id": "cd" * 16})
    with (
        replayer(settings, lambda _: other) as gateway,
        pytest.raises(LabError, match="lost its caller's `traceparent`"),
    ):
        gateway.send(BODY)


def test_a_gateway_that_is_away_is_unavailable(settings: Settings) -> None:
    """No connection is exit code 3, with the command to start the lab."""

    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with (
        replayer(settings, refuse) as gateway,
        pytest.raises(UnavailableError, match="invoke up"),
    ):
        gateway.send(BODY)


def test_a_replay_is_known_by_its_trace() -> None:
    """The replayer's user agent marks the trace; another's doesn't."""
    trace = mystery()
    marked = replace(trace.root, attributes={"user_agent.original": USER_AGENT})
    assert is_replay(Trace.of([marked, *trace.spans[1:]]))
    assert not is_replay(trace)


class Clock:
    """Seconds that pass only while a replay runs, or by sleeping."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def read(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds

    def fill(self, duration_s: float, seconds: float, least: int = 3) -> int:
        """How many replays of that length are made in ``seconds``."""

        def send() -> Replay:
            self.now_s += duration_s
            return Replay("x", duration_s)

        found = fill(send, seconds, least=least, clock=self.read, sleep=self.sleep)
        return len(found)


def test_replays_fill_the_time_and_no_more() -> None:
    """Of 1 s with pauses of 0.3 s, seven fit into 10 s: an eighth would end later."""
    assert Clock().fill(1.0, 10) == 7


def test_slow_requests_are_replayed_often_enough_to_compare() -> None:
    """Three of 4.2 s are made although two fill 10 s; two if two are enough."""
    assert Clock().fill(4.2, 10) == 3
    assert Clock().fill(4.2, 0, least=2) == 2


def test_very_slow_requests_are_replayed_less_often() -> None:
    """Of 25 s there are two, of a minute one: nobody waits for ever."""
    assert Clock().fill(25, 10) == 2
    assert Clock().fill(61, 10) == 1


def test_quick_requests_are_not_replayed_without_end() -> None:
    """A request of milliseconds is replayed a hundred times at the most, not thousands."""
    assert Clock().fill(0.005, 60) == 100
