"""Which stacks of a service's threads worked for which span.

A span's own thread does, during the span's own time. While that one waits for other threads, so
does any other that is in the service's handlers: a sync handler runs on a worker while its server
span was opened by the event loop, and a handler may use threads of its own. A thread that is in
them just as much while no request is there works in the background, for none of them.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lab.measure.alignment import Aligned
from lab.measure.stacks import Stack, Stay, Timeline
from lab.measure.waiting import is_idle_loop, wait_of
from lab.traces.spans import Place

Times = Sequence[tuple[int, int]]

TELEMETRY = "services/telemetry/"
# A thread that computes in Python doesn't stay on one line for ten samples.
STILL_US = 100_000
GUARD_US = 60_000
BACKGROUND_SHARE = 0.5
BACKGROUND_LEAST_US = 50_000


@dataclass(frozen=True)
class Stretch:
    """A part of a span's own time (since the epoch); ``began_us`` is when the whole span began."""

    place: Place
    thread_id: int | None
    began_us: int
    start_us: int
    end_us: int


@dataclass
class Seen:
    """Microseconds by stack; ``still`` is the part in which it didn't change for STILL_US."""

    stacks: Counter[Stack] = field(default_factory=Counter)
    still: Counter[Stack] = field(default_factory=Counter)

    def add(self, stay: Stay, us: int) -> None:
        self.stacks[stay.stack] += us
        if stay.end_us - stay.start_us >= STILL_US:
            self.still[stay.stack] += us


def attribute(
    aligned: Aligned, stretches: Sequence[Stretch], background: Iterable[int]
) -> Mapping[Place, Seen]:
    """The stacks that worked for each place; ``background`` are the threads that work for none.

    The event loop's waiting for events is kept only while nothing else worked for the span.
    """
    hops = aligned.timeline.by_thread.keys() - set(background)
    found: dict[Place, Seen] = {}
    for stretch in stretches:
        seen = found.setdefault(stretch.place, Seen())
        others = [one for one in stretches if one is not stretch and _meet(one, stretch)]
        own = list(_own(aligned, stretch))
        worked = list(_hopped(aligned, stretch, others, hops, _waits(stretch, own)))
        for stay, start_us, end_us in worked:
            seen.add(stay, end_us - start_us)
        helped = union((start_us, end_us) for _, start_us, end_us in worked)
        for stay, start_us, end_us in own:
            left = without((start_us, end_us), helped) if is_idle_loop(stay.stack) else ()
            us = _length(left) if is_idle_loop(stay.stack) else end_us - start_us
            if us:
                seen.add(stay, us)
    return found


def background(aligned: Aligned, stretches: Sequence[Stretch], open_times: Times) -> frozenset[int]:
    """The threads that are in handlers' code as much beside the ``open_times`` as in them.

    ``open_times`` are those in which any span of the service is open.
    """
    origin_us, timeline = aligned.clock.origin_us, aligned.timeline
    inside = union(open_times)
    guarded = union((start - GUARD_US, end + GUARD_US) for start, end in open_times)
    whole = (timeline.start_us + origin_us, timeline.end_us + origin_us)
    outside = without(whole, guarded)
    inside_us, outside_us = _length(inside), _length(outside)
    known = {one.thread_id for one in stretches}
    found = set()
    for thread_id in timeline.by_thread.keys() - known:
        busy_in = _handler_us(timeline, thread_id, inside, origin_us)
        busy_out = _handler_us(timeline, thread_id, outside, origin_us)
        as_busy = busy_out * inside_us >= BACKGROUND_SHARE * busy_in * outside_us
        if busy_out >= BACKGROUND_LEAST_US and as_busy:
            found.add(thread_id)
    return frozenset(found)


def stacks_of(aligned: Aligned, thread_id: int, times: Times) -> Mapping[Stack, int]:
    """What a thread did during these times, in microseconds."""
    found: Counter[Stack] = Counter()
    for start_us, end_us in times:
        during = aligned.timeline.during(thread_id, start_us, end_us, aligned.clock.origin_us)
        for stay, us in during:
            found[stay.stack] += us
    return found


def union(times: Iterable[tuple[int, int]]) -> Times:
    """The same times without overlaps, in order."""
    found: list[tuple[int, int]] = []
    for start_us, end_us in sorted(times):
        if found and start_us <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end_us))
        else:
            found.append((start_us, end_us))
    return found


def without(whole: tuple[int, int], parts: Times) -> Times:
    """What of ``whole`` none of ``parts`` covers; parts in order and without overlaps."""
    found = []
    reached_us, ends_us = whole
    for start_us, end_us in parts:
        if start_us > reached_us:
            found.append((reached_us, min(start_us, ends_us)))
        reached_us = max(reached_us, end_us)
        if reached_us >= ends_us:
            break
    if reached_us < ends_us:
        found.append((reached_us, ends_us))
    return [(start_us, end_us) for start_us, end_us in found if end_us > start_us]


def _own(aligned: Aligned, stretch: Stretch) -> Iterator[tuple[Stay, int, int]]:
    if stretch.thread_id is not None:
        yield from _between(aligned, stretch.thread_id, (stretch.start_us, stretch.end_us))


def _waits(stretch: Stretch, own: Iterable[tuple[Stay, int, int]]) -> Times:
    """When the span's own thread may have waited for others."""
    busy = union((start_us, end_us) for stay, start_us, end_us in own if not _may_wait(stay))
    return without((stretch.start_us, stretch.end_us), busy)


def _may_wait(stay: Stay) -> bool:
    """Whether this may be waiting for a thread; a wait in C looks like standing still."""
    if is_idle_loop(stay.stack) or wait_of(stay.stack) == "lock":
        return True
    return stay.stack[-1].is_own and stay.end_us - stay.start_us >= STILL_US


def _hopped(
    aligned: Aligned,
    stretch: Stretch,
    others: Sequence[Stretch],
    threads: Iterable[int],
    waits: Times,
) -> Iterator[tuple[Stay, int, int]]:
    """What other threads did in handlers for this span: where none that began later is open."""
    later = union((o.start_us, o.end_us) for o in others if o.began_us > stretch.began_us)
    times = [left for wait in waits for left in without(wait, later)]
    for thread_id in threads:
        if thread_id == stretch.thread_id:
            continue
        taken = union((o.start_us, o.end_us) for o in others if o.thread_id == thread_id)
        for time in (left for whole in times for left in without(whole, taken)):
            for stay, start_us, end_us in _between(aligned, thread_id, time):
                if in_handler(stay.stack):
                    yield stay, start_us, end_us


def _between(
    aligned: Aligned, thread_id: int, time: tuple[int, int]
) -> Iterator[tuple[Stay, int, int]]:
    origin_us = aligned.clock.origin_us
    for stay, us in aligned.timeline.during(thread_id, *time, origin_us):
        start_us = max(stay.start_us + origin_us, time[0])
        yield stay, start_us, start_us + us


def in_handler(stack: Stack) -> bool:
    """Whether a service's own code is on the stack; telemetry alone works for no request."""
    return any(frame.is_own and not frame.path.startswith(TELEMETRY) for frame in stack)


def _handler_us(timeline: Timeline, thread_id: int, times: Times, origin_us: int) -> int:
    return sum(
        us
        for start_us, end_us in times
        for stay, us in timeline.during(thread_id, start_us, end_us, origin_us)
        if in_handler(stay.stack)
    )


def _meet(one: Stretch, other: Stretch) -> bool:
    return one.start_us < other.end_us and other.start_us < one.end_us


def _length(times: Times) -> int:
    return sum(end_us - start_us for start_us, end_us in times)
