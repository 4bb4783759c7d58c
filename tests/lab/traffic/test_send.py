"""`invoke traffic` against a gateway on loopback."""

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lab.errors import LabError, UnavailableError, UsageError
from lab.settings import Settings
from lab.traffic import ledger
from lab.traffic.send import prepare, run, send_mystery
from tests.lab.tiny_lab import TinyLab, tiny_lab

Progress = tuple[int, int, int]


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ledger goes to a folder of the test's own."""
    monkeypatch.setattr("lab.settings.ROOT", tmp_path)


@pytest.fixture
def lab() -> Iterator[TinyLab]:
    """A gateway that answers at once."""
    with tiny_lab("traffic") as running:
        yield running


def quiet(done: int, failed: int, planned: int) -> None:
    """Progress that nobody watches."""


def test_the_planned_requests_are_what_the_gateway_gets(lab: TinyLab) -> None:
    """Each once, with the body that was planned."""
    plan = prepare(requests=40, concurrency=4, seed=3)
    summary = run(lab.settings, plan, quiet)
    assert (summary.ok, summary.failed, summary.sending.sent) == (40, 0, 40)
    expected = sorted(str(request.body()) for request in plan.requests)
    assert sorted(str(one.body) for one in lab.received) == expected


def test_progress_is_told_after_each_answer(lab: TinyLab) -> None:
    """Done and failed of all that is planned."""
    lab.answer = lambda number, _: (500, {}) if number <= 2 else (200, {"cached": False})
    told: list[Progress] = []
    run(lab.settings, prepare(requests=5, concurrency=1), lambda *now: told.append(now))
    assert told == [(1, 1, 5), (2, 2, 5), (3, 2, 5), (4, 2, 5), (5, 2, 5)]


def test_what_was_sent_is_in_the_ledger(lab: TinyLab) -> None:
    """With the gateway's own decision, the failed ones as well."""
    lab.answer = lambda number, _: (502, {}) if number == 3 else (200, {"cached": number == 2})
    run(lab.settings, prepare(requests=20, concurrency=1), quiet)
    sent = ledger.read(lab.settings)
    assert [one.trace_id for one in sent] == [f"{number:032x}" for number in range(1, 21)]
    assert [number for number, one in enumerate(sent, 1) if one.sampled] == [10, 20]
    assert (sent[1].cached, sent[2].status, sent[3].forced) == (True, 502, False)
    assert all(one.duration_ms > 0 for one in sent)


def test_an_answer_that_hides_its_decision_is_not_in_the_ledger(
    lab: TinyLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would count as not sampled, and skew the ratio seen."""
    monkeypatch.setattr(lab, "query", lambda _, __: (200, {"cached": False}, {}))
    summary = run(lab.settings, prepare(requests=3), quiet)
    assert (summary.ok, summary.told) == (3, 0)
    assert ledger.read(lab.settings) == ()


def test_a_cold_scenario_asks_past_the_cache(lab: TinyLab) -> None:
    """Each of its requests says so."""
    summary = run(lab.settings, prepare(scenario_name="cold", requests=5), quiet)
    assert {one.headers.get("cache-control") for one in lab.received} == {"no-cache"}
    assert summary.cached == 0


def test_an_open_loop_counts_from_when_it_should_have_sent(lab: TinyLab) -> None:
    """40 requests at 200 a second to a gateway that takes 50 ms: none is held back."""
    lab.delay_s = 0.05
    plan = prepare(requests=40, rate=200, arrivals="fixed")
    summary = run(lab.settings, plan, quiet)
    assert summary.ok == 40
    assert summary.sending.duration_s < 1.5
    assert summary.latency is not None
    assert summary.latency.p50_ms >= 50


def test_what_finds_too_many_in_flight_is_not_sent_and_told(lab: TinyLab) -> None:
    """An overloaded service isn't buried deeper, and the summary doesn't hide it."""
    lab.delay_s = 0.3
    plan = prepare(requests=30, rate=1_000, concurrency=5, arrivals="fixed")
    summary = run(lab.settings, plan, quiet)
    assert summary.sending.sent == len(lab.received) < 30
    assert summary.sending.not_sent == 30 - len(lab.received)


@pytest.mark.parametrize("rate", [None, 50.0])
def test_time_is_bounded(lab: TinyLab, rate: float | None) -> None:
    """Nothing starts after the end, and what is in flight is finished."""
    lab.delay_s = 0.05
    plan = prepare(requests=1_000, concurrency=2, rate=rate, max_s=0.3)
    began_s = time.monotonic()
    summary = run(lab.settings, plan, quiet)
    assert time.monotonic() - began_s < 3
    assert 0 < summary.sending.sent < 100
    assert summary.sending.unfinished == 0


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Ctrl-C reaches this process, even where it was started in the background without that."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_ends_it_with_a_summary(lab: TinyLab, interruptible: None) -> None:
    """What was answered is counted, what was in flight is told as unfinished."""
    lab.delay_s = 0.05

    def interrupt_later(done: int, failed: int, planned: int) -> None:
        if done == 6:
            os.kill(os.getpid(), signal.SIGINT)

    summary = run(lab.settings, prepare(requests=500, concurrency=2), interrupt_later)
    assert summary.sending.interrupted
    assert 6 <= summary.ok <= 8
    assert summary.sending.sent == summary.ok + summary.sending.unfinished
    assert len(ledger.read(lab.settings)) == summary.ok


def test_a_gateway_that_goes_away_fails_requests_not_the_run(lab: TinyLab) -> None:
    """The summary counts them."""

    def close(number: int, _: object) -> tuple[int, object]:
        if number > 5:
            raise ConnectionAbortedError
        return 200, {"cached": False}

    lab.answer = close
    summary = run(lab.settings, prepare(requests=10, concurrency=1), quiet)
    assert summary.ok == 5
    assert summary.failed == 5


def test_a_gateway_that_is_not_there_is_unavailable() -> None:
    """Told before anything is sent, with what starts the lab."""
    with pytest.raises(UnavailableError, match=r"127\.0\.0\.1:8999 .*`invoke up`"):
        run(Settings("traffic", 999), prepare(requests=5), quiet)


def test_something_else_on_the_gateways_port_is_told(lab: TinyLab) -> None:
    """Jaeger answers 404 to /healthz: no gateway."""
    elsewhere = replace(lab.settings, port_offset=lab.settings.port("jaeger") - 8000)
    with pytest.raises(UnavailableError, match="HTTP 404"):
        run(elsewhere, prepare(requests=5), quiet)


@pytest.mark.parametrize(
    "options",
    [
        {"requests": 0},
        {"requests": 100_001},
        {"concurrency": 0},
        {"concurrency": 257},
        {"rate": 0.0},
        {"rate": -1.0},
        {"rate": float("nan")},
        {"rate": 1_001.0},
        {"users": 0},
        {"scenario_name": "nope"},
    ],
)
def test_an_option_out_of_range_is_refused(options: dict[str, float]) -> None:
    """The message names the option, the value and the range."""
    with pytest.raises(UsageError, match=r"give|there are"):
        prepare(**options)  # type: ignore[arg-type]  # one option of each type at a time


def test_the_same_options_prepare_the_same_plan() -> None:
    """Requests and starts."""
    assert prepare(requests=20, rate=5, seed=4) == prepare(requests=20, rate=5, seed=4)
    assert prepare(requests=20, rate=5, seed=4) != prepare(requests=20, rate=5, seed=5)


def test_the_load_is_told_in_words() -> None:
    """As the summary shows it."""
    assert prepare(requests=1).load == "8 at a time"
    assert prepare(requests=1, rate=2.5).load == "2.5 a second, up to 256 at a time"


def test_the_mystery_query_is_forced_into_the_traces(lab: TinyLab) -> None:
    """A sampled traceparent of its own, past the cache; its trace is the one told."""
    lab.sample_every = 1_000
    trace_id = send_mystery(lab.settings)
    (received,) = lab.received
    assert received.headers["traceparent"].startswith(f"00-{trace_id}-")
    assert received.headers["traceparent"].endswith("-01")
    assert received.headers["cache-control"] == "no-cache"
    (sent,) = ledger.read(lab.settings)
    assert (sent.trace_id, sent.sampled, sent.forced) == (trace_id, True, True)
    assert send_mystery(lab.settings) != trace_id


def test_a_mystery_query_that_fails_is_an_error(lab: TinyLab) -> None:
    """With its status and where to look."""
    lab.answer = lambda _, __: (502, {})
    with pytest.raises(LabError, match=r"HTTP 502.*invoke logs"):
        send_mystery(lab.settings)


def test_a_mystery_query_whose_trace_is_lost_is_an_error(lab: TinyLab) -> None:
    """A gateway that drops its caller's context would leave nothing to profile."""
    lab.keeps_traceparent = False
    with pytest.raises(LabError, match=r"lost its caller's `traceparent`"):
        send_mystery(lab.settings)
