"""Jaeger's query API over traces in memory, as Badger answers it."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import httpx

from lab.duration import parse_us
from lab.traces.spans import Span, Trace
from tests.lab.trace_literals import jaeger_json

Answer = tuple[int, dict[str, Any]]


class TinyJaeger:
    """Holds traces; counts the searches it is asked for."""

    def __init__(self, *traces: Trace) -> None:
        self.traces = list(traces)
        self.searches = 0

    def answer(self, path: str, params: Mapping[str, str]) -> Answer:
        """The status and document of a GET."""
        if path == "/api/services":
            return _envelope(sorted({s.service for t in self.traces for s in t.spans}) or None)
        if path.endswith("/operations"):
            return _envelope(sorted({s.name for t in self.traces for s in t.spans}) or None)
        if "traceID" in params:
            wanted = params["traceID"]
            return _envelope([jaeger_json(one) for one in self.traces if one.trace_id == wanted])
        if path == "/api/traces":
            self.searches += 1
            return _envelope([jaeger_json(trace) for trace in self._found(params)])
        trace_id = unquote(path.removeprefix("/api/traces/"))
        found = [jaeger_json(trace) for trace in self.traces if trace.trace_id == trace_id]
        if found:
            return _envelope(found)
        return 404, {"data": None, "errors": [{"code": 404, "msg": "trace not found"}]}

    def transport(self) -> httpx.MockTransport:
        """A client's way to this Jaeger without a socket."""

        def handle(request: httpx.Request) -> httpx.Response:
            status, document = self.answer(request.url.path, request.url.params)
            return httpx.Response(status, json=document)

        return httpx.MockTransport(handle)

    def _found(self, params: Mapping[str, str]) -> list[Trace]:
        """The newest first: the service's span is in time, any span is long enough."""
        least_us = parse_us(params.get("minDuration", "0us"))
        matches = [
            (max(starts), trace)
            for trace in self.traces
            if (starts := [s.start_us for s in trace.spans if _matches(s, params)])
            and any(s.duration_us >= least_us for s in trace.spans)
        ]
        newest = sorted(matches, key=lambda match: -match[0])
        return [trace for _, trace in newest[: int(params["limit"])]]


def _matches(span: Span, params: Mapping[str, str]) -> bool:
    tags = json.loads(params.get("tags", "{}"))
    return (
        span.service == params["service"]
        and span.name == params.get("operation", span.name)
        and int(params["start"]) <= span.start_us <= int(params["end"])
        and all(str(span.attributes.get(key)) == value for key, value in tags.items())
    )


def _envelope(data: list[Any] | None) -> Answer:
    return 200, {"data": data, "total": 0, "limit": 0, "offset": 0, "errors": None}
