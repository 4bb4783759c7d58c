"""A whole query's trace, span by span, and ways to take something from it."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from lab.traces.spans import AttributeValue, Span, Trace

NOW_S = 1_800_000_000.0
AGO_S = 600.0
TOKENS: dict[str, AttributeValue] = {
    "llm.model": "gpt-4",
    "llm.prompt_tokens": 1850,
    "llm.completion_tokens": 420,
    "gen_ai.request.model": "gpt-4",
    "gen_ai.usage.input_tokens": 1850,
    "gen_ai.usage.output_tokens": 420,
    "user_id": "u1",
    "cost_usd": 0.0807,
}
# id, parent, name, service, kind, start and duration in ms
WHOLE = (
    ("01", None, "POST /query", "gateway", "server", 0, 4200),
    ("02", "01", "retrieve", "gateway", "internal", 10, 180),
    ("03", "02", "POST", "gateway", "client", 12, 170),
    ("04", "03", "POST /retrieve", "retriever", "server", 15, 160),
    ("05", "04", "embed", "retriever", "internal", 16, 5),
    ("06", "04", "pinecone.query", "retriever", "client", 25, 100),
    ("07", "04", "load_passages", "retriever", "internal", 130, 40),
    ("08", "01", "rerank", "gateway", "internal", 200, 420),
    ("09", "08", "POST", "gateway", "client", 202, 415),
    ("0a", "09", "POST /rerank", "retriever", "server", 205, 410),
    ("0b", "0a", "score", "retriever", "internal", 206, 400),
    ("0c", "01", "generate", "gateway", "internal", 630, 3500),
    ("0d", "0c", "POST", "gateway", "client", 632, 3490),
    ("0e", "0d", "POST /generate", "generator", "server", 640, 3480),
    ("0f", "0e", "serialize_prompt", "generator", "internal", 641, 5),
    ("10", "0e", "openai.generate", "generator", "internal", 650, 3460),
    ("11", "01", "cache", "gateway", "internal", 4150, 15),
)


def trace_id(number: int) -> str:
    """A trace id of 32 hex digits."""
    return f"{number:032x}"


def query(number: int = 1, ago_s: float = AGO_S) -> Trace:
    """An uncached query's trace as the trace contract has it, begun so long before NOW_S."""
    began_us = round((NOW_S - ago_s) * 1e6)
    spans = [
        Span(
            trace_id(number),
            span_id,
            parent,
            name,
            service,
            kind,
            began_us + start_ms * 1000,
            duration_ms * 1000,
        )
        for span_id, parent, name, service, kind, start_ms, duration_ms in WHOLE
    ]
    whole = Trace.of(spans)
    root: dict[str, AttributeValue] = {"user_id": "u1", "cost_usd": 0.0807, "cache.hit": False}
    return with_attributes(with_attributes(whole, "openai.generate", TOKENS), "POST /query", root)


def queries(count: int, ago_s: float = AGO_S) -> tuple[Trace, ...]:
    """So many whole queries, a second apart."""
    return tuple(query(number, ago_s - number) for number in range(1, count + 1))


def cached(number: int = 1) -> Trace:
    """A query answered from the cache: the gateway's two spans only."""
    kept = without(query(number), "retrieve", "rerank", "generate")
    return with_attributes(kept, "POST /query", {"cache.hit": True, "cost_usd": 0.0})


def changed(trace: Trace, change: Callable[[Span], Span]) -> Trace:
    """The trace with every span changed."""
    return Trace.of(change(span) for span in trace.spans)


def with_attributes(trace: Trace, name: str, attributes: dict[str, AttributeValue]) -> Trace:
    """The trace with attributes added to the spans of that name."""
    return changed(
        trace,
        lambda span: (
            replace(span, attributes={**span.attributes, **attributes})
            if span.name == name
            else span
        ),
    )


def without_attribute(trace: Trace, name: str, attribute: str) -> Trace:
    """The trace with one attribute taken from the spans of that name."""
    return changed(
        trace,
        lambda span: (
            replace(span, attributes={k: v for k, v in span.attributes.items() if k != attribute})
            if span.name == name
            else span
        ),
    )


def lost(trace: Trace, *names: str) -> Trace:
    """The trace without the spans of those names; their children become orphans."""
    return Trace.of(span for span in trace.spans if span.name not in names)


def without(trace: Trace, *names: str) -> Trace:
    """The trace without the spans of those names and all below them."""
    gone = {span.span_id for span in trace.spans if span.name in names}
    while more := {s.span_id for s in trace.spans if s.parent_id in gone} - gone:
        gone |= more
    return Trace.of(span for span in trace.spans if span.span_id not in gone)


def only(trace: Trace, services: Iterable[str]) -> Trace:
    """The spans of some services alone."""
    kept = set(services)
    return Trace.of(span for span in trace.spans if span.service in kept)


def jaeger_json(number: int, start_us: int = 1) -> dict[str, object]:
    """A trace of one span as Jaeger sends it."""
    span = {
        "traceID": trace_id(number),
        "spanID": "01",
        "operationName": "POST /query",
        "startTime": start_us,
        "duration": 1,
        "processID": "p1",
    }
    processes = {"p1": {"serviceName": "gateway"}}
    return {"traceID": trace_id(number), "spans": [span], "processes": processes}
