"""The generator as it runs: `ddtrace-run uvicorn services.generator.app:app`."""

from opentelemetry.instrumentation.httpx import HTTPX2ClientInstrumentor
from opentelemetry.instrumentation.openai_v2 import OpenAIInstrumentor

from services.common import flags
from services.common.env import settings_or_exit
from services.generator.service import create_app
from services.generator.settings import Settings
from services.telemetry.setup import Telemetry

settings = settings_or_exit(Settings.read)
telemetry = settings_or_exit(Telemetry.start)
# openai sends over httpx2
openai = OpenAIInstrumentor()  # type: ignore[no-untyped-call]
telemetry.instrument([openai, HTTPX2ClientInstrumentor()])
app = create_app(settings)
telemetry.trace(app)
settings_or_exit(flags.start)
