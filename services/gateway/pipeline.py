"""A query from question to answer: cache, retrieve, rerank, generate, cache."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from services.common import flags
from services.common.passages import Passage
from services.gateway.audit import Audit
from services.gateway.cache import Cache, answer_key
from services.gateway.models import (
    Generated,
    QueryAnswer,
    QueryRequest,
    Reranked,
    Retrieved,
    Source,
    StoredAnswer,
)
from services.gateway.settings import Settings
from services.gateway.upstream import Deadline, Upstream
from services.telemetry import conventions, spans

log = logging.getLogger(__name__)

EXCERPT_CHARS = 240


@dataclass
class Timings:
    """Milliseconds by stage. A stage that runs twice, as `cache` does, is added up."""

    started_s: float = field(default_factory=time.perf_counter)
    stages_ms: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        began_s = time.perf_counter()
        try:
            yield
        finally:
            taken_ms = (time.perf_counter() - began_s) * 1000
            self.stages_ms[name] = round(self.stages_ms.get(name, 0) + taken_ms, 3)

    def finish(self) -> dict[str, float]:
        total_ms = (time.perf_counter() - self.started_s) * 1000
        return {**self.stages_ms, "total": round(total_ms, 3)}


class Pipeline:
    """Answers queries. One for the process."""

    def __init__(
        self,
        settings: Settings,
        cache: Cache,
        audit: Audit,
        retriever: Upstream,
        generator: Upstream,
    ) -> None:
        self._settings = settings
        self._cache = cache
        self._audit = audit
        self._retriever = retriever
        self._generator = generator
        # Which documentation the answers come from, as the retriever said last: a part of the
        # cache's key. Until it has said so nothing can be looked up.
        self._corpus: str | None = None

    async def answer(self, request: QueryRequest, use_cache: bool) -> QueryAnswer:
        """Raises ProblemError (502, 504) if the retriever or the generator fails or is too slow."""
        root, timings = spans.current(), Timings()
        root.set({conventions.USER_ID: request.user_id, conventions.LLM_MODEL: request.model})
        stored = await self._look_up(request, use_cache, root, timings)
        if stored:
            answer = _answer(stored, 0.0, True, root, timings)
        else:
            answer = await self._make(request, root, timings)
        root.set(
            {
                conventions.CACHE_HIT: answer.cached,
                conventions.COST_USD: answer.cost_usd,
                conventions.LLM_PROMPT_TOKENS: answer.usage.prompt_tokens,
                conventions.LLM_COMPLETION_TOKENS: answer.usage.completion_tokens,
            }
        )
        if flags.is_on("answer_audit"):
            self._audit.record_answer(root.trace_id, request.user_id, answer.answer)
        source = "the cache" if answer.cached else request.model
        log.info("answered by %s in %.0f ms", source, answer.timings_ms["total"])
        return answer

    async def _look_up(
        self, request: QueryRequest, use_cache: bool, root: spans.BothSpans, timings: Timings
    ) -> StoredAnswer | None:
        key = answer_key(request, self._corpus) if use_cache and self._corpus else None
        keep = self._settings.keep_requests and root.is_sampled
        with timings.stage(conventions.CACHE):
            return await self._cache.look_up(key, (root.trace_id, request) if keep else None)

    async def _make(
        self, request: QueryRequest, root: spans.BothSpans, timings: Timings
    ) -> QueryAnswer:
        by = Deadline.after(self._settings.deadline_s)
        retrieved = await self._retrieve(request, timings, by)
        passages = await self._rerank(request, retrieved.passages, timings, by)
        generated = await self._generate(request, passages, timings, by)
        stored = StoredAnswer(answer=generated.answer, usage=generated.usage, passages=passages)
        self._corpus = retrieved.corpus
        with timings.stage(conventions.CACHE):
            await self._cache.store(answer_key(request, retrieved.corpus), stored)
        return _answer(stored, generated.cost_usd, False, root, timings)

    async def _retrieve(self, request: QueryRequest, timings: Timings, by: Deadline) -> Retrieved:
        body = request.model_dump(include={"question", "user_id", "top_k"})
        with timings.stage(conventions.RETRIEVE), spans.span(conventions.RETRIEVE):
            timeout_s = self._settings.retrieve_timeout_s
            return await self._retriever.post("/retrieve", body, Retrieved, timeout_s, by)

    async def _rerank(
        self, request: QueryRequest, passages: list[Passage], timings: Timings, by: Deadline
    ) -> list[Passage]:
        body = request.model_dump(include={"question", "top_k"})
        body["passages"] = [passage.model_dump() for passage in passages]
        with timings.stage(conventions.RERANK), spans.span(conventions.RERANK):
            timeout_s = self._settings.rerank_timeout_s
            reranked = await self._retriever.post("/rerank", body, Reranked, timeout_s, by)
        return reranked.passages

    async def _generate(
        self, request: QueryRequest, passages: list[Passage], timings: Timings, by: Deadline
    ) -> Generated:
        body = request.model_dump(include={"question", "user_id", "model"})
        body["passages"] = [passage.model_dump() for passage in passages]
        with timings.stage(conventions.GENERATE), spans.span(conventions.GENERATE):
            timeout_s = self._settings.generate_timeout_s
            return await self._generator.post("/generate", body, Generated, timeout_s, by)


def excerpt(text: str) -> str:
    """How a text begins, in one line of up to EXCERPT_CHARS characters, cut between words."""
    line = " ".join(text[: 2 * EXCERPT_CHARS].split())
    if len(line) <= EXCERPT_CHARS and len(text) <= 2 * EXCERPT_CHARS:
        return line
    return line[: EXCERPT_CHARS - 1].rpartition(" ")[0] + " …"


def _answer(
    stored: StoredAnswer, cost_usd: float, cached: bool, root: spans.BothSpans, timings: Timings
) -> QueryAnswer:
    return QueryAnswer(
        answer=stored.answer,
        sources=[
            Source(**passage.model_dump(exclude={"text"}), excerpt=excerpt(passage.text))
            for passage in stored.passages
        ],
        usage=stored.usage,
        cost_usd=cost_usd,
        cached=cached,
        trace_id=root.trace_id,
        timings_ms=timings.finish(),
    )
