"""A whole lab in one process: the services on loopback ports, spans recorded in memory."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from fastapi import FastAPI
from opentelemetry import trace
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.instrumentation.httpx import HTTPX2ClientInstrumentor, HTTPXClientInstrumentor
from opentelemetry.instrumentation.openai_v2 import OpenAIInstrumentor
from opentelemetry.instrumentation.redis import RedisInstrumentor
from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor
from opentelemetry.propagate import set_global_textmap
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from seed.embedding import Embedder
from services.gateway import service as gateway
from services.gateway.settings import Settings as GatewaySettings
from services.generator import service as generator
from services.generator.settings import Settings as GeneratorSettings
from services.providers import service as providers
from services.providers.settings import Settings as ProvidersSettings
from services.retriever import load
from services.retriever import service as retriever
from services.retriever.documents import Documents
from services.retriever.index import VectorIndex, namespace
from services.retriever.settings import Settings as RetrieverSettings
from services.telemetry.setup import NOT_TRACED, SEMANTIC_CONVENTIONS, Library
from services.telemetry.threads import ThreadProcessor
from services.telemetry.tracer import build_sampler
from services.telemetry.unsampled import QuietMiddleware
from tests.services.recorder import Recorder
from tests.services.servers import Running, Server
from tests.services.tiny_redis import TinyRedis

REDIS_TIMEOUT_S = 2.0
TOPICS = {
    "sorting": "Use sorted() with a key function to sort a dictionary by its values. "
    "The key function is called once for every item. Sorting is stable in Python.",
    "csv": "The csv module reads and writes tabular data in CSV format. "
    "Use csv.reader to read a file row by row. Use csv.DictReader to get dictionaries.",
    "threads": "The global interpreter lock lets only one thread run Python code at a time. "
    "A ThreadPoolExecutor helps where threads wait for input and output.",
    "cache": "functools.lru_cache keeps the results of recent calls. "
    "With maxsize set to None the cache can grow without bound.",
    "asyncio": "asyncio.to_thread runs a blocking function in another thread. "
    "A Semaphore limits how many tasks run at once without blocking the event loop.",
    "sqlite": "A sqlite3 connection may be used by the thread that made it alone, "
    "unless check_same_thread is False. Rows are fetched with a cursor.",
}


@pytest.fixture(scope="session")
def recorder() -> Iterator[Recorder]:
    """All libraries instrumented as in the services, every sampled span kept in memory."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("OTEL_SEMCONV_STABILITY_OPT_IN", SEMANTIC_CONVENTIONS)
        spans = Recorder()
        provider = TracerProvider(
            sampler=build_sampler(0.0), resource=Resource.create({"service.name": "all"})
        )
        provider.add_span_processor(ThreadProcessor())
        provider.add_span_processor(spans)
        trace.set_tracer_provider(provider)
        set_global_textmap(TraceContextTextMapPropagator())
        openai = OpenAIInstrumentor()  # type: ignore[no-untyped-call]
        libraries: list[Library] = [
            HTTPXClientInstrumentor(),
            HTTPX2ClientInstrumentor(),
            RedisInstrumentor(),
            SQLAlchemyInstrumentor(),
            openai,
        ]
        for library in libraries:
            library.instrument()
        yield spans
        for library in libraries:
            library.uninstrument()


@pytest.fixture
def spans(recorder: Recorder) -> Recorder:
    """The spans of this test alone."""
    recorder.clear()
    return recorder


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a corpus of six passages, as `seed.corpus` would write it."""
    folder = tmp_path_factory.mktemp("corpus")
    rows = [
        (
            f"library/{name}.html#{name}-1",
            f"library/{name}.html",
            name,
            f"https://x/{name}",
            text,
            9,
        )
        for name, text in TOPICS.items()
    ]
    with closing(sqlite3.connect(folder / "corpus.sqlite")) as database, database:
        database.executescript(
            "CREATE TABLE passages (id TEXT PRIMARY KEY, page TEXT, title TEXT, url TEXT,"
            " text TEXT, tokens INTEGER);"
            "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT);"
        )
        database.executemany("INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?)", rows)
        meta = [("hash", "0123456789abcdef" * 4), ("count", str(len(rows)))]
        database.executemany("INSERT INTO meta VALUES (?, ?)", meta)
    vectors = Embedder().embed([f"{name}\n{text}" for name, text in TOPICS.items()])
    np.save(folder / "embeddings.npy", vectors)
    return folder


@pytest.fixture(scope="session")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The emulated providers, answering as fast as they can, their index empty."""
    settings = ProvidersSettings(tmp_path_factory.mktemp("providers"), latency_scale=0)
    running = Running(providers.create_app(settings))
    yield running.server
    running.stop()


@pytest.fixture(scope="session")
def retriever_settings(outside: Server, corpus: Path) -> RetrieverSettings:
    """A retriever that uses the emulated index."""
    return RetrieverSettings("key", outside.url, data_dir=corpus, min_candidates=4)


@pytest.fixture(scope="session")
def loaded(retriever_settings: RetrieverSettings) -> RetrieverSettings:
    """The same, the corpus loaded into the index."""
    documents = Documents(retriever_settings.data_dir)
    index = VectorIndex(retriever_settings)
    vectors = np.load(retriever_settings.data_dir / "embeddings.npy")
    name = namespace(documents.corpus().hash)
    load.load(index, documents.ids(), vectors, name, lambda *_: None)
    index.close()
    documents.close()
    return retriever_settings


@pytest.fixture(scope="session")
def retriever_server(recorder: Recorder, loaded: RetrieverSettings) -> Iterator[Server]:
    """A traced retriever."""
    yield from _serve(retriever.create_app(loaded))


@pytest.fixture(scope="session")
def generator_server(recorder: Recorder, outside: Server) -> Iterator[Server]:
    """A traced generator."""
    settings = GeneratorSettings("key", f"{outside.url}/v1")
    yield from _serve(generator.create_app(settings))


@pytest.fixture
def redis() -> Iterator[TinyRedis]:
    """A Redis that is empty."""
    with TinyRedis() as server:
        yield server


@pytest.fixture
def lab(
    recorder: Recorder,
    retriever_server: Server,
    generator_server: Server,
    redis: TinyRedis,
) -> Iterator[Server]:
    """A traced gateway in front of everything, its cache empty."""
    settings = GatewaySettings(
        retriever_server.url, generator_server.url, redis.url, redis_timeout_s=REDIS_TIMEOUT_S
    )
    yield from _serve(gateway.create_app(settings))


def _serve(app: FastAPI) -> Iterator[Server]:
    app.add_middleware(QuietMiddleware)
    FastAPIInstrumentor.instrument_app(
        app, excluded_urls=NOT_TRACED, exclude_spans=["send", "receive"]
    )
    running = Running(app)
    yield running.server
    running.stop()


def sampled_traceparent(trace_id: str) -> str:
    """The header of a caller that keeps the trace."""
    return f"00-{trace_id}-00f067aa0ba902b7-01"
