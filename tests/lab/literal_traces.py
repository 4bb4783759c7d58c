"""Traces of one query, written down: what the profile's tests judge."""

from lab.traces.spans import Span, Trace

T0_US = 1_700_000_000_000_000
MS = 1000
STATEMENT = "SELECT text FROM passages WHERE rowid={}"


def span(
    span_id: str,
    parent_id: str | None,
    name: str,
    service: str,
    at: tuple[float, float],
    *,
    kind: str = "internal",
    cpu_ms: float | None = None,
    thread: int = 1,
    **attributes: str | int | float,
) -> Span:
    """A span from ``at[0]`` to ``at[1]`` ms after the query's start; `__` in a name is a dot."""
    told = {key.replace("__", "."): value for key, value in attributes.items()}
    told["thread.id"] = thread
    if cpu_ms is not None:
        told["tracelab.cpu_time_ms"] = cpu_ms
    start_us = T0_US + round(at[0] * MS)
    return Span(
        "a" * 32,
        span_id,
        parent_id,
        name,
        service,
        kind,
        start_us,
        round((at[1] - at[0]) * MS),
        told,
        {"container.id": "c" * 64},
    )


def mystery(score_cpu_ms: float = 395.0) -> Trace:
    """A query that waits 3.5 s for its provider, having reranked for 400 ms."""
    return Trace.of(
        [
            span("00", "ff", "POST /query", "gateway", (0, 4200), kind="server", cpu_ms=30),
            span("10", "00", "retrieve", "gateway", (10, 190), cpu_ms=4),
            span("11", "10", "POST", "gateway", (12, 188), kind="client"),
            span("12", "11", "POST /retrieve", "retriever", (15, 185), kind="server", cpu_ms=3),
            span("13", "12", "pinecone.query", "retriever", (20, 160), kind="client", cpu_ms=2),
            span("20", "00", "rerank", "gateway", (190, 610), cpu_ms=4),
            span("21", "20", "POST", "gateway", (192, 608), kind="client"),
            span("22", "21", "POST /rerank", "retriever", (195, 605), kind="server", cpu_ms=3),
            span("23", "22", "score", "retriever", (200, 600), cpu_ms=score_cpu_ms, thread=7),
            span("30", "00", "generate", "gateway", (610, 4190), cpu_ms=5),
            span("31", "30", "POST", "gateway", (612, 4188), kind="client"),
            span("32", "31", "POST /generate", "generator", (615, 4185), kind="server", cpu_ms=4),
            span("33", "32", "serialize_prompt", "generator", (620, 640), cpu_ms=19, thread=9),
            span(
                "34",
                "32",
                "openai.generate",
                "generator",
                (650, 4150),
                cpu_ms=14,
                thread=9,
                llm__prompt_tokens=1850,
                llm__completion_tokens=420,
            ),
            span("35", "34", "chat gpt-4", "generator", (652, 4148), kind="client", thread=9),
            span(
                "36",
                "35",
                "POST",
                "generator",
                (654, 4146),
                kind="client",
                thread=9,
                server__address="providers",
            ),
        ]
    )


def rerank_slowest() -> Trace:
    """A query whose own computing outweighs its short answer."""
    return Trace.of(
        [
            span("00", "ff", "POST /query", "gateway", (0, 1000), kind="server", cpu_ms=20),
            span("20", "00", "rerank", "gateway", (10, 920), cpu_ms=4),
            span("21", "20", "POST", "gateway", (12, 918), kind="client"),
            span("22", "21", "POST /rerank", "retriever", (15, 915), kind="server", cpu_ms=3),
            span("23", "22", "score", "retriever", (20, 910), cpu_ms=860, thread=7),
        ]
    )


def many_selects(count: int = 50, other_ms: float = 0.0) -> Trace:
    """A query that reads its passages one by one, after another query of ``other_ms``."""
    began = 20 + other_ms
    selects = [
        span(
            f"9{number:02}",
            "31",
            "SELECT passages",
            "retriever",
            (began + number * 8, began + number * 8 + 6),
            kind="client",
            thread=7,
            db__query__text=STATEMENT.format(number),
            db__system__name="sqlite",
        )
        for number in range(count)
    ]
    ends = began + count * 8 + 5
    return Trace.of(
        [
            span("00", "ff", "POST /query", "gateway", (0, ends + 30), kind="server", cpu_ms=20),
            span("10", "00", "retrieve", "gateway", (5, ends + 20), cpu_ms=4),
            span("11", "10", "POST", "gateway", (6, ends + 18), kind="client"),
            span("12", "11", "POST /retrieve", "retriever", (8, ends + 10), kind="server"),
            span("31", "12", "load_passages", "retriever", (15, ends), cpu_ms=count, thread=7),
            span(
                "32",
                "31",
                "SELECT passages",
                "retriever",
                (15, 15 + other_ms),
                kind="client",
                thread=7,
                db__query__text="SELECT count(*) FROM passages",
            ),
            *selects,
        ]
    )


def named(trace: Trace, name: str) -> Span:
    """The trace's first span of that name."""
    return next(span for span in trace.spans if span.name == name)
