"""Spans of the application with the client calls they make themselves folded in.

An instrumentation gives each HTTP, SQL or Redis call a client span of its own, and nested ones for
one call (`chat gpt-4` around `POST`). Ranked one by one, the innermost of them would be the slowest
span of every request, and it names no code. So the time of a client span belongs to the nearest
span above it, of the same service, that the application made: the call is what that one spends its
time on. The client spans are then what it waits for.
"""

from collections.abc import Mapping

from lab.traces.critical_path import Ranked, critical_self_time_us
from lab.traces.spans import Place, Span, Trace
from services.telemetry.conventions import APPLICATION


def is_application(span: Span) -> bool:
    """Whether the span is the application's own and no instrumented client call."""
    return span.kind.lower() != "client" or span.name in APPLICATION


def owners(trace: Trace) -> Mapping[str, Span]:
    """By span id: the application span that the span's time belongs to, often itself."""
    found: dict[str, Span] = {}
    for span in trace.spans:
        owner = span
        while not is_application(owner):
            parent = trace.by_id.get(owner.parent_id or "")
            if parent is None or parent.service != span.service:
                owner = span
                break
            owner = parent
        found[span.span_id] = owner
    return found


def rank(trace: Trace, critical_us: Mapping[str, int]) -> tuple[tuple[Span, int], ...]:
    """Application spans with their folded microseconds on the critical path, the longest first."""
    folded: dict[str, int] = {}
    for span_id, owner in owners(trace).items():
        folded[owner.span_id] = folded.get(owner.span_id, 0) + critical_us[span_id]
    spans = [(span, folded[span.span_id]) for span in trace.spans if folded.get(span.span_id)]
    return tuple(sorted(spans, key=lambda one: -one[1]))


def slowest_span(trace: Trace) -> Ranked:
    """The application span that the request waited for longest: critical self time."""
    ranked = rank(trace, critical_self_time_us(trace)) or ((trace.root, 0),)
    span, own_us = ranked[0]
    following, next_us = ranked[1] if len(ranked) > 1 else (None, 0)
    share = own_us / trace.root.duration_us if trace.root.duration_us else 0.0
    return Ranked(span, own_us, share, following, own_us - next_us)


def places(trace: Trace) -> Mapping[str, Place]:
    """By span id, for each application span: where it is in the request.

    Client spans on the way are left out, so that a call made in another way changes no place.
    """
    belongs_to = owners(trace)
    found: dict[str, Place] = {}
    for span in trace.spans:
        if belongs_to[span.span_id] is span:
            found[span.span_id] = _place(trace, span, belongs_to)
    return found


def _place(trace: Trace, span: Span, belongs_to: Mapping[str, Span]) -> Place:
    place = []
    current: Span | None = span
    while current is not None:
        place.append((current.service, current.name))
        above = trace.by_id.get(current.parent_id or "")
        current = belongs_to[above.span_id] if above else None
    return tuple(reversed(place))
