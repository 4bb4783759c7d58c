"""The answer cache in Redis, and the requests kept for replay. Redis may be away: never an error.

Values are compressed, as the passages of an answer are kept with it.
"""

import hashlib
import json
import zlib
from functools import partial
from typing import Any

from anyio import to_thread
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from services.common import flags
from services.gateway.circuit import Circuit
from services.gateway.fragments import read_fragments, store_fragments
from services.gateway.models import QueryRequest, StoredAnswer
from services.telemetry import conventions, spans

PREFIX = "tracelab"
PAUSE_S = 5.0
KEPT_REQUEST_TTL_S = 24 * 3600
OPERATION = "cache.operation"
AVAILABLE = "cache.available"
ERROR_TYPE = "error.type"


class CacheUnavailableError(Exception):
    """Redis doesn't answer."""


def answer_key(request: QueryRequest, corpus: str) -> str:
    """The same for questions that differ in case and whitespace alone, and for every user."""
    question = " ".join(request.question.casefold().split())
    parts = json.dumps([question, request.top_k, request.model, corpus])
    return f"{PREFIX}:answer:{hashlib.sha256(parts.encode()).hexdigest()}"


def request_key(trace_id: str) -> str:
    """Where the request of a sampled query is kept."""
    return f"{PREFIX}:request:{trace_id}"


class Cache:
    """One for the process; ``ttl_s`` is how long an answer is kept."""

    def __init__(self, url: str, timeout_s: float, ttl_s: int) -> None:
        self._redis: Redis = Redis.from_url(
            url,
            socket_connect_timeout=timeout_s,
            socket_timeout=timeout_s,
            retry=Retry(NoBackoff(), 0),
            max_connections=64,
        )
        self._circuit = Circuit(PAUSE_S)
        self._ttl_s = ttl_s

    async def look_up(
        self, key: str | None, kept: tuple[str, QueryRequest] | None
    ) -> StoredAnswer | None:
        """The answer under ``key``; in the same round trip, ``kept`` is stored under its trace id.

        Opens a `cache` span; without key and ``kept`` there is nothing to do and no span.
        """
        if key is None and kept is None:
            return None
        with spans.span(conventions.CACHE, {OPERATION: "lookup"}) as span:
            pipe = self._redis.pipeline(transaction=False)
            if kept:
                pipe.set(request_key(kept[0]), kept[1].model_dump_json(), ex=KEPT_REQUEST_TTL_S)
            in_fragments = flags.is_on("answer_fragments")
            if key and not in_fragments:
                pipe.get(key)
            results = await self._run(span, pipe.execute) if len(pipe) else None
            packed = results[-1] if results and key else None
            if key and in_fragments:
                packed = await self._run(span, lambda: read_fragments(self._redis, key))
            found = await to_thread.run_sync(_unpack, packed) if packed else None
            span.set({conventions.CACHE_HIT: found is not None})
            return found

    async def store(self, key: str, answer: StoredAnswer) -> None:
        """Keep an answer. Opens a `cache` span."""
        with spans.span(conventions.CACHE, {OPERATION: "store"}) as span:
            if not self._circuit.allows():
                span.set({AVAILABLE: False})
                return
            packed = await to_thread.run_sync(_pack, answer)
            if flags.is_on("answer_fragments"):
                store = partial(store_fragments, self._redis, key, packed, self._ttl_s)
                await self._run(span, store)
            else:
                await self._run(span, lambda: self._redis.set(key, packed, ex=self._ttl_s))

    async def kept_request(self, trace_id: str) -> dict[str, Any] | None:
        """The body of a query of the last day. Raises CacheUnavailableError if Redis is away."""
        try:
            found = await self._redis.get(request_key(trace_id))
        except (RedisError, OSError, TimeoutError) as failed:
            raise CacheUnavailableError(str(failed)) from failed
        body: dict[str, Any] | None = json.loads(found) if found else None
        return body

    async def ping(self) -> dict[str, Any]:
        await self._redis.ping()
        return {}

    async def close(self) -> None:
        await self._redis.aclose()

    async def _run(self, span: spans.BothSpans, command: Any) -> Any:
        if not self._circuit.allows():
            span.set({AVAILABLE: False})
            return None
        try:
            result = await command()
        except (RedisError, OSError, TimeoutError) as failed:
            self._circuit.failed()
            span.set({AVAILABLE: False, ERROR_TYPE: type(failed).__name__})
            return None
        self._circuit.succeeded()
        span.set({AVAILABLE: True})
        return result


def _pack(answer: StoredAnswer) -> bytes:
    return zlib.compress(answer.model_dump_json().encode())


def _unpack(packed: bytes) -> StoredAnswer | None:
    """The answer, or None where what lies in Redis is not one (of an older version, damaged)."""
    try:
        return StoredAnswer.model_validate_json(zlib.decompress(packed))
    except (zlib.error, ValueError):
        return None
