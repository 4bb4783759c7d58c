"""Jaeger's UI JSON, as its HTTP query API sends it, turned into traces.

Source of the format: jaegertracing/jaeger, internal/uimodel/model.go.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from lab.errors import LabError
from lab.traces.spans import AttributeValue, Event, Span, Trace
from services.telemetry.conventions import SERVICE_NAME

TRACE_ID_DIGITS = 32
SPAN_ID_DIGITS = 16
Json = Mapping[str, Any]


def parse_trace(document: Any) -> Trace:
    """One element of ``data``. Raises LabError that says where it isn't of the known shape."""
    trace_id = document.get("traceID", "without id") if isinstance(document, dict) else "?"
    try:
        processes = {key: _process(told) for key, told in document["processes"].items()}
        spans = {told["spanID"]: _span(told, processes) for told in document["spans"]}
        trace = Trace.of(spans.values())
    except (KeyError, TypeError, ValueError, AttributeError) as wrong:
        raise LabError(
            f"Jaeger sent trace {trace_id} in an unknown shape ({type(wrong).__name__}: {wrong}); "
            "the lab knows the API of Jaeger 1.76 and 2.13: look at `invoke doctor`"
        ) from wrong
    if not trace.roots:
        raise LabError(f"the spans of trace {trace_id} are each other's parents; it has no root")
    return trace


def trace_id_of(text: str) -> str:
    """A trace id as 32 lower-case hex digits: Jaeger leaves out the high half if it is zero."""
    return text.lower().zfill(TRACE_ID_DIGITS)


def _span(told: Json, processes: Mapping[str, Mapping[str, AttributeValue]]) -> Span:
    attributes = _attributes(told.get("tags"))
    resource = processes[told["processID"]]
    return Span(
        trace_id=trace_id_of(told["traceID"]),
        span_id=_span_id(told["spanID"]),
        parent_id=_parent_id(told),
        name=str(told["operationName"]),
        service=str(resource[SERVICE_NAME]),
        kind=str(attributes.get("span.kind", "internal")),
        start_us=_whole(told["startTime"]),
        duration_us=_whole(told["duration"]),
        attributes=attributes,
        resource=resource,
        events=tuple(_event(log) for log in told.get("logs") or ()),
        is_error=attributes.get("error") in (True, "true")
        or attributes.get("otel.status_code") == "ERROR",
    )


def _process(told: Json) -> Mapping[str, AttributeValue]:
    return {**_attributes(told.get("tags")), SERVICE_NAME: str(told["serviceName"])}


def _parent_id(told: Json) -> str | None:
    """The parent; other references (FOLLOWS_FROM, other traces) are links."""
    for reference in told.get("references") or ():
        same_trace = trace_id_of(reference["traceID"]) == trace_id_of(told["traceID"])
        is_own = reference["spanID"] == told["spanID"]
        if reference["refType"] == "CHILD_OF" and same_trace and not is_own:
            return _span_id(reference["spanID"])
    return None


def _span_id(text: str) -> str:
    return text.lower().zfill(SPAN_ID_DIGITS)


def _event(log: Json) -> Event:
    attributes = _attributes(log["fields"])
    name = attributes.pop("event", "")
    return Event(_whole(log["timestamp"]), str(name), attributes)


def _attributes(tags: Iterable[Json] | None) -> dict[str, AttributeValue]:
    return {str(tag["key"]): _value(tag) for tag in tags or ()}


def _value(tag: Json) -> AttributeValue:
    """The tag's value; whole numbers beyond 2**53 come as text, lists as their JSON."""
    value = tag["value"]
    if tag.get("type") == "int64":
        return int(value)
    if tag.get("type") == "float64":
        return float(value)
    return value if isinstance(value, bool | int | float) else str(value)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"{value!r} is no whole number of microseconds")
    return value
