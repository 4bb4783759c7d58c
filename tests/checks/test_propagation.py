"""Checkpoint 5: context crosses every process boundary."""

from dataclasses import replace

import pytest

from checks.propagation import judge
from checks.window import Window
from lab.traces.spans import Span, Trace
from tests.checks.literal import (
    NOW_S,
    cached,
    changed,
    lost,
    only,
    queries,
    query,
    trace_id,
    without,
)

WINDOW = Window.before(NOW_S)


def test_whole_queries_pass() -> None:
    """Whole and cached queries pass and are counted."""
    found = judge((*queries(11), cached(50)), WINDOW)
    assert found.passed
    assert "11 of 11 uncached queries since the lab started are whole" in found.evidence


def test_a_forced_query_passes() -> None:
    """The entry of a forced query has a parent that is in no trace, by design."""
    forced = changed(query(), lambda s: replace(s, parent_id="ff") if s.span_id == "01" else s)
    assert judge((forced,), WINDOW).passed


def test_an_orphan_fails() -> None:
    """A span whose parent never arrived makes an orphan, which is named."""
    found = judge((*queries(5), lost(query(50), "POST /generate")), WINDOW)
    assert not found.passed
    assert "2 orphan spans in 1 traces, as serialize_prompt of generator" in found.evidence


def test_a_service_that_starts_its_own_traces_fails() -> None:
    """A generator that drops traceparent: the query lacks it, and its traces begin elsewhere."""
    halves = [without(query(n), "POST /generate") for n in range(1, 6)]
    strays = [
        changed(
            only(query(n), ["generator"]),
            lambda s: replace(s, parent_id=None if s.name == "POST /generate" else s.parent_id),
        )
        for n in range(6, 9)
    ]
    found = judge((*halves, *strays), WINDOW)
    assert not found.passed
    assert "3 traces begin elsewhere than in the gateway" in found.evidence
    assert "POST /generate of generator" in found.evidence
    assert "5 traces have no server span of another process below generate" in found.evidence


@pytest.mark.parametrize("piece", ["load_passages", "POST /rerank", "openai.generate"])
def test_a_piece_of_a_query_in_a_trace_of_its_own_fails(piece: str) -> None:
    """Context lost within a process, as in another thread, makes a trace of one span."""
    alone = changed(
        Trace.of(span for span in query(50).spans if span.name == piece),
        lambda s: replace(s, parent_id=None),
    )
    found = judge((*queries(5), alone), WINDOW)
    assert not found.passed
    assert f"with {piece} of" in found.evidence


def test_what_a_service_does_on_its_own_is_no_lost_piece() -> None:
    """A span of the service's start, with no parent and no name of the contract, is let be."""
    connect = Span(trace_id(99), "01", None, "connect", "retriever", "client", 0, 10)
    own = replace(connect, start_us=query(1).root.start_us)
    assert judge((*queries(5), Trace.of([own])), WINDOW).passed


@pytest.mark.parametrize(
    ("lost_span", "stage"),
    [("POST /retrieve", "retrieve"), ("POST /rerank", "rerank"), ("POST /generate", "generate")],
)
def test_each_boundary_is_looked_at(lost_span: str, stage: str) -> None:
    """A missing server span is noticed on every one of the three calls."""
    found = judge((*queries(5), without(query(50), lost_span)), WINDOW)
    assert not found.passed
    assert f"below {stage}" in found.evidence


def test_a_stage_that_failed_may_lack_its_callee() -> None:
    """A call refused by a service that is down has no server span to show."""
    refused = changed(
        without(query(50), "POST /generate"),
        lambda s: replace(s, is_error=s.name == "generate"),
    )
    assert judge((*queries(5), refused), WINDOW).passed


def test_two_entries_in_one_trace_fail() -> None:
    """A trace id used by two requests is no trace of one query."""
    twin = replace(query(50).root, span_id="f1")
    both = replace(query(50), spans=(*query(50).spans, twin))
    found = judge((both,), WINDOW)
    assert not found.passed
    assert "1 orphan spans in 1 traces, as POST /query of gateway" in found.evidence


def test_nothing_to_look_at_fails() -> None:
    """Without an uncached query nothing has crossed a boundary."""
    for traces in ((), (cached(),), (query(ago_s=4),)):
        found = judge(traces, WINDOW)
        assert not found.passed
        assert found.fix == "invoke traffic --scenario cold --requests 100"


def test_what_is_still_arriving_is_not_called_an_orphan() -> None:
    """Spans whose parents leave their process in the next batch are waited for."""
    assert judge((*queries(5), lost(query(50, ago_s=6), "POST /generate")), WINDOW).passed
