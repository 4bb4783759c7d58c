"""The gateway's HTTP interface."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Annotated

import httpx
from fastapi import FastAPI, Header
from fastapi import Path as PathParameter
from fastapi.responses import HTMLResponse, JSONResponse

from services.common import problems, readiness
from services.common.app import application
from services.common.problems import ProblemError
from services.gateway import upstream
from services.gateway.audit import Audit
from services.gateway.cache import Cache, CacheUnavailableError
from services.gateway.models import QueryAnswer, QueryRequest
from services.gateway.page import WEB, Page, PageFiles
from services.gateway.pipeline import Pipeline
from services.gateway.settings import Settings
from services.gateway.upstream import Upstream

MAX_BODY_BYTES = 64 * 1024
TRACE_ID = r"^[0-9a-f]{32}$"


class Gateway:
    """The endpoints, and what they need while the process runs."""

    def __init__(self, settings: Settings, client: httpx.AsyncClient) -> None:
        self._settings = settings
        self._client = client
        self._cache = Cache(settings.redis_url, settings.redis_timeout_s, settings.cache_ttl_s)
        self._retriever = Upstream("retriever", settings.retriever_url, self._client)
        self._generator = Upstream("generator", settings.generator_url, self._client)
        self._audit = Audit(settings.redis_url, settings.redis_timeout_s)
        self._pipeline = Pipeline(
            settings, self._cache, self._audit, self._retriever, self._generator
        )

    async def query(
        self, request: QueryRequest, cache_control: Annotated[str, Header()] = ""
    ) -> QueryAnswer:
        """Answer a question. `Cache-Control: no-cache` makes a new answer, and caches that."""
        return await self._pipeline.answer(request, "no-cache" not in cache_control.lower())

    async def kept_request(
        self, trace_id: Annotated[str, PathParameter(pattern=TRACE_ID)]
    ) -> QueryRequest:
        """The request of a sampled query of the last 24 hours, so that it can be sent again."""
        try:
            found = await self._cache.kept_request(trace_id)
        except CacheUnavailableError:
            raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, "redis does not answer") from None
        if found is None:
            raise ProblemError(HTTPStatus.NOT_FOUND, "no request is kept for this trace")
        return QueryRequest.model_validate(found)

    async def readyz(self) -> JSONResponse:
        """Whether queries can be answered. Without Redis they can, uncached."""
        return await readiness.report(
            needed={"retriever": self._retriever.ready, "generator": self._generator.ready},
            wanted={"redis": self._cache.ping},
        )

    async def close(self) -> None:
        await self._client.aclose()
        await self._cache.close()
        self._audit.close()


def create_app(settings: Settings, client: httpx.AsyncClient | None = None) -> FastAPI:
    """The application, with clients that connect when they are first used.

    ``client`` is what it speaks to the other services with; it is closed with the application.
    """
    gateway = Gateway(settings, client or upstream.client())

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await gateway.close()

    app = application("gateway", lifespan, MAX_BODY_BYTES)
    app.post("/query", responses=problems.DOCUMENTED)(gateway.query)
    app.get("/queries/{trace_id}", responses=problems.DOCUMENTED)(gateway.kept_request)
    app.get("/", response_class=HTMLResponse, include_in_schema=False)(Page(settings).get)
    app.mount("/web", PageFiles(directory=WEB))
    app.get("/readyz", tags=["operation"])(gateway.readyz)
    return app
