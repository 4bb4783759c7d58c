"""The recordings of several services on the clock of the spans."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from lab.measure.clock import Clock, Interval, calibrate
from lab.measure.stacks import Timeline
from lab.traces.folding import places
from lab.traces.spans import Place, Trace
from services.telemetry.conventions import THREAD_ID

# As observed between services of which one is calibrated.
BORROWED_ERROR_US = 15_000


@dataclass(frozen=True)
class Aligned:
    """One service's recording; ``clock`` tells its time zero."""

    timeline: Timeline
    clock: Clock


def align(
    recorded: Mapping[str, tuple[Timeline, int]], traces: Sequence[Trace], period_us: int
) -> Mapping[str, Aligned]:
    """Calibrate each recording (timeline and about when py-spy started) against its spans.

    A service without a span that its samples show from edge to edge, such as one that only awaits,
    takes how long py-spy took to begin from the others: it is the same program on the same machine.
    """
    found = {
        service: Aligned(timeline, _best(timeline, service, traces, started_us, period_us))
        for service, (timeline, started_us) in recorded.items()
    }
    late_us = [
        one.clock.origin_us - recorded[service][1]
        for service, one in found.items()
        if one.clock.edges
    ]
    if not late_us:
        return found
    return {
        service: one if one.clock.edges else _borrowed(one, recorded[service][1], late_us)
        for service, one in found.items()
    }


def _best(
    timeline: Timeline, service: str, traces: Sequence[Trace], started_us: int, period_us: int
) -> Clock:
    """Of the calibrations by each of the service's places the one whose edges agree best."""
    clocks = [
        calibrate(timeline, intervals, started_us, period_us)
        for intervals in _by_place(service, traces).values()
    ]
    told = [clock for clock in clocks if clock.edges]
    if told:
        return min(told, key=lambda clock: clock.error_us)
    return calibrate(timeline, (), started_us, period_us)


def _by_place(service: str, traces: Iterable[Trace]) -> Mapping[Place, Sequence[Interval]]:
    found: dict[Place, list[Interval]] = {}
    for trace in traces:
        for span_id, place in places(trace).items():
            span = trace.by_id[span_id]
            thread_id = span.attributes.get(THREAD_ID)
            if span.service == service and isinstance(thread_id, int):
                found.setdefault(place, []).append(Interval(thread_id, span.start_us, span.end_us))
    return found


def _borrowed(one: Aligned, started_us: int, late_us: Sequence[int]) -> Aligned:
    origin_us = started_us + round(median(late_us))
    return Aligned(one.timeline, Clock(origin_us, BORROWED_ERROR_US, BORROWED_ERROR_US, 0))
