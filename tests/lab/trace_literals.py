"""Traces written down by hand, and the same as Jaeger's JSON."""

import random
from collections.abc import Mapping
from typing import Any

from lab.traces.spans import AttributeValue, Span, Trace

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
BEGAN_US = 1_762_000_000_000_000


def span(
    span_id: str,
    parent_id: str | None,
    start_us: int,
    end_us: int,
    *,
    name: str | None = None,
    service: str = "gateway",
    kind: str = "internal",
    attributes: Mapping[str, AttributeValue] | None = None,
    is_error: bool = False,
    trace_id: str = TRACE_ID,
) -> Span:
    """A span by its offsets from the beginning; it is called as its id unless told otherwise."""
    return Span(
        trace_id=trace_id,
        span_id=span_id,
        parent_id=parent_id,
        name=name or span_id,
        service=service,
        kind=kind,
        start_us=BEGAN_US + start_us,
        duration_us=end_us - start_us,
        attributes=attributes or {},
        is_error=is_error,
    )


def trace(*spans: Span) -> Trace:
    """The trace of these spans."""
    return Trace.of(spans)


def query(trace_id: str = TRACE_ID, user_id: str = "u7", began_us: int = 0) -> Trace:
    """A whole query over three services, 4,203 ms long, and most of it the provider's time."""

    def at(
        span_id: str, parent_id: str, start_ms: float, end_ms: float, name: str, **more: Any
    ) -> Span:
        start_us, end_us = began_us + int(start_ms * 1000), began_us + int(end_ms * 1000)
        return span(span_id, parent_id, start_us, end_us, name=name, trace_id=trace_id, **more)

    told = {"user_id": user_id, "cost_usd": 0.0807}
    provider = {"server.address": "providers"}
    return trace(
        at("01", "fe", 0, 4203, "POST /query", kind="server", attributes=told),
        at("02", "01", 1, 183, "retrieve"),
        at("03", "02", 2, 182, "POST", kind="client", attributes={"server.address": "retriever"}),
        at("04", "03", 4, 180, "POST /retrieve", service="retriever", kind="server"),
        at("05", "04", 5, 125, "pinecone.query", service="retriever"),
        at("06", "01", 184, 607, "rerank"),
        at("07", "06", 187, 605, "score", service="retriever"),
        at("08", "01", 608, 4180, "generate"),
        at("09", "08", 612, 4170, "openai.generate", service="generator"),
        at("0a", "09", 620, 4120, "POST", service="generator", kind="client", attributes=provider),
        at("0b", "01", 4185, 4200, "cache"),
    )


def random_trace(seed: int) -> Trace:
    """Up to 60 spans below random parents, at random and often impossible times."""
    rng = random.Random(seed)  # noqa: S311 - must be repeatable
    spans = [span("0", rng.choice([None, "gone"]), 0, rng.randint(0, 5_000))]
    for number in range(1, rng.randint(2, 60)):
        start_us = rng.randint(-1_000, 5_000)
        end_us = start_us + rng.choice([0, rng.randint(0, 200), rng.randint(0, 6_000)])
        parent_id = rng.choice(["gone", *(one.span_id for one in spans)])
        service = rng.choice(["gateway", "retriever", "generator"])
        spans.append(span(str(number), parent_id, start_us, end_us, service=service))
    return trace(*spans)


def jaeger_json(trace: Trace) -> dict[str, Any]:
    """The trace as an element of ``data`` in Jaeger's answer."""
    services = sorted({one.service for one in trace.spans})
    return {
        "traceID": trace.trace_id,
        "processes": {
            f"p{number}": {"serviceName": service, "tags": _tags(_resource(trace, service))}
            for number, service in enumerate(services)
        },
        "spans": [_span_json(one, f"p{services.index(one.service)}") for one in trace.spans],
        "warnings": None,
    }


def _span_json(told: Span, process_id: str) -> dict[str, Any]:
    parent = {"refType": "CHILD_OF", "traceID": told.trace_id, "spanID": told.parent_id}
    tags = {**told.attributes, "span.kind": told.kind, **({"error": True} if told.is_error else {})}
    return {
        "traceID": told.trace_id,
        "spanID": told.span_id,
        "operationName": told.name,
        "references": [parent] if told.parent_id else [],
        "startTime": told.start_us,
        "duration": told.duration_us,
        "tags": _tags(tags),
        "logs": [
            {"timestamp": event.time_us, "fields": _tags({"event": event.name, **event.attributes})}
            for event in told.events
        ],
        "processID": process_id,
        "warnings": None,
    }


def _resource(trace: Trace, service: str) -> Mapping[str, AttributeValue]:
    return next(one.resource for one in trace.spans if one.service == service)


def _tags(told: Mapping[str, AttributeValue]) -> list[dict[str, Any]]:
    types = {str: "string", bool: "bool", int: "int64", float: "float64"}
    return [{"key": k, "type": types[type(v)], "value": v} for k, v in told.items()]
