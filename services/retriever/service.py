"""The retriever's HTTP interface. Its handlers are plain functions: they run in threads."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

from anyio import to_thread
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from pinecone import PineconeError, PineconeTimeoutError

from seed.embedding import Embedder
from services.common import problems, readiness
from services.common.app import application
from services.common.problems import ProblemError
from services.common.readiness import NotReadyError
from services.common.stopwatch import Stopwatch
from services.retriever.documents import Documents
from services.retriever.index import VectorIndex, namespace
from services.retriever.models import Candidates, Passages, RerankRequest, RetrieveRequest
from services.retriever.questions import topic
from services.retriever.scoring import Rarity, score
from services.retriever.settings import Settings
from services.telemetry import conventions, spans

MAX_BODY_BYTES = 2 * 1024 * 1024
PROBE_TIMEOUT_S = 2.0


class Retriever:
    """The endpoints, and what they need while the process runs."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._documents = Documents(settings.data_dir)
        self._corpus = self._documents.corpus()
        self._rarity = Rarity(self._documents.texts())
        self._embedder = Embedder()
        # At pinecone.io the index may not exist yet; then it is looked for at every request.
        self._index = VectorIndex(settings) if settings.pinecone_host else None

    def retrieve(self, request: RetrieveRequest) -> Candidates:
        """Passages near the question, several times ``top_k``, by cosine similarity."""
        timings = Stopwatch()
        with spans.span(conventions.EMBED):
            vector = self._embedder.embed([topic(request.question)])[0].tolist()
        timings.lap(conventions.EMBED)
        wanted = self._settings.candidates(request.top_k)
        found = self._search(vector, wanted)
        timings.lap(conventions.PINECONE_QUERY)
        with spans.span(conventions.LOAD_PASSAGES, {"passages": len(found)}):
            passages = self._documents.load(found)
        timings.lap(conventions.LOAD_PASSAGES)
        return Candidates(passages=passages, timings_ms=timings.laps_ms, corpus=self._corpus.hash)

    def rerank(self, request: RerankRequest) -> Passages:
        """The ``top_k`` passages that answer the question best."""
        timings = Stopwatch()
        with spans.span(conventions.SCORE, {"passages": len(request.passages)}):
            best = score(request.question, request.passages, self._rarity)
        timings.lap(conventions.SCORE)
        return Passages(passages=best[: request.top_k], timings_ms=timings.laps_ms)

    async def readyz(self) -> JSONResponse:
        """Whether passages can be found: the document store, and the index with all of them."""
        return await readiness.report({"corpus": self._corpus_ready, "index": self._index_ready})

    def close(self) -> None:
        if self._index:
            self._index.close()
        self._documents.close()

    def _search(self, vector: list[float], top_k: int) -> list[tuple[str, float]]:
        try:
            matches = self._open_index().query(vector, top_k, namespace(self._corpus.hash))
        except PineconeTimeoutError as late:
            problem = "the vector index took too long"
            raise ProblemError(HTTPStatus.GATEWAY_TIMEOUT, problem) from late
        except PineconeError as failed:
            problem = f"the vector index failed ({type(failed).__name__})"
            raise ProblemError(HTTPStatus.BAD_GATEWAY, problem) from failed
        return [(match.id, match.score) for match in matches]

    def _open_index(self) -> VectorIndex:
        if self._index is None:
            self._index = VectorIndex(self._settings)
        return self._index

    async def _corpus_ready(self) -> dict[str, Any]:
        return {"passages": self._corpus.count, "hash": self._corpus.hash}

    async def _index_ready(self) -> dict[str, Any]:
        counts = await to_thread.run_sync(lambda: self._open_index().counts(PROBE_TIMEOUT_S))
        held = counts.get(namespace(self._corpus.hash), 0)
        found = {"passages": held, "expected": self._corpus.count}
        if held < self._corpus.count:
            problem = "not loaded; run `python -m services.retriever.load` in this container"
            raise NotReadyError({**found, "problem": problem})
        return found


def create_app(settings: Settings) -> FastAPI:
    """The application; reads the corpus, which takes about a second."""
    retriever = Retriever(settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        retriever.close()

    app = application("retriever", lifespan, MAX_BODY_BYTES)
    app.post("/retrieve", responses=problems.DOCUMENTED)(retriever.retrieve)
    app.post("/rerank", responses=problems.DOCUMENTED)(retriever.rerank)
    app.get("/readyz", tags=["operation"])(retriever.readyz)
    return app
