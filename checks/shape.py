"""The shape of one query's trace, measured against the trace contract."""

from collections.abc import Iterator

from lab.traces.spans import Span, Trace
from services.telemetry.conventions import (
    CACHE_HIT,
    EMBED,
    GENERATE,
    LOAD_PASSAGES,
    OPENAI_GENERATE,
    PINECONE_QUERY,
    RERANK,
    RETRIEVE,
    ROOT_SPAN,
    SCORE,
    SERIALIZE_PROMPT,
    SERVICES,
    STAGES,
)

GATEWAY = SERVICES[0]
# The service that does a stage's work, and the spans it makes doing so.
WORK = {
    RETRIEVE: ("retriever", (EMBED, PINECONE_QUERY, LOAD_PASSAGES)),
    RERANK: ("retriever", (SCORE,)),
    GENERATE: ("generator", (SERIALIZE_PROMPT, OPENAI_GENERATE)),
}
NAMES = {ROOT_SPAN, *STAGES, *(name for _, names in WORK.values() for name in names)}


def entry(trace: Trace) -> Span | None:
    """The gateway's span of the request itself. Only a forced one has a parent, elsewhere."""
    return next((span for span in trace.roots if _is_entry(span)), None)


def orphans(trace: Trace) -> tuple[Span, ...]:
    """Spans without their parent in the trace, the first entry left out."""
    first = entry(trace)
    return tuple(span for span in trace.roots if span is not first)


def is_of_a_query(trace: Trace) -> bool:
    """Whether a trace is, or is a piece of, a query's; else a service did something on its own."""
    return any(
        span.kind == "server" or span.name in NAMES or span.parent_id not in (None, *trace.by_id)
        for span in trace.spans
    )


def stage(trace: Trace, name: str) -> Span | None:
    """The gateway's span of that stage, directly under the request."""
    above = entry(trace)
    if above is None:
        return None
    below = trace.children(above)
    return next((span for span in below if (span.service, span.name) == (GATEWAY, name)), None)


def descendants(trace: Trace, span: Span) -> Iterator[Span]:
    """All spans below, parents before their children."""
    for child in trace.children(span):
        yield child
        yield from descendants(trace, child)


def is_cached(trace: Trace) -> bool:
    """Whether the answer came from the cache, so that no stage ran."""
    first = entry(trace)
    return first is not None and first.attributes.get(CACHE_HIT) is True


def is_failed(trace: Trace) -> bool:
    """Whether the request ended in an error, so that later stages may be absent."""
    first = entry(trace)
    if first is None:
        return False
    status = first.attributes.get("http.response.status_code", 200)
    return first.is_error or (isinstance(status, int) and status >= 400)


def missing(trace: Trace) -> tuple[str, ...]:
    """The spans that a complete, uncached query has and this trace lacks."""
    if entry(trace) is None:
        return (f"{ROOT_SPAN} of {GATEWAY}",)
    lacking: list[str] = []
    for name in STAGES:
        found = stage(trace, name)
        if found is None:
            lacking.append(name)
            continue
        service, spans = WORK[name]
        below = {(span.service, span.name) for span in descendants(trace, found)}
        lacking += [f"{inner} of {service}" for inner in spans if (service, inner) not in below]
    return tuple(lacking)


def uncrossed(trace: Trace) -> tuple[str, ...]:
    """The stages that did not fail and yet have no server span of their service below them."""
    lacking = []
    for name, (service, _) in WORK.items():
        found = stage(trace, name)
        if found is None or found.is_error:
            continue
        below = descendants(trace, found)
        if not any(span.service == service and span.kind == "server" for span in below):
            lacking.append(name)
    return tuple(lacking)


def _is_entry(span: Span) -> bool:
    return span.service == GATEWAY and span.name == ROOT_SPAN
