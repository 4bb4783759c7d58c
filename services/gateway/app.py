"""The gateway as it runs: `ddtrace-run uvicorn services.gateway.app:app`."""

from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.instrumentation.propagators import (
    TraceResponsePropagator,
    set_global_response_propagator,
)
from opentelemetry.instrumentation.redis import RedisInstrumentor

from services.common import flags
from services.common.env import settings_or_exit
from services.gateway.service import create_app
from services.gateway.settings import Settings
from services.telemetry.setup import Telemetry

settings = settings_or_exit(Settings.read)
telemetry = settings_or_exit(Telemetry.start)
telemetry.instrument([HTTPXClientInstrumentor(), RedisInstrumentor()])
# Tells the caller the trace id, and whether the trace is kept.
set_global_response_propagator(TraceResponsePropagator())  # type: ignore[no-untyped-call]
app = create_app(settings)
telemetry.trace(app)
settings_or_exit(flags.start)
