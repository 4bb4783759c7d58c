"""When a recording's time zero was on the spans' clock.

py-spy counts from its own start, which is known to some milliseconds only. The replayed spans tell
it better: a function that runs during them and at no other time begins and ends where they do.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from lab.measure.stacks import FunctionKey, Stay, Timeline
from lab.measure.waiting import is_idle_loop

GUARD_US = 60_000
SEARCH_US = 100_000
UNCALIBRATED_ERROR_US = 30_000  # as observed where nothing could be compared
INSIDE_SHARE = 0.9
OUTSIDE_SHARE = 0.02


@dataclass(frozen=True)
class Interval:
    """A span's time on its thread; microseconds since the epoch."""

    thread_id: int
    start_us: int
    end_us: int


@dataclass(frozen=True)
class Clock:
    """``origin_us``: the recording's time zero in microseconds since the epoch.

    ``error_us`` is the median distance of the ``edges`` compared, ``worst_us`` the largest; without
    edges both are what py-spy's start is known to be off by at most.
    """

    origin_us: int
    error_us: int
    worst_us: int
    edges: int


def calibrate(
    timeline: Timeline, intervals: Sequence[Interval], started_us: int, period_us: int
) -> Clock:
    """Align a recording with spans that it saw from end to end.

    Of the functions that run in the spans and not beside them, the one whose own length is nearest
    to the spans' marks their edges; a change shows half a sampling period late on average.
    """
    whole = [
        interval
        for interval in intervals
        if interval.start_us - started_us > timeline.start_us
        and interval.end_us - started_us < timeline.end_us
    ]
    found = [
        compared
        for marker in sorted(_markers(timeline, whole, intervals, started_us))
        if (compared := _compare(timeline, whole, started_us, marker)) is not None
    ]
    if found:
        _, edges = min(found)
        origin_us = round(median(edges)) + period_us // 2
        off_us = [abs(edge + period_us // 2 - origin_us) for edge in edges]
        if abs(origin_us - started_us) <= SEARCH_US:
            return Clock(origin_us, round(median(off_us)), max(off_us), len(edges))
    return Clock(started_us, UNCALIBRATED_ERROR_US, UNCALIBRATED_ERROR_US, 0)


def _compare(
    timeline: Timeline, intervals: Sequence[Interval], started_us: int, marker: FunctionKey
) -> tuple[float, list[int]] | None:
    """How far the marker's length is off the spans', and the origin that each edge speaks for."""
    misfits: list[int] = []
    edges: list[int] = []
    for interval in intervals:
        seen = _seen(timeline, interval, started_us, marker)
        if seen is None:
            continue
        start_us, end_us = seen
        edges += [interval.start_us - start_us, interval.end_us - end_us]
        misfits.append(abs((end_us - start_us) - (interval.end_us - interval.start_us)))
    return (fmean(misfits), edges) if misfits else None


def _markers(
    timeline: Timeline, whole: Sequence[Interval], intervals: Sequence[Interval], started_us: int
) -> set[FunctionKey]:
    """Functions on the stack nearly all the time well inside the whole spans, never well outside.

    Outside of all ``intervals``, that is: those at the recording's ends too.
    """
    inside: Counter[FunctionKey] = Counter()
    outside: Counter[FunctionKey] = Counter()
    inside_us = 0
    for interval in whole:
        guard_us = min(GUARD_US, (interval.end_us - interval.start_us) // 4)
        start_us, end_us = interval.start_us + guard_us, interval.end_us - guard_us
        for stay, us in timeline.during(interval.thread_id, start_us, end_us, started_us):
            inside_us += us
            _count(inside, stay, us)
    for thread_id, start_us, end_us in _gaps(timeline, intervals, started_us):
        for stay, us in timeline.during(thread_id, start_us, end_us, started_us):
            _count(outside, stay, us)
    return {
        key
        for key, us in inside.items()
        if us >= INSIDE_SHARE * inside_us and outside[key] <= OUTSIDE_SHARE * us
    }


def _gaps(
    timeline: Timeline, intervals: Sequence[Interval], started_us: int
) -> Iterable[tuple[int, int, int]]:
    """The times well outside the spans, on their threads."""
    for thread_id in {interval.thread_id for interval in intervals}:
        spans = sorted((i.start_us, i.end_us) for i in intervals if i.thread_id == thread_id)
        begin_us = started_us
        for start_us, end_us in [*spans, (started_us + timeline.end_us, 0)]:
            if start_us - GUARD_US > begin_us:
                yield thread_id, begin_us, start_us - GUARD_US
            begin_us = end_us + GUARD_US


def _seen(
    timeline: Timeline, interval: Interval, started_us: int, marker: FunctionKey
) -> tuple[int, int] | None:
    """When the marker was first and last on the stack around a span, in the recording's time."""
    found = [
        stay
        for stay, _ in timeline.during(
            interval.thread_id,
            interval.start_us - GUARD_US,
            interval.end_us + GUARD_US,
            started_us,
        )
        if any(frame.key == marker for frame in stay.stack)
    ]
    if not found:
        return None
    return min(stay.start_us for stay in found), max(stay.end_us for stay in found)


def _count(counter: Counter[FunctionKey], stay: Stay, us: int) -> None:
    if is_idle_loop(stay.stack):  # it marks no span: the loop waits in them and beside them
        return
    for key in {frame.key for frame in stay.stack}:
        counter[key] += us
