"""The generator's HTTP interface. Its handlers are plain functions: they run in threads."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from anyio import to_thread
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from openai import OpenAI

from services.common import problems, readiness, tokens
from services.common.app import application
from services.common.stopwatch import Stopwatch
from services.generator.completion import MAX_RETRIES, generate_response
from services.generator.models import GenerateAnswer, GenerateRequest, Usage
from services.generator.prompt import serialize_prompt
from services.generator.settings import Settings
from services.telemetry import conventions, spans

MAX_BODY_BYTES = 2 * 1024 * 1024
PROBE_TIMEOUT_S = 2.0
PROBE_EVERY_S = 10.0


class Generator:
    """The endpoints, and what they need while the process runs."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client = OpenAI(
            api_key=settings.openai_api_key,
            base_url=settings.openai_base_url,
            timeout=settings.openai_timeout_s,
            max_retries=MAX_RETRIES,
        )
        self._reached_at_s = -PROBE_EVERY_S
        tokens.cl100k()

    def generate(self, request: GenerateRequest) -> GenerateAnswer:
        """Answer the question from the passages."""
        timings = Stopwatch()
        with spans.span(conventions.SERIALIZE_PROMPT) as span:
            prompt = serialize_prompt(
                request.question, request.passages, self._settings.prompt_token_budget
            )
            span.set({conventions.LLM_PROMPT_TOKENS: prompt.tokens})
        timings.lap(conventions.SERIALIZE_PROMPT)
        completion = generate_response(
            self._client, prompt, request.model, request.user_id, self._settings.max_tokens
        )
        timings.lap(conventions.OPENAI_GENERATE)
        return GenerateAnswer(
            answer=completion.text,
            model=completion.model,
            usage=Usage(
                prompt_tokens=completion.prompt_tokens,
                completion_tokens=completion.completion_tokens,
            ),
            cost_usd=completion.cost_usd,
            timings_ms=timings.laps_ms,
        )

    async def readyz(self) -> JSONResponse:
        """Whether the model's provider answers."""
        return await readiness.report({"openai": self._provider_ready})

    def close(self) -> None:
        self._client.close()

    async def _provider_ready(self) -> dict[str, Any]:
        if time.monotonic() - self._reached_at_s > PROBE_EVERY_S:
            probe = self._client.with_options(timeout=PROBE_TIMEOUT_S, max_retries=0)
            await to_thread.run_sync(probe.models.list)
            self._reached_at_s = time.monotonic()
        return {"url": str(self._client.base_url)}


def create_app(settings: Settings) -> FastAPI:
    """The application, with a client that connects when it is first used."""
    generator = Generator(settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        generator.close()

    app = application("generator", lifespan, MAX_BODY_BYTES)
    app.post("/generate", responses=problems.DOCUMENTED)(generator.generate)
    app.get("/readyz", tags=["operation"])(generator.readyz)
    return app
