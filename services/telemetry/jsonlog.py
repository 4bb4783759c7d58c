"""Logs as one JSON object a line, with the ids of the trace they belong to."""

import json
import logging
import time
import traceback
from collections.abc import Callable

from opentelemetry.instrumentation.logging import LoggingInstrumentor
from pydantic import ValidationError

NO_TRACE = "0"
OURS = ("services", "uvicorn")
REPEAT_AFTER_S = 60.0
MAX_REMEMBERED = 500
MAX_ERROR_CHARS = 300


class JsonFormatter(logging.Formatter):
    """Formats a record as JSON: time (UTC), level, logger, message, service, trace_id, span_id."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, object] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
            + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "service": self._service,
        }
        if (trace_id := getattr(record, "otelTraceID", NO_TRACE)) != NO_TRACE:
            fields |= {"trace_id": trace_id, "span_id": getattr(record, "otelSpanID", NO_TRACE)}
        if suppressed := getattr(record, "suppressed", 0):
            fields["suppressed"] = suppressed
        if record.exc_info and record.exc_info[1]:
            fields["error"] = describe_error(record.exc_info[1])
            fields["stack"] = traceback.format_tb(record.exc_info[2])
        return json.dumps(fields, ensure_ascii=False)


def describe_error(error: BaseException) -> str:
    """Type and message, shortened; of a validation error the type alone, as it quotes its input."""
    if isinstance(error, ValidationError):
        return type(error).__name__
    return f"{type(error).__name__}: {error}"[:MAX_ERROR_CHARS]


class RepeatFilter(logging.Filter):
    """Lets a library say the same thing once a minute; the next line tells how often it tried.

    A backend that is away makes exporters and clients complain at every attempt.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._seen: dict[tuple[str, int], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.split(".", 1)[0] in OURS:
            return True
        place = (record.pathname, record.lineno)
        said_at, suppressed = self._seen.get(place, (-REPEAT_AFTER_S, 0))
        if self._clock() - said_at < REPEAT_AFTER_S:
            self._seen[place] = (said_at, suppressed + 1)
            return False
        if len(self._seen) >= MAX_REMEMBERED:
            self._seen.clear()
        record.suppressed = suppressed
        self._seen[place] = (self._clock(), 0)
        return True


def configure(service: str, level: str = "INFO") -> None:
    """Make every logger of the process write JSON to stderr, those that have handlers too."""
    LoggingInstrumentor().instrument(
        inject_trace_context=True, enable_log_auto_instrumentation=False
    )
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter(service))
    handler.addFilter(RepeatFilter())
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in ("uvicorn", "uvicorn.error", "ddtrace"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    for name in ("httpx", "httpx2", "pinecone", "wordllama"):
        logging.getLogger(name).setLevel(logging.WARNING)
