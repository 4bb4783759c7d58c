"""What each thread did when: py-spy's chrometrace as a timeline."""

import json
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from lab.errors import LabError
from services.telemetry.conventions import OWN_FOLDERS

OWN_CODE = re.compile(rf"(?:^|/app/)((?:{'|'.join(OWN_FOLDERS)})/.+)$")
EXPRESSIONS = ("<genexpr>", "<listcomp>", "<setcomp>", "<dictcomp>")
THREAD = re.compile(r"thread \((\d+)\)")


FunctionKey = tuple[str, str]


@dataclass(frozen=True)
class Frame:
    """One Python frame. ``line`` is the line being executed, 0 if unknown."""

    function: str
    file: str
    line: int

    @property
    def key(self) -> FunctionKey:
        """What makes it the same function: its name and its file."""
        return self.function, self.file

    @property
    def is_own(self) -> bool:
        """Whether this is the services' own code, not a library's."""
        return is_own(self.file)

    @property
    def is_expression(self) -> bool:
        """Whether it is a comprehension or generator expression, a part of another function."""
        return self.function.endswith(EXPRESSIONS)

    @property
    def path(self) -> str:
        """The file as shown: relative to the project for own code, to site-packages otherwise."""
        own = OWN_CODE.search(self.file)
        if own is not None:
            return own[1]
        return re.sub(r"^.*/(?:site-packages|python3\.\d+)/", "", self.file)


def is_own(file: str) -> bool:
    """Whether a file, as Python names it or as it is shown, is the services' own code."""
    return OWN_CODE.search(file) is not None


Stack = tuple[Frame, ...]


@dataclass(frozen=True)
class Stay:
    """A thread kept one stack from ``start_us`` to ``end_us`` (since py-spy's start).

    ``stack`` has the outermost frame first.
    """

    thread_id: int
    start_us: int
    end_us: int
    stack: Stack


@dataclass(frozen=True)
class Timeline:
    """All stays of a recording, in order of start."""

    stays: tuple[Stay, ...]

    @cached_property
    def by_thread(self) -> Mapping[int, tuple[Stay, ...]]:
        found: dict[int, list[Stay]] = {}
        for stay in self.stays:
            found.setdefault(stay.thread_id, []).append(stay)
        return {thread: tuple(stays) for thread, stays in found.items()}

    def during(
        self, thread_id: int, start_us: int, end_us: int, origin_us: int
    ) -> Iterator[tuple[Stay, int]]:
        """A thread's stays that reach into a time, and for how many microseconds.

        Start and end are since the epoch, the recording's time zero is at ``origin_us``.
        """
        stays = self.by_thread.get(thread_id, ())
        first = bisect_right(stays, start_us - origin_us, key=lambda stay: stay.end_us)
        for stay in islice(stays, first, None):
            from_us = max(stay.start_us + origin_us, start_us)
            to_us = min(stay.end_us + origin_us, end_us)
            if stay.start_us + origin_us >= end_us:
                return
            if to_us > from_us:
                yield stay, to_us - from_us

    @property
    def start_us(self) -> int:
        return min((stay.start_us for stay in self.stays), default=0)

    @property
    def end_us(self) -> int:
        return max((stay.end_us for stay in self.stays), default=0)


def parse(data: bytes) -> Timeline:
    """Read py-spy's chrometrace (recorded with --threads).

    It has an event where a frame of a thread appears ("B") or goes ("E"), ``ts`` in microseconds
    since py-spy's start; the outermost frame names the thread with its native id. Raises LabError
    for anything else.
    """
    try:
        events = json.loads(data)
        by_thread: dict[int, list[tuple[int, str, Frame]]] = {}
        for event in events:
            frame = Frame(event["name"], event["args"]["filename"], event["args"]["line"] or 0)
            by_thread.setdefault(event["tid"], []).append((event["ts"], event["ph"], frame))
    except (ValueError, KeyError, TypeError) as bad:
        raise LabError(f"py-spy's chrometrace can't be read: {bad!r}") from bad
    stays = [stay for events in by_thread.values() for stay in _stays(events)]
    return Timeline(tuple(sorted(stays, key=lambda stay: (stay.start_us, stay.thread_id))))


def _stays(events: Sequence[tuple[int, str, Frame]]) -> Iterable[Stay]:
    open_frames: list[Frame] = []
    since_us = 0
    for time_us, phase, frame in events:
        if time_us > since_us and open_frames:
            thread = THREAD.match(open_frames[0].function)
            if thread is not None and len(open_frames) > 1:
                yield Stay(int(thread[1]), since_us, time_us, tuple(open_frames[1:]))
        since_us = time_us
        if phase == "B":
            open_frames.append(frame)
        elif open_frames:
            open_frames.pop()
