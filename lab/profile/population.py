"""Is a span slow in this trace only, or in every one like it?"""

from collections.abc import Iterable

from lab.diagnosis.findings import Population
from lab.traces.folding import places
from lab.traces.jaeger import Jaeger
from lab.traces.spans import Place, Trace
from lab.traffic.percentiles import percentile
from lab.traffic.replay import is_replay
from services.telemetry.conventions import ROOT_SPAN, SERVICES

MOST_TRACES = 200


def population(
    jaeger: Jaeger, trace: Trace, place: Place, since_s: float, now_us: int
) -> Population | None:
    """Compare a span of ``trace`` with the same place in the window's other queries.

    The newest MOST_TRACES are looked at, replays left out. None where no other has that place.
    """
    others = jaeger.traces(
        service=SERVICES[0],
        operation=ROOT_SPAN,
        start_us=now_us - round(since_s * 1_000_000),
        end_us=now_us,
        limit=MOST_TRACES,
    )
    return compare(trace, place, (one for one in others if not is_replay(one)))


def compare(trace: Trace, place: Place, others: Iterable[Trace]) -> Population | None:
    """How long the spans at ``place`` take in other traces, those of one trace added up."""
    found = sorted(
        ms
        for other in others
        if other.trace_id != trace.trace_id and (ms := duration_ms(other, place)) is not None
    )
    if not found:
        return None
    this_ms = duration_ms(trace, place) or 0.0
    return Population(
        traces=len(found),
        median_ms=percentile(found, 0.5),
        p95_ms=percentile(found, 0.95),
        longer=sum(ms > this_ms for ms in found),
    )


def duration_ms(trace: Trace, place: Place) -> float | None:
    """How long the trace's spans at a place took together, None where it has none."""
    ids = [span_id for span_id, one in places(trace).items() if one == place]
    return sum(trace.by_id[span_id].duration_ms for span_id in ids) if ids else None
