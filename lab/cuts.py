"""What a span's thread did during the span: parts of a timeline cut out by time, and folded."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lab.stacks import Frame, FunctionKey, Stack, Timeline
from lab.waiting import Wait, wait_of


@dataclass(frozen=True)
class Interval:
    """A span's time on its thread; microseconds since the epoch."""

    thread_id: int
    start_us: int
    end_us: int


# A thread that computes in Python doesn't stay on one line for ten samples.
STILL_US = 100_000


@dataclass(frozen=True)
class Cut:
    """The stacks seen inside the wanted intervals, and for how long.

    ``wanted_us`` is the intervals' length, ``covered_us`` how much of it the recording shows,
    ``still_us`` how much of that the stack didn't change, not even by a line, for 100 ms or more.
    """

    stacks: Mapping[Stack, int]
    intervals: int
    wanted_us: int
    still_us: int = 0

    @property
    def covered_us(self) -> int:
        return sum(self.stacks.values())

    def samples(self, rate_hz: int) -> int:
        """About how many samples the cut rests on: its length in sampling periods."""
        return round(self.covered_us * rate_hz / 1_000_000)

    def waiting_us(self, kind: Wait) -> int:
        """The time in which the innermost frame was a known waiting call."""
        return sum(us for stack, us in self.stacks.items() if wait_of(stack) == kind)


@dataclass(frozen=True)
class FunctionTime:
    """Time of one function inside a cut; ``line`` is where it spent most of it."""

    function: str
    file: str
    line: int
    self_us: int
    total_us: int


def cut(timeline: Timeline, intervals: Iterable[Interval], origin_us: int) -> Cut:
    """Keep what the intervals' threads did during them; py-spy started at ``origin_us``."""
    stacks: Counter[Stack] = Counter()
    wanted_us = still_us = count = 0
    for interval in intervals:
        count += 1
        wanted_us += interval.end_us - interval.start_us
        for stay, us in timeline.during(
            interval.thread_id, interval.start_us, interval.end_us, origin_us
        ):
            stacks[stay.stack] += us
            still_us += us if stay.end_us - stay.start_us >= STILL_US else 0
    return Cut(dict(stacks), count, wanted_us, still_us)


def functions(cut: Cut) -> tuple[FunctionTime, ...]:
    """Self and total time of each function, a recursive one counted once; most self time first."""
    self_us: Counter[FunctionKey] = Counter()
    total_us: Counter[FunctionKey] = Counter()
    lines: dict[FunctionKey, Counter[int]] = {}
    for stack, us in cut.stacks.items():
        self_us[stack[-1].key] += us
        innermost = {frame.key: frame.line for frame in stack}
        for key, line in innermost.items():
            total_us[key] += us
            lines.setdefault(key, Counter())[line] += us
    paths = {frame.key: frame.path for stack in cut.stacks for frame in stack}
    found = [
        FunctionTime(key[0], paths[key], lines[key].most_common(1)[0][0], self_us[key], total)
        for key, total in total_us.items()
    ]
    return tuple(sorted(found, key=lambda f: (-f.self_us, -f.total_us, f.file, f.function)))


def accountable(cut: Cut, share: float = 0.5) -> Frame | None:
    """The deepest frame of the services' own code that at least ``share`` of the time is under.

    From the outermost frame inwards the heaviest function is followed while it holds that much; of
    its lines the heaviest is returned. None if no own function holds enough.
    """
    found: Frame | None = None
    stacks = _under_heaviest(cut.stacks, 0, share * cut.covered_us)
    depth = 0
    while stacks:
        lines: Counter[Frame] = Counter()
        for stack, us in stacks.items():
            lines[stack[depth]] += us
        frame = lines.most_common(1)[0][0]
        if frame.is_own and not frame.is_expression:
            found = frame
        depth += 1
        stacks = _under_heaviest(stacks, depth, share * cut.covered_us)
    return found


def _under_heaviest(stacks: Mapping[Stack, int], depth: int, least_us: float) -> dict[Stack, int]:
    """The stacks under the heaviest function at ``depth``; none if it holds too little."""
    weights: Counter[FunctionKey] = Counter()
    for stack, us in stacks.items():
        if len(stack) > depth:
            weights[stack[depth].key] += us
    if not weights:
        return {}
    key, heaviest_us = weights.most_common(1)[0]
    if heaviest_us < max(least_us, 1):
        return {}
    return {
        stack: us for stack, us in stacks.items() if len(stack) > depth and stack[depth].key == key
    }
