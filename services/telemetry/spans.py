"""Spans of our own, for what no instrumentation sees: each in both tracers, under one name."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind

Value = str | int | float | bool

_otel = trace.get_tracer("tracelab")


class BothSpans:
    """One piece of work as both tracers see it. Either may not be recording it."""

    def __init__(self, otel: Span, datadog: Any = None) -> None:
        self._otel = otel
        self._datadog = datadog

    @property
    def is_sampled(self) -> bool:
        return self._otel.get_span_context().trace_flags.sampled

    @property
    def trace_id(self) -> str:
        """32 hex digits, all zero where OpenTelemetry is off."""
        return trace.format_trace_id(self._otel.get_span_context().trace_id)

    def set(self, attributes: Mapping[str, Value]) -> None:
        """Set attributes on both; where nothing records, nothing happens."""
        if not self._otel.is_recording():
            return
        for name, value in attributes.items():
            self._otel.set_attribute(name, value)
            if self._datadog is not None:
                self._datadog.set_tag(name, value)


def current() -> BothSpans:
    """The innermost open spans of this context."""
    tracer = _datadog_tracer()
    return BothSpans(trace.get_current_span(), tracer.current_span() if tracer else None)


@contextmanager
def span(
    name: str,
    attributes: Mapping[str, Value] | None = None,
    kind: SpanKind = SpanKind.INTERNAL,
) -> Iterator[BothSpans]:
    """Open a span around a block. An exception that leaves the block marks it as failed."""
    with _otel.start_as_current_span(name, kind=kind, attributes=attributes) as otel:
        tracer = _datadog_tracer() if otel.is_recording() else None
        if tracer is None or tracer.current_span() is None:
            yield BothSpans(otel)
            return
        with tracer.trace(name) as datadog:
            datadog.set_tag("span.kind", kind.name.lower())
            datadog.set_tags(dict(attributes or {}))
            yield BothSpans(otel, datadog)


def _datadog_tracer() -> Any:
    # Loaded only where ddtrace-run started the process: importing it here would start its parts.
    module = sys.modules.get("ddtrace.trace")
    return module.tracer if module else None
