"""The retriever as it runs: `ddtrace-run uvicorn services.retriever.app:app`."""

from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor

from services.common import flags
from services.common.env import settings_or_exit
from services.retriever.service import create_app
from services.retriever.settings import Settings
from services.telemetry.setup import Telemetry

settings = settings_or_exit(Settings.read)
telemetry = settings_or_exit(Telemetry.start)
telemetry.instrument([HTTPXClientInstrumentor(), SQLAlchemyInstrumentor()])
app = create_app(settings)
telemetry.trace(app)
settings_or_exit(flags.start)
