"""Run by test_datadog under ddtrace-run: a traced application asked with the headers given.

Reads a JSON list of header lists from stdin. Prints what both tracers kept of each request.
"""

import asyncio
import json
import os
import sys
from typing import Any

import httpx
from ddtrace._trace.processor import SpanProcessor
from ddtrace.trace import Span, TraceFilter, tracer
from fastapi import FastAPI
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from services.common.env import Env
from services.telemetry import datadog, spans
from services.telemetry.setup import Telemetry

kept: list[Span] = []


class Started(SpanProcessor):
    """Counts the spans that ddtrace makes, kept or not."""

    count = 0

    def on_span_start(self, span: Span) -> None:  # noqa: ARG002 - a part of the interface
        self.count += 1

    def on_span_finish(self, span: Span) -> None:
        """Nothing to do."""


class Keep(TraceFilter):
    """Takes what the services' own filter lets through; nothing reaches an agent."""

    def process_trace(self, trace: list[Span]) -> list[Span] | None:
        kept.extend(trace)
        return None


telemetry = Telemetry.start(Env(os.environ))
telemetry.instrument([HTTPXClientInstrumentor()])
exporter = InMemorySpanExporter()
telemetry.tracing.provider.add_span_processor(SimpleSpanProcessor(exporter))
app = FastAPI(telemetry={"tracing": False, "metrics": False, "logs": False})


@app.post("/query")
async def query() -> dict[str, Any]:
    """One stage with one call to another service, whose headers are told."""
    sent: dict[str, str] = {}

    def other(request: httpx.Request) -> httpx.Response:
        sent.update(request.headers)
        return httpx.Response(200)

    spans.current().set({"user_id": "u1"})
    with spans.span("retrieve", {"passages": 3}):
        async with httpx.AsyncClient(transport=httpx.MockTransport(other)) as client:
            await client.post("http://retriever/retrieve")
    return sent


telemetry.trace(app)
started = Started()
started.register()
tracer.configure(trace_processors=[datadog.KeepSampled(), Keep()])


async def ask(headers: list[tuple[str, str]]) -> dict[str, Any]:
    """Send one request and collect what came of it."""
    exporter.clear()
    kept.clear()
    started.count = 0
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        # The caller itself is not part of the test.
        request = client.build_request("POST", "/query", headers=headers)
        response = await transport.handle_async_request(request)
        body = await response.aread()
    return {
        "status": response.status_code,
        "sent": json.loads(body),
        "started": started.count,
        "otel": [
            {"name": span.name, "trace_id": format(span.context.trace_id, "032x")}
            for span in exporter.get_finished_spans()
        ],
        "datadog": [
            {
                "name": span.name,
                "resource": span.resource,
                "trace_id": format(span.trace_id, "032x"),
                "span_id": span.span_id,
                "parent_id": span.parent_id,
                "tags": {**span.get_tags(), **span.get_metrics()},
            }
            for span in kept
        ],
    }


async def outside_of_a_request() -> int:
    """How many spans of a call made in the background are kept."""
    kept.clear()
    with tracer.trace("background"):
        pass
    return len(kept)


async def main() -> None:
    """Everything on one loop."""
    requests = json.load(sys.stdin)
    found = [await ask(headers) for headers in requests]
    background = await outside_of_a_request()
    document = {"requests": found, "background": background, "telemetry": telemetry.describe()}
    json.dump(document, sys.stdout)


asyncio.run(main())
