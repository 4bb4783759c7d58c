"""Logs as JSON lines."""

import json
import logging
import sys
from typing import Any

from pydantic import BaseModel, ValidationError

from services.telemetry.jsonlog import JsonFormatter, RepeatFilter


class Number(BaseModel):
    """Refuses text, quoting it."""

    value: int


def record(name: str = "services.x", message: str = "hello %s", **extra: Any) -> logging.LogRecord:
    """A record of line 7 of a module."""
    made = logging.LogRecord(name, logging.WARNING, f"/{name}.py", 7, message, ("you",), None)
    made.__dict__.update(extra)
    return made


def formatted(made: logging.LogRecord) -> dict[str, Any]:
    """The line as an object."""
    text = JsonFormatter("gateway").format(made)
    assert "\n" not in text
    found: dict[str, Any] = json.loads(text)
    return found


def test_line_has_time_level_service_and_message() -> None:
    """One object on one line, the time in UTC with milliseconds."""
    found = formatted(record(created=0.25, msecs=250.0))
    assert found == {
        "time": "1970-01-01T00:00:00.250Z",
        "level": "warning",
        "logger": "services.x",
        "message": "hello you",
        "service": "gateway",
    }


def test_line_has_the_ids_of_its_trace() -> None:
    """As OpenTelemetry's instrumentation puts them on the record; none outside of a trace."""
    found = formatted(record(otelTraceID="ab" * 16, otelSpanID="cd" * 8))
    assert (found["trace_id"], found["span_id"]) == ("ab" * 16, "cd" * 8)
    assert "trace_id" not in formatted(record(otelTraceID="0", otelSpanID="0"))


def test_error_has_type_message_and_stack() -> None:
    """An exception is told in fields of its own."""
    try:
        raise KeyError("missing")
    except KeyError:
        found = formatted(record(exc_info=sys.exc_info()))
    assert found["error"] == "KeyError: 'missing'"
    assert "test_jsonlog.py" in found["stack"][0]


def test_validation_error_does_not_quote_its_input() -> None:
    """pydantic's messages hold what was sent, so only the type is told."""
    secret = "-".join(["xylo", "phonic"])
    try:
        Number.model_validate({"value": secret})
    except ValidationError:
        text = JsonFormatter("gateway").format(record(exc_info=sys.exc_info()))
    assert secret not in text
    assert "ValidationError" in text


def test_library_says_a_thing_once_a_minute() -> None:
    """The next line after the pause tells how many were left out; other lines aren't touched."""
    now_s = [1000.0]
    repeats = RepeatFilter(lambda: now_s[0])
    assert repeats.filter(record("redis"))
    assert not any(repeats.filter(record("redis", "again %s")) for _ in range(5))
    assert repeats.filter(record("ddtrace.writer"))
    now_s[0] += 61
    later = record("redis")
    assert repeats.filter(later)
    assert formatted(later)["suppressed"] == 5


def test_own_lines_are_never_left_out() -> None:
    """What the services and uvicorn say is each its own event."""
    repeats = RepeatFilter(lambda: 0.0)
    for name in ("services.gateway", "uvicorn.error"):
        assert all(repeats.filter(record(name)) for _ in range(3))
