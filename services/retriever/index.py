"""The vector index at Pinecone: one namespace for each version of the corpus."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from opentelemetry.trace import SpanKind
from pinecone import Index, Pinecone, RetryConfig, ServerlessSpec

from services.common.env import Env
from services.retriever.settings import Settings
from services.telemetry import conventions, spans

DIMENSIONS = 256
METRIC = "cosine"
RETRIES = RetryConfig(max_retries=2, max_wait=1.0)
NAMESPACE_PREFIX = "corpus-"
HASH_CHARS = 16

# The lab's own network carries plain http.
warnings.filterwarnings("ignore", "The index host http://", RuntimeWarning)


def namespace(corpus_hash: str) -> str:
    """The namespace of a corpus. Another corpus gets another, so they never mix."""
    return NAMESPACE_PREFIX + corpus_hash[:HASH_CHARS]


@dataclass(frozen=True)
class Match:
    """A passage's id and its cosine similarity to the question."""

    id: str
    score: float


class VectorIndex:
    """The index, over the `pinecone` client."""

    def __init__(self, settings: Settings) -> None:
        """Without a host the index's address is asked of pinecone.io, so it must exist."""
        self._name = settings.pinecone_index
        self._timeout_s = settings.pinecone_timeout_s
        client = Pinecone(settings.pinecone_api_key, timeout=self._timeout_s, retry_config=RETRIES)
        self._index: Index = (
            client.index(host=settings.pinecone_host)
            if settings.pinecone_host
            else client.index(self._name)
        )
        address = urlsplit(self._index.host)
        self._attributes: dict[str, spans.Value] = {
            "db.system.name": "pinecone",
            "db.collection.name": self._name,
            "db.operation.name": "query",
            "server.address": address.hostname or "",
            "server.port": address.port or 443,
        }

    def query(self, vector: Sequence[float], top_k: int, in_namespace: str) -> list[Match]:
        """The nearest ids, best first. Opens a `pinecone.query` span: no instrumentation does."""
        attributes: dict[str, spans.Value] = {
            **self._attributes,
            "db.namespace": in_namespace,
            "db.query.parameter.top_k": top_k,
        }
        with spans.span(conventions.PINECONE_QUERY, attributes, SpanKind.CLIENT) as span:
            found = self._index.query(vector=vector, top_k=top_k, namespace=in_namespace)
            matches = [Match(match.id, match.score) for match in found.matches]
            span.set({"db.response.returned_rows": len(matches)})
            return matches

    def counts(self, timeout_s: float | None = None) -> dict[str, int]:
        """How many vectors each namespace holds."""
        stats = self._index.describe_index_stats(timeout=timeout_s)
        return {name: summary.vector_count for name, summary in stats.namespaces.items()}

    def upsert(self, vectors: Sequence[tuple[str, list[float]]], in_namespace: str) -> int:
        """Add or replace vectors by id; returns how many."""
        return self._index.upsert(vectors=vectors, namespace=in_namespace).upserted_count

    def delete_namespace(self, name: str) -> None:
        self._index.delete(delete_all=True, namespace=name)

    def close(self) -> None:
        self._index.close()


@dataclass(frozen=True)
class Placement:
    """Where a missing index is made at pinecone.io."""

    cloud: str = "aws"
    region: str = "us-east-1"

    @staticmethod
    def read(env: Env) -> "Placement":
        default = Placement()
        return Placement(
            env.text("PINECONE_CLOUD", default.cloud), env.text("PINECONE_REGION", default.region)
        )


def ensure_exists(settings: Settings, placement: Placement) -> bool:
    """Make the index at pinecone.io if it isn't there, and wait for it. True if it was made."""
    client = Pinecone(settings.pinecone_api_key, retry_config=RETRIES)
    if client.has_index(settings.pinecone_index):
        return False
    client.create_index(
        settings.pinecone_index,
        spec=ServerlessSpec(cloud=placement.cloud, region=placement.region),
        dimension=DIMENSIONS,
        metric=METRIC,
    )
    return True
