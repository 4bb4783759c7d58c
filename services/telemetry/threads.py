"""Marks every local span with its thread and with the CPU time that thread used meanwhile."""

import threading
import time
from collections.abc import Callable

from opentelemetry.context import Context
from opentelemetry.sdk.trace import Span, SpanProcessor

from services.telemetry import conventions

NS_PER_MS = 1_000_000


class ThreadProcessor(SpanProcessor):
    """Sets ``thread.id`` (native) at a span's start and ``tracelab.cpu_time_ms`` at its end.

    The CPU time is the thread's, so on an event loop it includes what other requests did there.
    A span that ends on another thread than it started on gets none.
    """

    def __init__(self, cpu_time_ns: Callable[[], int] = time.thread_time_ns) -> None:
        self._cpu_time_ns = cpu_time_ns

    def on_start(
        self,
        span: Span,
        parent_context: Context | None = None,  # noqa: ARG002 - a part of the interface
    ) -> None:
        thread = threading.get_native_id()
        span.set_attribute(conventions.THREAD_ID, thread)
        began_ns = self._cpu_time_ns()
        end = span.end

        def end_with_cpu_time(end_time: int | None = None) -> None:
            if span.is_recording() and threading.get_native_id() == thread:
                used_ms = (self._cpu_time_ns() - began_ns) / NS_PER_MS
                span.set_attribute(conventions.CPU_TIME_MS, round(used_ms, 3))
            end(end_time)

        # The SDK (1.45) makes attributes immutable before it calls a processor's on_end or
        # _on_ending, so the last moment to set one is just before end().
        span.end = end_with_cpu_time  # type: ignore[method-assign]
