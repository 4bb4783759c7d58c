"""The span model."""

import pytest

from lab.traces.spans import Span, Trace


def span(span_id: str, parent_id: str | None, start_us: int, duration_us: int) -> Span:
    """A span of the trace "t"."""
    return Span("t", span_id, parent_id, span_id, "gateway", "internal", start_us, duration_us)


def test_a_trace_knows_its_tree() -> None:
    """Children come in order of start, and the root is the span without a parent."""
    trace = Trace.of(
        [span("late", "root", 50, 10), span("root", None, 0, 100), span("early", "root", 5, 10)]
    )
    assert trace.root.span_id == "root"
    assert [child.span_id for child in trace.children(trace.root)] == ["early", "late"]
    assert trace.children(trace.by_id["late"]) == ()


def test_a_lost_parent_makes_another_root() -> None:
    """A span whose parent is not in the trace is a root of its own; the longest is the request."""
    trace = Trace.of([span("root", "caller", 0, 100), span("orphan", "lost", 10, 20)])
    assert {found.span_id for found in trace.roots} == {"root", "orphan"}
    assert trace.root.span_id == "root"


def test_spans_of_two_traces_are_refused() -> None:
    """A trace is made of spans of exactly one trace id."""
    other = Span("u", "x", None, "x", "gateway", "internal", 0, 1)
    with pytest.raises(ValueError, match="exactly one trace id"):
        Trace.of([span("root", None, 0, 1), other])
