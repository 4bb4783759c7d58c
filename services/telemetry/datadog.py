"""ddtrace beside OpenTelemetry in one process: the same trace ids, the same traces kept.

OpenTelemetry decides. For every request it traces, ddtrace is given OpenTelemetry's 128-bit trace
id and its decision as a sampling priority. Of a caller's Datadog headers only the parent span is
taken, and only if they speak of the same trace: a foreign header can neither keep a trace nor tie
it to another one. Import this only in a process that `ddtrace-run` started.
"""

import re
from collections.abc import Iterable
from typing import Any

from ddtrace import config
from ddtrace.constants import USER_KEEP
from ddtrace.contrib.asgi import TraceMiddleware
from ddtrace.trace import Context, Span, TraceFilter, tracer
from opentelemetry import trace
from starlette.types import ASGIApp, Receive, Scope, Send

TRACE_ID_HEADER = b"x-datadog-trace-id"
PARENT_ID_HEADER = b"x-datadog-parent-id"
LOW_64_BITS = (1 << 64) - 1
NUMBER = re.compile(rb"[0-9]{1,20}")
# The command with its values: a query that is kept for replay, a part of an answer.
REDIS_COMMAND_TAG = "redis.raw_command"


def parent_span_id(headers: Iterable[tuple[bytes, bytes]], trace_id: int) -> int | None:
    """The caller's Datadog span, if its headers name it, once, and as part of ``trace_id``.

    ``trace_id`` is OpenTelemetry's, 128 bits; Datadog's header carries the lower 64 of them.
    """
    named: dict[bytes, list[bytes]] = {TRACE_ID_HEADER: [], PARENT_ID_HEADER: []}
    for name, value in headers:
        if (values := named.get(name.lower())) is not None:
            values.append(value)
    if _only_number(named[TRACE_ID_HEADER]) != trace_id & LOW_64_BITS:
        return None
    parent = _only_number(named[PARENT_ID_HEADER])
    return parent if parent and parent <= LOW_64_BITS else None


def _only_number(values: list[bytes]) -> int | None:
    return int(values[0]) if len(values) == 1 and NUMBER.fullmatch(values[0]) else None


class DatadogMiddleware:
    """Opens ddtrace's server span inside OpenTelemetry's. ASGI; needs a server span around it."""

    def __init__(self, app: ASGIApp) -> None:
        config.asgi["distributed_tracing"] = False
        config.asgi["request_span_name"] = "fastapi.request"
        self._app = app
        self._traced: ASGIApp = TraceMiddleware(app)  # type: ignore[no-untyped-call]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        decided = trace.get_current_span().get_span_context()
        if scope["type"] != "http" or not decided.trace_flags.sampled:
            await self._app(scope, receive, send)
            return
        context = Context(
            trace_id=decided.trace_id,
            span_id=parent_span_id(scope["headers"], decided.trace_id),
            sampling_priority=USER_KEEP,
        )
        tracer.context_provider.activate(context)
        await self._traced(scope, receive, send)


class KeepSampled(TraceFilter):
    """Lets only what OpenTelemetry keeps go to the agent, and no value of a Redis command.

    Without it rejected traces are sent too, marked as such, and so are spans outside of a request.
    """

    def process_trace(self, trace: list[Span]) -> list[Span] | None:
        if not trace or trace[0].context.sampling_priority != USER_KEEP:
            return None
        for span in trace:
            if span.get_tag(REDIS_COMMAND_TAG):
                span.set_tag(REDIS_COMMAND_TAG, span.resource)
        return trace


def install_filter() -> None:
    """Make the filter part of the process's tracer, unless DD_TRACE_ENABLED=false stopped it.

    To be done before the first span: what is buffered then is sent first, however long it takes.
    """
    if tracer.enabled:
        tracer.configure(trace_processors=[KeepSampled()])


def describe() -> dict[str, Any]:
    """What is in force, read off the tracer. ddtrace has no public readers for most of it."""
    aggregator: Any = tracer._span_aggregator
    settings: Any = config
    return {
        "enabled": bool(tracer.enabled),
        "agent_url": tracer.agent_trace_url,
        "service": settings.service,
        "env": settings.env,
        "propagation": {
            "extract": list(settings._propagation_style_extract),
            "inject": list(settings._propagation_style_inject),
        },
        "filters": [type(one).__name__ for one in aggregator.user_processors],
        "trace_ids_128_bit": bool(settings._128_bit_trace_id_enabled),
        "decides_sampling": "opentelemetry" if _follows(aggregator) else "ddtrace",
    }


def _follows(aggregator: Any) -> bool:
    return any(isinstance(one, KeepSampled) for one in aggregator.user_processors)


def shutdown(timeout_s: float) -> None:
    """Send what is buffered, for at most ``timeout_s``."""
    tracer.shutdown(timeout=timeout_s)
