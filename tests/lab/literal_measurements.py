"""Measurements of one query, written down: what the diagnosis's tests judge.

`healthy()` is the mystery query on an idle machine: 3.5 s of its provider, 0.4 s of reranking. The
tests change one place of it and see who is blamed.
"""

from collections.abc import Mapping
from dataclasses import replace

from lab.diagnosis.diagnose import diagnose
from lab.diagnosis.findings import Diagnosis, Slowest
from lab.measure.measurement import (
    Awaited,
    Background,
    BuiltinCall,
    ClientCalls,
    Counted,
    Counts,
    Growth,
    Measurement,
    Request,
    SpanCost,
)
from lab.measure.stacks import Frame, Stack
from lab.traces.spans import Place

SITE = "/opt/venv/lib/python3.13/site-packages/"
LIB = "/usr/lib/python3.13/"
SLOWEST = Slowest("openai.generate", "generator", 3520.0, 3500.0, 0.84, "score", 3080.0)
REQUEST = Request("d1", 12, 5, "gpt-4", use_cache=False)

QUERY = ("gateway", "POST /query")
PLACES: Mapping[str, Place] = {
    "POST /query": (QUERY,),
    "retrieve": (QUERY, ("gateway", "retrieve")),
    "POST /retrieve": (QUERY, ("gateway", "retrieve"), ("retriever", "POST /retrieve")),
    "load_passages": (
        QUERY,
        ("gateway", "retrieve"),
        ("retriever", "POST /retrieve"),
        ("retriever", "load_passages"),
    ),
    "pinecone.query": (
        QUERY,
        ("gateway", "retrieve"),
        ("retriever", "POST /retrieve"),
        ("retriever", "pinecone.query"),
    ),
    "score": (
        QUERY,
        ("gateway", "rerank"),
        ("retriever", "POST /rerank"),
        ("retriever", "score"),
    ),
    "POST /generate": (QUERY, ("gateway", "generate"), ("generator", "POST /generate")),
    "serialize_prompt": (
        QUERY,
        ("gateway", "generate"),
        ("generator", "POST /generate"),
        ("generator", "serialize_prompt"),
    ),
    "openai.generate": (
        QUERY,
        ("gateway", "generate"),
        ("generator", "POST /generate"),
        ("generator", "openai.generate"),
    ),
    "cache": (QUERY, ("gateway", "cache")),
}


def own(function: str, path: str, line: int) -> Frame:
    """A frame of the services' code; ``path`` is below services/."""
    return Frame(function, f"/app/services/{path}", line)


LOOP: Stack = (
    Frame("<module>", "/opt/venv/bin/uvicorn", 8),
    Frame("Runner.run", LIB + "asyncio/runners.py", 118),
    Frame("BaseEventLoop.run_forever", LIB + "asyncio/base_events.py", 683),
)
ASGI: Stack = (
    *LOOP,
    Frame("BaseEventLoop._run_once", LIB + "asyncio/base_events.py", 2042),
    Frame("Handle._run", LIB + "asyncio/events.py", 89),
    own("BodyLimit.__call__", "common/app.py", 38),
)
WORKER: Stack = (
    Frame("Thread._bootstrap", LIB + "threading.py", 1014),
    Frame("WorkerThread.run", SITE + "anyio/_backends/_asyncio.py", 1113),
)
IDLE: Stack = (*LOOP, Frame("EpollSelector.select", LIB + "selectors.py", 452))
QUERYING: Stack = (
    *ASGI,
    own("Gateway.query", "gateway/service.py", 44),
    own("Pipeline.answer", "gateway/pipeline.py", 70),
)
STORING: Stack = (*QUERYING, own("Cache.store", "gateway/cache.py", 93))
RETRIEVING: Stack = (*WORKER, own("Retriever.retrieve", "retriever/service.py", 55))
LOADING: Stack = (*RETRIEVING, own("Documents.load", "retriever/documents.py", 80))
EXECUTE = Frame("do_execute", SITE + "sqlalchemy/engine/default.py", 952)
RERANKING: Stack = (*WORKER, own("Retriever.rerank", "retriever/service.py", 70))
SCORING: Stack = (*RERANKING, own("score", "retriever/scoring.py", 86))
ALIGNING: Stack = (*SCORING, own("alignment", "retriever/scoring.py", 62))
GENERATING: Stack = (*WORKER, own("Generator.generate", "generator/service.py", 52))
SERIALIZING: Stack = (*GENERATING, own("serialize_prompt", "generator/prompt.py", 35))
RESPONDING: Stack = (*GENERATING, own("generate_response", "generator/completion.py", 45))
CALLING: Stack = (*RESPONDING, own("_call", "generator/completion.py", 60))
RECV = Frame("SyncStream.read", SITE + "httpcore2/_backends/sync.py", 126)
ANSWERING: Stack = (*CALLING, Frame("create", SITE + "openai/resources/chat.py", 1200), RECV)
PINECONE: Stack = (
    *RETRIEVING,
    own("VectorIndex.query", "retriever/index.py", 85),
    Frame("recv", SITE + "httpcore2/_backends/sync.py", 126),
)
QUEUE_GET: Stack = (
    Frame("QueuePool._do_get", SITE + "sqlalchemy/pool/impl.py", 167),
    Frame("Queue.get", SITE + "sqlalchemy/util/queue.py", 220),
    Frame("Condition.wait", LIB + "threading.py", 359),
)


def calls(
    *path: str,
    own_ms: float,
    count: float = 1,
    errors: float = 0,
    peer: str = "providers",
    extent_ms: float | None = None,
    answered: bool = False,
    statement: str = "",
) -> ClientCalls:
    """Like client calls."""
    extent_ms = own_ms if extent_ms is None else extent_ms
    return ClientCalls(path, peer, count, errors, own_ms, extent_ms, answered, statement)


def span(
    name: str,
    own_ms: tuple[float, ...],
    stacks: Mapping[Stack, float],
    *,
    cpu_ms: tuple[float, ...] | None = None,
    still: Mapping[Stack, float] | None = None,
    calls: tuple[ClientCalls, ...] = (),
    tokens: Mapping[str, float] | None = None,
) -> SpanCost:
    """A span's cost; on the critical path with all of its own time."""
    samples = round(sum(stacks.values()) / 10 * len(own_ms))
    place = PLACES[name]
    return SpanCost(
        place, own_ms, own_ms, cpu_ms, calls, tokens or {}, stacks, still or {}, samples
    )


COUNTS = Counts(
    functions=(
        Counted("retriever", "score", "score", "services/retriever/scoring.py", 74, 1, 1, None, ()),
        Counted(
            "retriever", "score", "alignment", "services/retriever/scoring.py", 50, 25, 25,
            "score", (),
        ),
        Counted(
            "generator", "serialize_prompt", "serialize_prompt", "services/generator/prompt.py",
            28, 1, 1, "Generator.generate", (),
        ),
        Counted(
            "generator", "openai.generate", "_call", "services/generator/completion.py", 55, 1, 1,
            "generate_response", (),
        ),
    ),
    awaited=(),
)  # fmt: skip


def healthy(replays: int = 3, counts: Counts | None = COUNTS) -> Measurement:
    """The mystery query, nothing wrong with it."""

    def times(value: float, spread: float = 0.01) -> tuple[float, ...]:
        return tuple(value * (1 + spread * step) for step in range(replays))

    chat = calls("chat gpt-4", "POST", own_ms=3490)
    spans = (
        span("POST /query", times(20), {QUERYING: 12, IDLE: 8}, cpu_ms=times(12)),
        span(
            "retrieve",
            times(12),
            {IDLE: 8, QUERYING: 4},
            cpu_ms=times(4),
            calls=(calls("POST", own_ms=8, peer="retriever", answered=True),),
        ),
        span("POST /retrieve", times(10), {RETRIEVING: 8}, cpu_ms=times(6)),
        span("load_passages", times(6), {(*LOADING, EXECUTE): 6}, cpu_ms=times(5),
             calls=(calls("SELECT", own_ms=3, peer="sqlite", statement="SELECT IN"),)),
        span("pinecone.query", times(120), {PINECONE: 118}, cpu_ms=times(4), still={PINECONE: 110},
             calls=(calls("POST", own_ms=117),)),
        span("score", times(410), {ALIGNING: 390, SCORING: 20}, cpu_ms=times(400)),
        span("POST /generate", times(12), {GENERATING: 8}, cpu_ms=times(6)),
        span("serialize_prompt", times(8), {SERIALIZING: 8}, cpu_ms=times(7),
             tokens={"llm.prompt_tokens": 1850}),
        span("openai.generate", times(3500, 0.002), {ANSWERING: 3490, CALLING: 8},
             cpu_ms=times(15), still={ANSWERING: 3480}, calls=(chat,),
             tokens={"llm.prompt_tokens": 1850, "llm.completion_tokens": 420}),
        span("cache", times(9), {STORING: 6, IDLE: 3}, cpu_ms=times(5),
             calls=(calls("SET", own_ms=2, peer="redis"),)),
    )  # fmt: skip
    request_ms = tuple(sum(one.own_ms[index] for one in spans) for index in range(replays))
    return Measurement(REQUEST, 1_700_000_000.0, "c1", replays, request_ms, spans, (), counts, {})


def changed(
    measurement: Measurement,
    *spans: SpanCost,
    counts: Counts | None = None,
    background: tuple[Background, ...] = (),
) -> Measurement:
    """The measurement with some spans in the place of those that are there."""
    new = {one.place: one for one in spans}
    kept = tuple(new.pop(one.place, one) for one in measurement.spans)
    every = (*kept, *new.values())
    request_ms = tuple(
        sum(one.own_ms[index] for one in every) for index in range(measurement.replays)
    )
    return replace(
        measurement,
        spans=every,
        request_ms=request_ms,
        counts=counts or measurement.counts,
        background=background,
    )


def slower(measurement: Measurement, factor: float) -> Measurement:
    """The same on a machine whose processor takes ``factor`` times as long."""

    def slow(cost: SpanCost) -> SpanCost:
        cpu_ms = cost.cpu_ms or (0.0,) * len(cost.own_ms)
        more = [(factor - 1) * used for used in cpu_ms]
        own_ms = tuple(ms + extra for ms, extra in zip(cost.own_ms, more, strict=True))
        return replace(
            cost,
            own_ms=own_ms,
            critical_ms=own_ms,
            cpu_ms=tuple(factor * used for used in cpu_ms),
            stacks={
                stack: ms if stack in cost.still or stack == IDLE else ms * factor
                for stack, ms in cost.stacks.items()
            },
        )

    return changed(measurement, *(slow(one) for one in measurement.spans))


def judged(
    now: Measurement,
    reference: Measurement | None = None,
    growth: tuple[Growth, ...] = (),
    source: Mapping[tuple[str, int], str] | None = None,
) -> Diagnosis:
    """Judge; ``source`` has lines by path and number."""
    lines = source or {}
    return diagnose(
        SLOWEST, now, reference, growth, source=lambda _, path, line: lines.get((path, line))
    )


def counted(
    service: str,
    where: str,
    function: str,
    path: str,
    times: int,
    *,
    distinct: int | None = None,
    caller: str | None = None,
    builtins: tuple[BuiltinCall, ...] = (),
) -> Counted:
    """A function's record in the counted replay; ``path`` is below services/."""
    file = f"services/{path}"
    return Counted(service, where, function, file, 1, times, distinct, caller, builtins)


def counts_with(*functions: Counted, awaited: tuple[Awaited, ...] = ()) -> Counts:
    """The healthy counts, with more."""
    return Counts((*functions, *COUNTS.functions), awaited)
