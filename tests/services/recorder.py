"""Finished spans in memory."""

import threading

from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor


class Recorder(SpanProcessor):
    """Keeps sampled spans. A server's span ends a moment after its caller has the answer."""

    def __init__(self) -> None:
        self._open = 0
        self._changed = threading.Condition()
        self._finished: list[ReadableSpan] = []

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002
        with self._changed:
            self._open += 1

    def on_end(self, span: ReadableSpan) -> None:
        with self._changed:
            self._open -= 1
            self._finished.append(span)
            self._changed.notify_all()

    def clear(self) -> None:
        self.finished()
        self._finished.clear()

    def finished(self) -> list[ReadableSpan]:
        """All spans in order of their start, once none is open."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._open == 0, 10), "a span stays open"
            return sorted(self._finished, key=lambda span: span.start_time or 0)

    def by_name(self) -> dict[str, list[ReadableSpan]]:
        """The same by their names."""
        named: dict[str, list[ReadableSpan]] = {}
        for span in self.finished():
            named.setdefault(span.name, []).append(span)
        return named
