"""Which span of a trace the code that runs now works for."""

from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import Span, SpanKind

from services.telemetry import conventions


class Owners:
    """Names the innermost span that the application made, of one trace, in one process.

    The client spans of instrumented libraries count as the span they are in.
    """

    def __init__(self, trace_id: str) -> None:
        self._trace_id = int(trace_id, 16)
        # The span is kept with its name, so that its id isn't taken by a later one.
        self._by_object: dict[int, tuple[Span, str]] = {}
        self._by_span_id: dict[int, str] = {}
        self._outermost = ""

    def current(self) -> str | None:
        """The span of the current context. None where that belongs to another trace or to none."""
        return self.of(trace.get_current_span())

    def of(self, span: Span) -> str | None:
        known = self._by_object.get(id(span))
        if known is not None:
            return known[1]
        context = span.get_span_context()
        if context.trace_id != self._trace_id:
            return None
        name = self._name(span)
        self._outermost = self._outermost or name
        self._by_object[id(span)] = span, name
        self._by_span_id[context.span_id] = name
        return name

    def _name(self, span: Span) -> str:
        if not isinstance(span, ReadableSpan):
            return self._outermost
        if span.kind is not SpanKind.CLIENT or span.name in conventions.APPLICATION:
            return span.name
        parent = span.parent.span_id if span.parent else 0
        return self._by_span_id.get(parent, self._outermost or span.name)
