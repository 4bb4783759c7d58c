"""Pinecone's data plane: https://docs.pinecone.io/reference/api/latest/data-plane."""

import math
from http import HTTPStatus
from typing import Annotated, Any, TypeVar

import numpy as np
from anyio import to_thread
from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from pydantic import BaseModel, ValidationError

from services.providers.latency import QUERY, STATS, UPSERT, Pace
from services.providers.models import DeleteBody, QueryBody, UpsertBody
from services.providers.vectors import Floats, Match, Vector, VectorStore

Body = TypeVar("Body", bound=BaseModel)

DEFAULT_NAMESPACE = "__default__"
# gRPC's numbers, which Pinecone puts beside its messages.
INVALID_ARGUMENT = 3
NOT_FOUND = 5


class PineconeError(Exception):
    """An error in Pinecone's shape."""

    def __init__(self, status: HTTPStatus, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.document = {"code": code, "message": message, "details": []}


class UnauthorizedError(Exception):
    """No API key was sent."""


async def on_error(_: Request, error: Exception) -> Response:
    """A PineconeError, or UnauthorizedError, as Pinecone answers it."""
    if isinstance(error, PineconeError):
        return JSONResponse(error.document, error.status)
    return PlainTextResponse("Unauthorized", HTTPStatus.UNAUTHORIZED)


def check_key(api_key: Annotated[str, Header()] = "") -> None:
    """Any key will do, but there must be one."""
    if not api_key.strip():
        raise UnauthorizedError


class Index:
    """The endpoints of one index."""

    def __init__(self, store: VectorStore, pace: Pace) -> None:
        self._store = store
        self._pace = pace

    def router(self) -> APIRouter:
        router = APIRouter(tags=["pinecone"], dependencies=[Depends(check_key)])
        router.post("/vectors/upsert")(self.upsert)
        router.post("/query")(self.query)
        router.get("/vectors/fetch")(self.fetch)
        router.post("/vectors/delete")(self.delete)
        router.post("/describe_index_stats")(self.stats)
        return router

    async def upsert(self, request: Request) -> dict[str, Any]:
        """Add vectors, or replace those that have the same id."""
        started_s = self._pace.start()
        body = await request.body()
        count = await to_thread.run_sync(self._upsert, body)
        await self._pace.finish(started_s, UPSERT.of(count))
        return {"upsertedCount": count}

    async def query(self, request: Request) -> dict[str, Any]:
        """The nearest vectors by cosine similarity, best first."""
        started_s = self._pace.start()
        asked = _parse(QueryBody, await request.body())
        matches = await to_thread.run_sync(self._search, asked)
        await self._pace.finish(started_s, QUERY.of(len(matches)))
        return {
            "results": [],
            "matches": [_match(match, asked) for match in matches],
            "namespace": asked.namespace,
            "usage": {"readUnits": 1},
        }

    async def fetch(
        self, ids: Annotated[list[str], Query()], namespace: str = ""
    ) -> dict[str, Any]:
        """Vectors by their ids; those that aren't there are left out."""
        found = self._store.fetch(_stored(namespace), ids)
        vectors = {
            v.id: {"id": v.id, "values": v.values.tolist(), "metadata": v.metadata} for v in found
        }
        return {"vectors": vectors, "namespace": namespace, "usage": {"readUnits": 1}}

    async def delete(self, request: Request) -> dict[str, Any]:
        """Delete some vectors of a namespace, or all."""
        asked = _parse(DeleteBody, await request.body())
        name = _stored(asked.namespace)
        if asked.deleteAll == bool(asked.ids):
            raise _invalid("exactly one of ids and deleteAll must be given")
        if not asked.deleteAll:
            await to_thread.run_sync(self._store.delete, name, asked.ids)
        elif not await to_thread.run_sync(self._store.delete_all, name):
            raise PineconeError(HTTPStatus.NOT_FOUND, NOT_FOUND, "Namespace not found")
        return {}

    async def stats(self) -> dict[str, Any]:
        """How many vectors there are, by namespace."""
        started_s = self._pace.start()
        counts = self._store.counts()
        await self._pace.finish(started_s, STATS.of(0))
        return {
            "namespaces": {name: {"vectorCount": count} for name, count in counts.items()},
            "dimension": self._store.dimensions,
            "indexFullness": 0.0,
            "totalVectorCount": sum(counts.values()),
            "metric": "cosine",
            "vectorType": "dense",
        }

    def _upsert(self, body: bytes) -> int:
        asked = _parse(UpsertBody, body)
        vectors = [Vector(v.id, self._floats(v.values), v.metadata) for v in asked.vectors]
        self._store.upsert(_stored(asked.namespace), vectors)
        return len(vectors)

    def _search(self, asked: QueryBody) -> list[Match]:
        if asked.filter:
            raise _invalid("filters are not supported here")
        name = _stored(asked.namespace)
        if (asked.vector is None) == (asked.id is None):
            raise _invalid("exactly one of vector and id must be given")
        if asked.vector is not None:
            return self._store.search(name, self._floats(asked.vector), asked.topK)
        named = self._store.fetch(name, [str(asked.id)])
        return self._store.search(name, named[0].values, asked.topK) if named else []

    def _floats(self, values: list[float]) -> Floats:
        if len(values) != self._store.dimensions:
            raise _invalid(
                f"Vector dimension {len(values)} does not match the dimension of the index "
                f"{self._store.dimensions}"
            )
        if not any(values) or not all(map(math.isfinite, values)):
            raise _invalid("Dense vectors must contain finite numbers, at least one of them not 0")
        return np.asarray(values, np.float32)


def _stored(namespace: str) -> str:
    return namespace or DEFAULT_NAMESPACE


def _parse(kind: type[Body], body: bytes) -> Body:
    try:
        return kind.model_validate_json(body)
    except ValidationError as wrong:
        first = wrong.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise _invalid(f"{where or 'body'}: {first['msg']}") from None


def _invalid(message: str) -> PineconeError:
    return PineconeError(HTTPStatus.BAD_REQUEST, INVALID_ARGUMENT, message)


def _match(match: Match, asked: QueryBody) -> dict[str, Any]:
    document: dict[str, Any] = {"id": match.vector.id, "score": match.score}
    document["values"] = match.vector.values.tolist() if asked.includeValues else []
    if asked.includeMetadata:
        document["metadata"] = match.vector.metadata
    return document
