"""The world outside of the lab, emulated: OpenAI's and Pinecone's HTTP interfaces."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.responses import JSONResponse

from services.common import readiness
from services.common.app import application
from services.providers import chat, pinecone
from services.providers.latency import Pace
from services.providers.settings import Settings
from services.providers.vectors import VectorStore

MAX_BODY_BYTES = 4 * 1024 * 1024


def create_app(settings: Settings) -> FastAPI:
    """The application; reads the vectors that were kept."""
    store = VectorStore(settings.data_dir, settings.dimensions)
    pace = Pace(settings.latency_scale)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        store.close()

    app = application("providers", lifespan, MAX_BODY_BYTES)
    app.include_router(chat.Chat(pace).router())
    app.include_router(pinecone.Index(store, pace).router())
    app.exception_handler(chat.OpenAIError)(chat.on_error)
    app.exception_handler(pinecone.PineconeError)(pinecone.on_error)
    app.exception_handler(pinecone.UnauthorizedError)(pinecone.on_error)

    async def stored() -> dict[str, int]:
        return {"vectors": sum(store.counts().values())}

    @app.get("/readyz", tags=["operation"])
    async def readyz() -> JSONResponse:
        """Whether the vectors are there."""
        return await readiness.report({"vectors": stored})

    return app
