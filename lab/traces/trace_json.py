"""A trace as the JSON document of `invoke trace --json`."""

from datetime import UTC, datetime
from typing import Any

from lab.traces import datadog, jaeger
from lab.traces.critical_path import critical_path, critical_self_time_us, self_time_us
from lab.traces.folding import slowest_span
from lab.traces.spans import Span, Trace
from lab.traces.stages import stages

US_PER_MS = 1000


def to_json(trace: Trace, jaeger_url: str, datadog_ui_url: str) -> dict[str, Any]:
    """All of the trace with what was found out about it. Times are milliseconds.

    `{trace_id, trace_url, datadog_url, start, duration_ms, services, stages: [{name, duration_ms,
    share}], slowest_span: {span_id, name, service, duration_ms, self_ms, share, ahead_of_next_ms,
    next_span_id}, critical_path: [{span_id, name, service, start_ms, duration_ms}], spans:
    [{span_id, parent_id, name, service, kind, start_ms, duration_ms, self_ms, critical_ms,
    is_error, attributes}]}`. `start` is the root's, in UTC, and `start_ms` counts from there; a
    span's `self_ms` is without any child, `critical_ms` the part of it that the request
    waited for. The slowest span's `self_ms` has its own client calls folded in (folding.py).
    """
    root = trace.root
    return {
        "trace_id": trace.trace_id,
        "trace_url": jaeger.trace_url(jaeger_url, trace.trace_id),
        "datadog_url": datadog.trace_url(datadog_ui_url, trace.trace_id),
        "start": datetime.fromtimestamp(root.start_us / 1e6, UTC).isoformat(),
        "duration_ms": root.duration_ms,
        "services": sorted({span.service for span in trace.spans}),
        "stages": [
            {
                "name": stage.name,
                "duration_ms": stage.duration_us / US_PER_MS,
                "share": stage.share,
            }
            for stage in stages(trace)
        ],
        "slowest_span": _slowest(trace),
        "critical_path": _path(trace),
        "spans": _spans(trace),
    }


def _slowest(trace: Trace) -> dict[str, Any]:
    ranked = slowest_span(trace)
    return {
        **_identity(ranked.span),
        "duration_ms": ranked.span.duration_ms,
        "self_ms": ranked.critical_self_us / US_PER_MS,
        "share": ranked.share,
        "ahead_of_next_ms": ranked.ahead_of_next_us / US_PER_MS,
        "next_span_id": ranked.next_span.span_id if ranked.next_span else None,
    }


def _path(trace: Trace) -> list[dict[str, Any]]:
    began_us = trace.root.start_us
    return [
        {
            **_identity(segment.span),
            "start_ms": (segment.start_us - began_us) / US_PER_MS,
            "duration_ms": segment.duration_us / US_PER_MS,
        }
        for segment in critical_path(trace)
    ]


def _spans(trace: Trace) -> list[dict[str, Any]]:
    own_us, critical_us = self_time_us(trace), critical_self_time_us(trace)
    return [
        {
            **_identity(span),
            "parent_id": span.parent_id,
            "kind": span.kind,
            "start_ms": (span.start_us - trace.root.start_us) / US_PER_MS,
            "duration_ms": span.duration_ms,
            "self_ms": own_us[span.span_id] / US_PER_MS,
            "critical_ms": critical_us[span.span_id] / US_PER_MS,
            "is_error": span.is_error,
            "attributes": dict(span.attributes),
        }
        for span in trace.spans
    ]


def _identity(span: Span) -> dict[str, Any]:
    return {"span_id": span.span_id, "name": span.name, "service": span.service}
