"""Traces for the trace pages' tests, begun a minute ago."""

import time
from dataclasses import replace

from lab.traces.spans import AttributeValue, Event, Span, Trace
from tests.lab.trace_literals import BEGAN_US, query, span, trace

MINUTE_US = 60_000_000


def recent(made: Trace, trace_id: str | None = None, ago_us: int = MINUTE_US) -> Trace:
    """The same trace, begun so long ago; under another id if one is given."""
    later_us = time.time_ns() // 1000 - ago_us - BEGAN_US
    return Trace.of(_moved(one, later_us, trace_id or made.trace_id) for one in made.spans)


def slow_query(ago_us: int = MINUTE_US) -> Trace:
    """A query of 4.2 s for user u4217."""
    return recent(query(user_id="u4217"), "a" * 32, ago_us)


def quick_query() -> Trace:
    """A query of 203 ms for user u7, older than the slow one."""
    return recent(
        trace(
            span("01", None, 0, 203_000, name="POST /query", attributes={"user_id": "u7"}),
            span("02", "01", 1_000, 183_000, name="retrieve"),
            span("05", "02", 2_000, 123_000, name="pinecone.query", service="retriever"),
        ),
        "b" * 32,
        2 * MINUTE_US,
    )


def failed_query() -> Trace:
    """A query whose database was locked; one of its spans lost its parent."""
    locked = span("03", "02", 20_000, 30_000, name="SELECT passages", service="retriever")
    told: dict[str, AttributeValue] = {
        "otel.status_description": "database is locked",
        "html": "<b>not</b> markup",
        "http.response.status_code": 500,
    }
    thrown = Event(
        locked.start_us + 9_000,
        "exception",
        {
            "exception.type": "OperationalError",
            "exception.message": "database is locked",
            "exception.stacktrace": "at f\n  at g",
        },
    )
    failed = replace(locked, attributes=told, events=(thrown,), is_error=True)
    return recent(
        trace(
            span("01", None, 0, 50_000, name="POST /query", kind="server"),
            span("02", "01", 10_000, 40_000, name="retrieve"),
            failed,
            span("09", "gone", 41_000, 42_000, name="lost", service="generator"),
        ),
        "c" * 32,
    )


def large_trace(groups: int = 20, of: int = 98) -> Trace:
    """A trace of 2,001 spans: groups of reads one after another."""
    spans = [span("r", None, 0, groups * 400_000, name="POST /query")]
    for group in range(groups):
        began_us = group * 400_000
        spans.append(
            span(f"a{group}", "r", began_us, began_us + 390_000, name=f"group {group}"),
        )
        spans.append(
            span(
                f"b{group}",
                f"a{group}",
                began_us + 1_000,
                began_us + 389_000,
                name="POST /work",
                service="retriever",
            )
        )
        spans += [
            span(
                f"c{group:02}{number:03}",
                f"b{group}",
                began_us + 2_000 + number * 3_900,
                began_us + 5_000 + number * 3_900,
                name=f"read {group}-{number}",
                service="retriever",
            )
            for number in range(of)
        ]
    return recent(trace(*spans), "d" * 32)


def _moved(one: Span, later_us: int, trace_id: str) -> Span:
    events = tuple(replace(event, time_us=event.time_us + later_us) for event in one.events)
    resource: dict[str, AttributeValue] = {"process.pid": 7, "container.id": "f" * 64}
    return replace(
        one,
        trace_id=trace_id,
        start_us=one.start_us + later_us,
        events=events,
        resource=resource,
    )
