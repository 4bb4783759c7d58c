"""What a stack of a span is doing: computing, or waiting, and for what.

A wait in C shows as the Python frame that called it. Of a library's frames the names tell what
they wait for (lab.waiting); of a line of our own code the counted replay's C calls tell, or the
line's text; else only that it did not move.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Literal

from lab.measurement import BuiltinCall, Counted, Counts, SpanCost
from lab.stacks import Frame, Stack
from lab.waiting import wait_of

SEVERAL_THREADS = 1.2
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}

Doing = Literal["computing", "io", "lock", "pool", "sleep", "blocked", "idle"]
"""``blocked``: it stood still, nothing tells why. ``idle``: an event loop or a worker thread with
nothing to run.
"""

Source = Callable[[str, str, int], str | None]
"""The text of a line: service, path as in lab.stacks.Frame.path, line number from 1."""

POOL_FILES = re.compile(
    r"(?:^|/)(?:sqlalchemy/pool/\w+|\w*httpcore\w*/_a?sync/connection_pool|urllib3/connectionpool"
    r"|psycopg_pool/\w+|redis/(?:asyncio/)?connection|pymongo/pool|dbutils/\w+)\.py$"
)
POOL_LINE = re.compile(
    r"pool\w*\.(?:get\w*|acquire|connect\w*|checkout|take|borrow)\(", re.IGNORECASE
)
LOOP_FILES = re.compile(r"(?:^|/)(?:asyncio/(?:base_events|runners|events)|uvloop/\w+)\.py$")
SLEEPS = re.compile(r"(?:^|[._])sleep")
LOCKS = re.compile(r"lock\w*\.(?:acquire|__enter__)|\.acquire$|semaphore|(?:^|\.)simplequeue\.get$")
SOCKETS = re.compile(
    r"socket\.\w+|select\.\w+|(?:^|\.)(?:recv|recv_into|sendall|connect|accept|poll|epoll)$"
    r"|posix\.(?:waitpid|read)"
)
SLEEP_LINE = re.compile(r"\bsleep\w*\(")
LOCK_LINE = re.compile(
    r"^\s*(?:async\s+)?with\s+[\w.\[\]]+\s*:|\.(?:acquire|wait|join|result)\(|\block\b", re.ASCII
)


@dataclass(frozen=True)
class Clues:
    """What besides the stacks tells what a line waits for.

    ``asynchronous`` are the services whose spans are open on their event loop.
    """

    counts: Counts | None = None
    asynchronous: frozenset[str] = frozenset()
    source: Source = field(default=lambda _service, _path, _line: None)

    def counted(self, service: str, span: str, frame: Frame) -> Counted | None:
        """The counted replay's record of the frame's function in the span."""
        if self.counts is None:
            return None
        return next(
            (
                one
                for one in self.counts.functions
                if (one.service, one.span) == (service, span) and is_same(one, frame)
            ),
            None,
        )

    def counted_as(self, cost: SpanCost, function: str, path: str) -> Counted | None:
        """The same by the function's name and path as shown."""
        return self.counted(cost.service, cost.name, Frame(function, path, 0))

    def is_foreign(self, cost: SpanCost, stack: Stack) -> bool:
        """Whether the stack is another request's: its own code ran for this one, but elsewhere.

        A span's stacks may hold those of threads that worked for others at the same time: where
        they take longer than the span itself, or no thread is the span's own.
        """
        if not (is_server(cost) or works_in_threads(cost)):
            return False
        own = (one for one in reversed(stack) if one.is_own and not one.is_expression)
        frame = next(own, None)
        if self.counts is None or frame is None:
            return False
        seen_in = {
            one.span
            for one in self.counts.functions
            if one.service == cost.service and is_same(one, frame)
        }
        return bool(seen_in) and cost.name not in seen_in

    def builtin(self, cost: SpanCost, frame: Frame) -> BuiltinCall | None:
        """The C call that most of the time on the frame's line went into, if one was counted."""
        counted = self.counted(cost.service, cost.name, frame)
        if counted is None:
            return None
        here = [one for one in counted.builtins if one.line == frame.line]
        return max(here or counted.builtins, key=lambda one: one.total_ms, default=None)


def asynchronous(spans: Iterable[SpanCost]) -> frozenset[str]:
    """The services whose spans, those of requests aside, have their stacks mostly on a loop."""
    on_loop_ms: dict[str, float] = {}
    for cost in spans:
        if not is_server(cost):
            for stack, ms in cost.stacks.items():
                sign = 1 if is_on_loop(stack) else -1
                on_loop_ms[cost.service] = on_loop_ms.get(cost.service, 0.0) + sign * ms
    return frozenset(service for service, ms in on_loop_ms.items() if ms > 0)


def is_server(cost: SpanCost) -> bool:
    """Whether it is a request's own span, which the server opens on its loop."""
    return cost.name.split(" ", 1)[0] in METHODS


def works_in_threads(cost: SpanCost) -> bool:
    """Whether more than one thread was at work for the span at a time, going by its stacks."""
    return total_ms(cost.stacks) > SEVERAL_THREADS * median(cost.own_ms)


def is_same(counted: Counted, frame: Frame) -> bool:
    """Whether both are the same function: file and name; either may leave out its class."""
    if counted.file != frame.path:
        return False
    one, other = counted.function, frame.function
    return one == other or (
        one.rpartition(".")[2] == other.rpartition(".")[2] and ("." not in one or "." not in other)
    )


def is_on_loop(stack: Stack) -> bool:
    """Whether an event loop runs this stack."""
    return any(LOOP_FILES.search(frame.file) for frame in stack)


def has_own(stack: Stack) -> bool:
    """Whether the stack has a frame of the services' own code."""
    return any(frame.is_own for frame in stack)


def split(cost: SpanCost, clues: Clues) -> Mapping[Doing, Mapping[Stack, float]]:
    """A span's stacks by what they were doing, milliseconds of one replay."""
    parts: dict[Doing, dict[Stack, float]] = {}
    for stack, ms in cost.stacks.items():
        if clues.is_foreign(cost, stack):
            continue
        known = _known(cost, stack, clues)
        if known is not None:
            parts.setdefault(known, {})[stack] = ms
            continue
        still_ms = min(ms, cost.still.get(stack, 0.0))
        if still_ms:
            parts.setdefault("blocked", {})[stack] = still_ms
        if ms > still_ms:
            parts.setdefault("computing", {})[stack] = ms - still_ms
    return _with_c_code(cost, parts)


def total_ms(stacks: Mapping[Stack, float]) -> float:
    """The time of all stacks."""
    return sum(stacks.values())


def _known(cost: SpanCost, stack: Stack, clues: Clues) -> Doing | None:
    """What the innermost frame is known to do; None where only its standing still can tell."""
    leaf, wait = stack[-1], wait_of(stack)
    if wait is not None and not has_own(stack):
        return "idle"
    if wait == "io":
        return "io"
    if wait == "lock":
        return "pool" if _is_in_pool(cost, stack, clues) else "lock"
    if not leaf.is_own:
        return "sleep" if SLEEPS.search(leaf.function) else None
    called = clues.builtin(cost, leaf)
    if called is not None and called.total_ms >= 1:
        return callee_does(called.callee)
    return _line(clues.source(cost.service, leaf.path, leaf.line))


def callee_does(name: str) -> Doing | None:
    """What a function written in C waits for; None if it isn't known to wait."""
    if SLEEPS.search(name):
        return "sleep"
    if LOCKS.search(name.lower()):
        return "lock"
    return "io" if SOCKETS.search(name) else None


def _line(text: str | None) -> Doing | None:
    if text is None:
        return None
    if SLEEP_LINE.search(text):
        return "sleep"
    return "lock" if LOCK_LINE.search(text) else None


def _is_in_pool(cost: SpanCost, stack: Stack, clues: Clues) -> bool:
    """Whether a wait for a lock is one for a connection: a pool's code is below our own."""
    for frame in reversed(stack):
        if frame.is_own:
            text = clues.source(cost.service, frame.path, frame.line)
            return text is not None and POOL_LINE.search(text) is not None
        if POOL_FILES.search(frame.file):
            return True
    return False


def _with_c_code(
    cost: SpanCost, parts: dict[Doing, dict[Stack, float]]
) -> Mapping[Doing, Mapping[Stack, float]]:
    """A thread that stood still at a line but used the processor was computing in C."""
    blocked = parts.get("blocked")
    if blocked is None or cost.cpu_ms is None:
        return parts
    used_ms = sum(cost.cpu_ms) / len(cost.cpu_ms)
    left_ms = used_ms - total_ms(parts.get("computing", {}))
    if left_ms >= total_ms(blocked) / 2:
        computing = parts.setdefault("computing", {})
        for stack, ms in parts.pop("blocked").items():
            computing[stack] = computing.get(stack, 0.0) + ms
    return parts
