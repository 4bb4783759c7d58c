"""The warm-up against a gateway and a Jaeger on loopback."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lab.errors import LabError, UnavailableError
from lab.settings import PORTS, Settings
from lab.traffic import ledger, scenario
from lab.traffic.warmup import Bounds, warm_up
from tests.lab.tiny_lab import TinyLab, tiny_lab

QUICK = Bounds(min_requests=30, max_requests=60, settle_s=0.0, arrival_timeout_s=0.5, concurrency=4)


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ledger goes to a folder of the test's own."""
    monkeypatch.setattr("lab.settings.ROOT", tmp_path)


@pytest.fixture
def lab() -> Iterator[TinyLab]:
    """A lab that samples every tenth query."""
    with tiny_lab("warmup") as running:
        yield running


def quiet(message: str) -> None:
    """Progress that nobody watches."""


def test_it_sends_until_enough_is_sampled_then_the_mystery(lab: TinyLab) -> None:
    """Jaeger holds the traces that were wanted and the mystery's, which comes last."""
    mystery = warm_up(lab.settings, quiet, want_traces=4, bounds=QUICK)
    ids = [trace.trace_id for trace in lab.jaeger.traces]
    assert ids[-1] == mystery
    assert len(ids) >= 5
    assert 40 <= len(lab.received) - 1 <= 44
    assert lab.received[-1].body == scenario.mystery().body()


def test_it_sends_enough_to_tell_the_sampling_ratio(lab: TinyLab) -> None:
    """However soon enough is sampled, the least number of requests is sent."""
    lab.sample_every = 1
    warm_up(lab.settings, quiet, want_traces=4, bounds=QUICK)
    assert 30 <= len(lab.received) - 1 <= 33


def test_only_repeats_may_come_from_the_cache(lab: TinyLab) -> None:
    """An answer cached by an earlier warm-up would leave a trace without stages."""
    warm_up(lab.settings, quiet, want_traces=2, bounds=QUICK)
    asked: set[str] = set()
    for one in lab.received:
        if one.headers.get("cache-control") != "no-cache":
            assert one.body["question"] in asked
        asked.add(one.body["question"])


def test_progress_is_told(lab: TinyLab) -> None:
    """How many requests, how many traces, then the mystery and Jaeger."""
    told: list[str] = []
    warm_up(lab.settings, told.append, want_traces=2, bounds=QUICK)
    assert told[0] == "1 requests answered, 0 of 2 traces sampled"
    assert "sending the mystery query" in told


def test_a_warm_lab_is_left_as_it_is(lab: TinyLab) -> None:
    """The second time nothing is sent, and the same mystery is told."""
    first = warm_up(lab.settings, quiet, want_traces=3, bounds=QUICK)
    before = len(lab.received)
    assert warm_up(lab.settings, quiet, want_traces=3, bounds=QUICK) == first
    assert len(lab.received) == before


def test_a_lab_that_was_restarted_is_warmed_up_again(lab: TinyLab) -> None:
    """What was sent before `since_s` tells nothing of the services that run now."""
    warm_up(lab.settings, quiet, want_traces=3, bounds=QUICK)
    before = len(lab.received)
    since_s = ledger.read(lab.settings)[-1].time_s + 0.001
    warm_up(lab.settings, quiet, want_traces=3, since_s=since_s, bounds=QUICK)
    assert len(lab.received) >= before + 30


def test_a_lab_that_samples_nothing_is_an_error(lab: TinyLab) -> None:
    """After a bounded number of requests, with what to look at."""
    lab.sample_every = 10_000
    with pytest.raises(LabError, match=r"only 0 of 60 requests were sampled.*invoke checklist"):
        warm_up(lab.settings, quiet, want_traces=3, bounds=QUICK)
    assert len(lab.received) == 60


def test_a_lab_that_fails_is_an_error_soon(lab: TinyLab) -> None:
    """Ten failures are enough."""
    lab.answer = lambda _, __: (502, {})
    with pytest.raises(LabError, match=r"x HTTP 502\).*invoke logs"):
        warm_up(lab.settings, quiet, want_traces=3, bounds=QUICK)
    assert len(lab.received) <= 14


def test_time_is_bounded(lab: TinyLab) -> None:
    """A lab that crawls doesn't keep `invoke up` for ever."""
    lab.delay_s = 0.05
    with pytest.raises(LabError, match="were sampled"):
        warm_up(lab.settings, quiet, bounds=replace(QUICK, max_sending_s=0.2))
    assert len(lab.received) < 30


def test_traces_that_never_arrive_are_an_error(lab: TinyLab) -> None:
    """Sampled, says the gateway, but Jaeger has none."""
    lab.exports = False
    with pytest.raises(LabError, match=r"0 of \d+ sampled traces arrived.*invoke checklist"):
        warm_up(lab.settings, quiet, want_traces=2, bounds=QUICK)


def test_without_jaeger_nothing_is_sent(lab: TinyLab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Better told before the traffic than after it."""
    monkeypatch.setitem(PORTS, "jaeger", 1 - lab.settings.port_offset)
    with pytest.raises(UnavailableError, match="Jaeger"):
        warm_up(lab.settings, quiet, bounds=QUICK)
    assert lab.received == []


def test_without_a_gateway_it_is_unavailable() -> None:
    """And says what starts the lab."""
    with pytest.raises(UnavailableError, match="`invoke up`"):
        warm_up(Settings("warmup", 998), quiet, bounds=QUICK)
