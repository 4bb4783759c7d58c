"""Waiting for the replays' traces."""

import pytest

from lab.errors import LabError
from lab.measure.collect import TIMEOUT_S, collect, whole
from lab.traces.spans import Trace
from tests.lab.literal_traces import mystery


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def read(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds


def test_a_trace_is_taken_once_it_is_whole() -> None:
    """Jaeger is asked again until every service's spans are there, without gaps."""
    every = mystery()
    gateway_only = Trace.of(s for s in every.spans if s.service == "gateway")
    gappy = Trace.of(s for s in every.spans if s.name != "POST /generate")
    answers = [None, gateway_only, gappy, every]
    clock = Clock()
    found = collect(
        lambda _: answers.pop(0),
        ["x"],
        whole(("gateway", "retriever", "generator")),
        clock=clock.read,
        sleep=clock.sleep,
    )
    assert found == (every,)
    assert answers == []


def test_a_trace_that_never_comes_is_an_error() -> None:
    """After the time limit the missing trace is named."""
    clock = Clock()
    with pytest.raises(LabError, match="trace x of a replay isn't there in Jaeger"):
        collect(lambda _: None, ["x"], lambda _: True, clock=clock.read, sleep=clock.sleep)
    assert clock.now_s >= TIMEOUT_S
