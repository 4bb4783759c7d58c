"""Jaeger's HTTP query API (Jaeger 1.76, that is 2.13)."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import httpx

from lab.errors import UsageError
from lab.traces import slowest
from lab.traces.http_json import Answer, JsonApi
from lab.traces.jaeger_json import TRACE_ID_DIGITS, parse_trace, trace_id_of
from lab.traces.spans import Span, Trace
from services.telemetry.conventions import ROOT_SPAN, SERVICES

READ_TIMEOUT_S = 60.0
SECOND_US = 1_000_000


class Jaeger:
    """Asks one Jaeger. Use it in a ``with`` block.

    Every method raises UnavailableError where Jaeger isn't there, and LabError for an answer that
    Jaeger doesn't give or a trace of an unknown shape.
    """

    def __init__(self, url: str, transport: httpx.BaseTransport | None = None) -> None:
        self._api = JsonApi("Jaeger", url, READ_TIMEOUT_S, transport)

    def services(self) -> tuple[str, ...]:
        """The names of all services that sent a span, in order."""
        return tuple(sorted(self._data("/api/services")))

    def trace(self, trace_id: str) -> Trace | None:
        """The trace of that id (1 to 32 hex digits), None where Jaeger has none."""
        path = f"/api/traces/{checked_id(trace_id)}"
        answer = self._api.get(path)
        if answer.status == 404 and _is_envelope(answer):
            return None
        found = self._list(path, answer)
        return parse_trace(found[0]) if found else None

    def traces(
        self,
        *,
        service: str,
        operation: str | None = None,
        start_us: int,
        end_us: int,
        min_duration_us: int | None = None,
        max_duration_us: int | None = None,
        tags: Mapping[str, str] | None = None,
        limit: int,
    ) -> list[Trace]:
        """The newest traces, up to ``limit``, with a span that begins in the window (inclusive).

        The span's ``service``, ``operation`` and ``tags`` are one; the durations are met by any
        span of the trace, as Badger's index knows no better.
        """
        wanted: dict[str, str | int] = {
            "service": service,
            "start": max(0, start_us),
            "end": max(0, end_us),
            "limit": limit,
        }
        if operation is not None:
            wanted["operation"] = operation
        if min_duration_us:
            wanted["minDuration"] = f"{min_duration_us}us"
        if max_duration_us:
            wanted["maxDuration"] = f"{max_duration_us}us"
        if tags:
            wanted["tags"] = json.dumps(dict(tags))
        return [parse_trace(told) for told in self._data("/api/traces", wanted)]

    def slowest(
        self,
        *,
        since_s: float,
        service: str = SERVICES[0],
        operation: str = ROOT_SPAN,
        tags: Mapping[str, str] | None = None,
        min_duration_us: int | None = None,
        now_us: int | None = None,
        skip: Callable[[Trace], bool] = lambda _: False,
    ) -> Trace | None:
        """The trace with the longest span of that service and operation begun in the window.

        The window is the last ``since_s`` seconds; traces to ``skip`` are passed over. None where
        there is no such trace of at least ``min_duration_us``. Raises LabError where too many calls
        would be needed to be sure.
        """
        until_us = now_us if now_us is not None else time.time_ns() // 1000
        start_us = until_us - round(since_s * SECOND_US)

        def page(min_us: int, end_us: int) -> Sequence[Trace]:
            return self.traces(
                service=service,
                operation=operation,
                start_us=start_us,
                end_us=max(start_us, end_us),
                min_duration_us=min_us,
                tags=tags,
                limit=slowest.PAGE,
            )

        def matching(trace: Trace) -> Sequence[Span]:
            own = (s for s in trace.spans if (s.service, s.name) == (service, operation))
            return [span for span in own if start_us <= span.start_us <= until_us]

        return slowest.slowest(page, matching, min_duration_us or 0, until_us, skip)

    def close(self) -> None:
        self._api.close()

    def __enter__(self) -> "Jaeger":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _data(self, path: str, params: Mapping[str, str | int] | None = None) -> list[Any]:
        return self._list(path, self._api.get(path, params))

    def _list(self, path: str, answer: Answer) -> list[Any]:
        """What is in the envelope's ``data``; Jaeger says null for an empty list."""
        if answer.status == 200 and _is_envelope(answer):
            data = answer.document["data"]
            if data is None or isinstance(data, list):
                return data or []
        raise self._api.unexpected(path, answer)


def checked_id(text: str) -> str:
    """The trace id as 32 lower-case hex digits. Raises UsageError for what can't be one."""
    digits = text.strip().lower()
    is_hex = digits and all(digit in "0123456789abcdef" for digit in digits)
    if not is_hex or len(digits) > TRACE_ID_DIGITS or not digits.strip("0"):
        raise UsageError(
            f"{text!r} is no trace id; it has up to 32 hex digits, as in the `trace_id` of an "
            "answer or the last part of a trace's address in Jaeger"
        )
    return trace_id_of(digits)


def trace_url(jaeger_url: str, trace_id: str) -> str:
    """The address of a trace's page in Jaeger."""
    return f"{jaeger_url.rstrip('/')}/trace/{trace_id}"


def _is_envelope(answer: Answer) -> bool:
    return isinstance(answer.document, dict) and "data" in answer.document
