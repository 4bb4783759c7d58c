"""Everything a service needs to be seen: logs, both tracers, the instrumented libraries."""

import os
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from anyio import to_thread
from fastapi import FastAPI
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor

from services.common.env import Env
from services.telemetry import allocations, counted, jsonlog, monitoring
from services.telemetry.counted import Counting, CountingMiddleware
from services.telemetry.tracer import SHUTDOWN_TIMEOUT_S, TracerSettings, Tracing
from services.telemetry.unsampled import QuietMiddleware, bypass_ddtrace, patched_classes

# The endpoints of the trace contract; health checks, docs and strays make no traces.
NOT_TRACED = r"^https?://[^/]+/(?!(?:query|retrieve|rerank|generate)/?(?:\?.*)?$)"
# The names of today's semantic conventions, not those that the instrumentations still default to.
SEMANTIC_CONVENTIONS = "http,database"


class Library(Protocol):
    """One of OpenTelemetry's instrumentors."""

    def instrument(self, **kwargs: Any) -> None: ...

    def uninstrument(self, **kwargs: Any) -> None: ...


@dataclass(frozen=True)
class Telemetry:
    """The telemetry of this process."""

    service: str
    tracing: Tracing
    with_datadog: bool
    counting: Counting | None
    control_dir: Path | None = None

    @staticmethod
    def start(env: Env) -> "Telemetry":
        """Logs and tracer provider. Once a process, before a library is instrumented.

        Environment: OTEL_SERVICE_NAME, LOG_LEVEL, TRACELAB_CONTROL_DIR (without it nobody can ask
        for counts or allocations) and those of TracerSettings.
        """
        service = env.text("OTEL_SERVICE_NAME")
        os.environ.setdefault("OTEL_SEMCONV_STABILITY_OPT_IN", SEMANTIC_CONVENTIONS)
        tracing = Tracing.start(TracerSettings.read(env), service)
        jsonlog.configure(service, env.text("LOG_LEVEL", "INFO").upper())
        with_datadog = started_by_ddtrace_run()
        if with_datadog:
            from services.telemetry import datadog

            datadog.install_filter()
        control_dir = env.optional("TRACELAB_CONTROL_DIR")
        control = Path(control_dir) if control_dir else None
        counting = Counting(control) if control else None
        return Telemetry(service, tracing, with_datadog, counting, control)

    def instrument(self, libraries: Iterable[Library]) -> None:
        """Trace what these libraries do. Before a client or a connection of theirs is made."""
        if self.with_datadog:
            bypass_ddtrace(patched_classes())
        for library in libraries:
            library.instrument()

    def trace(self, app: FastAPI) -> None:
        """Trace the requests of ``app`` and let it tell its telemetry; nothing is added later.

        The order matters: OpenTelemetry's server span must be the outermost, as ddtrace takes id
        and decision from it. What counts calls is the innermost, so that the tracers' own are few.
        """
        if self.counting:
            app.add_middleware(CountingMiddleware, counting=self.counting)
            app.get(counted.PATH, include_in_schema=False)(self.counting.tell)
        if self.with_datadog:
            from services.telemetry import datadog

            app.add_middleware(datadog.DatadogMiddleware)
        app.add_middleware(QuietMiddleware)
        app.get("/telemetry", tags=["operation"])(self.describe)
        if self.control_dir:
            allocations.install(app, self.control_dir)
        FastAPIInstrumentor.instrument_app(
            app, excluded_urls=NOT_TRACED, exclude_spans=["send", "receive"]
        )
        self._end_with(app)

    def describe(self) -> dict[str, Any]:
        """The configuration in force, read off the live objects."""
        described = {
            "service": self.service,
            **self.tracing.describe(),
            "counting": monitoring.is_on(),
            "datadog": None,
        }
        if self.with_datadog:
            from services.telemetry import datadog

            described["datadog"] = datadog.describe()
        return described

    def shutdown(self) -> None:
        """Send what is queued, within the time a container has to stop."""
        self.tracing.shutdown()
        if self.with_datadog:
            from services.telemetry import datadog

            datadog.shutdown(SHUTDOWN_TIMEOUT_S / 2)

    def _end_with(self, app: FastAPI) -> None:
        inner = app.router.lifespan_context

        @asynccontextmanager
        async def lifespan(app: Any) -> AsyncIterator[Any]:
            async with inner(app) as state:
                yield state
            await to_thread.run_sync(self.shutdown)

        app.router.lifespan_context = lifespan


def started_by_ddtrace_run() -> bool:
    """Whether ddtrace patches the libraries of this process."""
    return "ddtrace.bootstrap.preload" in sys.modules
