"""What a trace says about one span."""

from dataclasses import replace

import pytest

from lab.traces import facts as all_facts
from lab.traces.facts import Calls, Facts
from lab.traces.spans import Span, Trace
from tests.lab.literal_traces import MS, T0_US, many_selects, mystery, named, span


def facts(trace: Trace, span: Span) -> Facts:
    """Those of one span."""
    return next(one for one in all_facts.facts(trace) if one.span is span)


def test_a_waiting_span_tells_its_call_and_its_cpu_time() -> None:
    """openai.generate's own time includes its call; the call's peer and length are told."""
    trace = mystery()
    found = facts(trace, named(trace, "openai.generate"))
    assert (found.self_us, found.cpu_us) == (3_500_000, 14_000)
    assert found.calls[0] == Calls(
        ("chat gpt-4", "POST"),
        "providers",
        statement="",
        count=1,
        errors=0,
        own_us=3_492_000,
        extent_us=3_492_000,
        is_answered=False,
    )


def test_application_children_are_not_own_time() -> None:
    """A server span's own stretches are those before, between and after its children."""
    trace = mystery()
    found = facts(trace, named(trace, "POST /generate"))
    stretches = [((a - T0_US) / MS, (b - T0_US) / MS) for a, b in found.own]
    assert stretches == [(615, 620), (640, 650), (4150, 4185)]
    assert found.calls == ()


def test_a_call_to_a_traced_service_is_own_time_only_where_that_one_is_not_at_work() -> None:
    """Of gateway's `generate` only what the generator's span doesn't cover is its own."""
    trace = mystery()
    found = facts(trace, named(trace, "generate"))
    assert found.self_us == 10_000
    assert [(calls.own_us, calls.is_answered) for calls in found.calls] == [(6_000, True)]


def test_cpu_time_of_children_on_the_same_thread_is_taken_off() -> None:
    """The thread's CPU time covers everything on that thread; a child elsewhere keeps its own."""
    parent = span("01", None, "POST /query", "gateway", (0, 100), cpu_ms=60)
    same = span("02", "01", "cache", "gateway", (10, 50), cpu_ms=25)
    other = span("03", "01", "score", "gateway", (50, 90), cpu_ms=40, thread=2)
    assert facts(Trace.of([parent, same, other]), parent).cpu_us == pytest.approx(35_000)


def test_cpu_time_that_can_not_be_told_is_none() -> None:
    """Neither a span without the attribute nor one with such a child has a known CPU time."""
    parent = span("01", None, "POST /query", "gateway", (0, 100), cpu_ms=60)
    child = span("02", "01", "cache", "gateway", (10, 50))
    trace = Trace.of([parent, child])
    assert facts(trace, parent).cpu_us is None
    assert facts(trace, child).cpu_us is None


def test_calls_that_differ_in_literals_only_are_alike() -> None:
    """Fifty SELECTs by id are one group of fifty; another statement is another group."""
    trace = many_selects(50, other_ms=40)
    groups = facts(trace, named(trace, "load_passages")).calls
    assert [(calls.count, calls.own_us) for calls in groups] == [(50, 300_000), (1, 40_000)]
    assert groups[0].extent_us == 49 * 8_000 + 6_000
    assert groups[0].statement == "SELECT text FROM passages WHERE rowid=?"


def test_calls_that_fail_are_counted() -> None:
    """An error status counts, and so does an HTTP status of 400 and more."""
    parent = span("01", None, "openai.generate", "generator", (0, 100))
    tries = [
        span(
            "02", "01", "POST", "generator", (0, 20), kind="client", http__response__status_code=429
        ),
        span(
            "03",
            "01",
            "POST",
            "generator",
            (30, 50),
            kind="client",
            http__response__status_code=200,
        ),
        replace(span("04", "01", "POST", "generator", (60, 80), kind="client"), is_error=True),
    ]
    groups = facts(Trace.of([parent, *tries]), parent).calls
    assert [(calls.count, calls.errors) for calls in groups] == [(3, 2)]


def test_a_client_span_made_by_hand_is_its_own_call() -> None:
    """pinecone.query without an instrumented call inside still tells that it waits outside."""
    trace = mystery()
    found = facts(trace, named(trace, "pinecone.query"))
    assert [(calls.path, calls.own_us) for calls in found.calls] == [(("pinecone.query",), 140_000)]
