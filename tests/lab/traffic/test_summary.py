"""What came of the traffic."""

import json
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from lab.traffic.outcome import Outcome
from lab.traffic.scenario import Request
from lab.traffic.summary import Sending, render, summarize, to_json

REQUEST = Request("Why?", "u1", 5, "gpt-4")
SENDING = Sending("steady", 1, "8 at a time", 10, 8, 1, True, 2.0)
KEYS = [
    "scenario",
    "seed",
    "load",
    "planned",
    "sent",
    "unfinished",
    "interrupted",
    "duration_s",
    "not_sent",
    "ok",
    "failed",
    "errors",
    "per_second",
    "cached",
    "cached_share",
    "sampled",
    "sampled_share",
    "latency_ms",
    "uncached_latency_ms",
]


def outcome(latency_ms: float, **more: Any) -> Outcome:
    """A good answer, unless told otherwise."""
    return Outcome(REQUEST, 0.0, latency_ms, latency_ms, **{"status": 200, **more})


OUTCOMES = (
    outcome(100.0, sampled=True),
    outcome(200.0, sampled=False),
    outcome(300.0, sampled=False),
    outcome(10.0, sampled=False, cached=True),
    outcome(5.0, status=502, error="HTTP 502", sampled=False),
    outcome(6.0, status=502, error="HTTP 502"),
    outcome(60_000.0, status=None, error="timeout"),
)


def shown(width: int = 80) -> str:
    """The summary as a terminal shows it."""
    console = Console(width=width, color_system=None)
    with console.capture() as captured:
        console.print(render(summarize(SENDING, OUTCOMES)))
    return captured.get()


def test_each_request_is_counted_once() -> None:
    """Good, failed, without an answer or never sent: together they are the plan."""
    told = to_json(summarize(SENDING, OUTCOMES))
    assert told["ok"] + told["failed"] + told["unfinished"] == told["sent"]
    assert told["sent"] + told["not_sent"] == told["planned"]
    assert told["errors"] == {"HTTP 502": 2, "timeout": 1}
    assert told["per_second"] == pytest.approx(2.0)


def test_latencies_are_those_of_good_answers() -> None:
    """A timeout's 60 s and a refusal's 5 ms would tell of something else."""
    summary = summarize(SENDING, OUTCOMES)
    assert summary.latency is not None
    assert summary.uncached is not None
    assert (summary.latency.count, summary.latency.max_ms) == (4, 300.0)
    assert (summary.uncached.count, summary.uncached.p50_ms) == (3, 200.0)


def test_shares_are_of_those_that_could_have_been() -> None:
    """Cached of the good answers, sampled of those that told."""
    told = to_json(summarize(SENDING, OUTCOMES))
    assert told["cached_share"] == pytest.approx(1 / 4)
    assert told["sampled_share"] == pytest.approx(1 / 5)


def test_forced_requests_are_no_sample() -> None:
    """They say nothing about how many the sampler keeps."""
    forced = [replace(one, forced=True) for one in OUTCOMES]
    assert to_json(summarize(SENDING, forced))["sampled_share"] is None


def test_the_documents_keys_are_stable() -> None:
    """Programs read them, whatever happened."""
    assert sorted(to_json(summarize(SENDING, OUTCOMES))) == sorted(KEYS)
    nothing = to_json(summarize(replace(SENDING, duration_s=0.0), ()))
    assert sorted(nothing) == sorted(KEYS)
    assert nothing["latency_ms"] is None
    assert json.loads(json.dumps(nothing)) == nothing


def test_the_summary_fits_eighty_columns() -> None:
    """It tells counts, errors and percentiles without a cut."""
    text = shown()
    assert max(map(len, text.splitlines())) <= 80
    assert "8 of 10, interrupted, 1 without an answer" in text
    assert "3: 2 x HTTP 502, 1 x timeout" in text
    assert "p50 150" in text
    assert "1 of 5 requests (20.0%)" in text
