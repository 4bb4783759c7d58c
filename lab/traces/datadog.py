"""The Datadog test agent's HTTP API (ddapm-test-agent 1.69)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from lab.errors import LabError
from lab.traces.http_json import JsonApi

# The agent decodes all that was ever sent to it on every call.
READ_TIMEOUT_S = 60.0
LOW_BITS = (1 << 64) - 1
HIGH_BITS_TAG = "_dd.p.tid"
PRIORITY_METRIC = "_sampling_priority_v1"


@dataclass(frozen=True)
class DatadogSpan:
    """A span as ddtrace sent it. Times are nanoseconds; ids are lower-case hex as in OTel.

    ``parent_id`` is None for the span that began the trace.
    """

    trace_id: str
    span_id: str
    parent_id: str | None
    name: str
    service: str
    resource: str
    start_ns: int
    duration_ns: int
    is_error: bool = False
    meta: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)

    @property
    def sampling_priority(self) -> int | None:
        """Keep (1, 2) or drop (0, -1), None on spans that aren't the first of their process."""
        priority = self.metrics.get(PRIORITY_METRIC)
        return None if priority is None else int(priority)


class Datadog:
    """Asks one test agent. Use it in a ``with`` block.

    Raises UnavailableError where the agent isn't there and LabError for an answer that the test
    agent doesn't give (Datadog's own agent doesn't tell its traces).
    """

    def __init__(self, url: str, transport: httpx.BaseTransport | None = None) -> None:
        self._api = JsonApi("the Datadog agent", url, READ_TIMEOUT_S, transport)

    def info(self) -> Mapping[str, Any]:
        """What the agent says of itself: its version, endpoints and settings."""
        answer = self._api.get("/info")
        if answer.status == 200 and isinstance(answer.document, dict):
            return answer.document
        raise self._api.unexpected("/info", answer)

    def traces(self) -> dict[str, tuple[DatadogSpan, ...]]:
        """All traces since the agent's start by trace id (32 hex digits), spans by start."""
        answer = self._api.get("/test/traces")
        if answer.status == 200 and isinstance(answer.document, list):
            return parse_traces(answer.document)
        raise self._api.unexpected("/test/traces", answer)

    def close(self) -> None:
        self._api.close()

    def __enter__(self) -> "Datadog":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def trace_url(ui_url: str, trace_id: str) -> str:
    """The address of a trace's page in the test agent's viewer, which knows its lower half only."""
    return f"{ui_url.rstrip('/')}/traces/{int(trace_id, 16) & LOW_BITS}"


def parse_traces(document: Iterable[Any]) -> dict[str, tuple[DatadogSpan, ...]]:
    """Spans grouped by their 128-bit id. Raises LabError for a span of an unknown shape.

    ddtrace sends the low half with every span and the high half as a tag of the first span of each
    payload, of which a trace has one or more per process.
    """
    try:
        spans = [span for chunk in document for span in chunk]
        high_halves = {
            span["trace_id"] & LOW_BITS: int(span["meta"][HIGH_BITS_TAG], 16)
            for span in spans
            if HIGH_BITS_TAG in (span.get("meta") or {})
        }
        parsed = [_span(span, high_halves) for span in spans]
    except (KeyError, TypeError, ValueError, AttributeError) as wrong:
        raise LabError(
            f"the Datadog agent sent a span of an unknown shape ({type(wrong).__name__}: {wrong}); "
            "the lab knows ddapm-test-agent 1.69: look at `invoke doctor`"
        ) from wrong
    traces: dict[str, list[DatadogSpan]] = {}
    for span in sorted(parsed, key=lambda one: (one.start_ns, -one.duration_ns)):
        traces.setdefault(span.trace_id, []).append(span)
    return {trace_id: tuple(found) for trace_id, found in traces.items()}


def _span(told: Mapping[str, Any], high_halves: Mapping[int, int]) -> DatadogSpan:
    low = told["trace_id"] & LOW_BITS
    high = high_halves.get(low, told["trace_id"] >> 64)
    parent = told.get("parent_id") or 0
    return DatadogSpan(
        trace_id=f"{high:016x}{low:016x}",
        span_id=f"{told['span_id']:016x}",
        parent_id=f"{parent:016x}" if parent else None,
        name=str(told["name"]),
        service=str(told.get("service") or ""),
        resource=str(told.get("resource") or ""),
        start_ns=int(told["start"]),
        duration_ns=int(told["duration"]),
        is_error=bool(told.get("error")),
        meta={str(k): str(v) for k, v in (told.get("meta") or {}).items()},
        metrics={str(k): float(v) for k, v in (told.get("metrics") or {}).items()},
    )
