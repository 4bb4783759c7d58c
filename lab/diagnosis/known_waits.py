"""What a stack waits for, by names: a library's innermost frame, a C call, a line's text."""

import re
from typing import Literal

from lab.diagnosis.clues import Clues
from lab.diagnosis.shape import has_own
from lab.measure.measurement import SpanCost
from lab.measure.stacks import Stack
from lab.measure.waiting import wait_of

Waits = Literal["io", "lock", "pool", "sleep", "idle"]
"""``idle``: an event loop or a worker thread with nothing to run."""

POOL_FILES = re.compile(
    r"(?:^|/)(?:sqlalchemy/pool/\w+|\w*httpcore\w*/_a?sync/connection_pool|urllib3/connectionpool"
    r"|psycopg_pool/\w+|redis/(?:asyncio/)?connection|pymongo/pool|dbutils/\w+)\.py$"
)
POOL_LINE = re.compile(
    r"pool\w*\.(?:get\w*|acquire|connect\w*|checkout|take|borrow)\(", re.IGNORECASE
)
SLEEPS = re.compile(r"(?:^|[._])sleep")
LOCKS = re.compile(r"lock\w*\.(?:acquire|__enter__)|\.acquire$|semaphore|(?:^|\.)simplequeue\.get$")
SOCKETS = re.compile(
    r"socket\.\w+|select\.\w+|(?:^|\.)(?:recv|recv_into|sendall|connect|accept|poll|epoll)$"
    r"|(?:^|\.)(?:wait\w*|flock|lockf|fsync)$|^(?:posix|nt)\.system$"
)
# Other waits (`.wait(`, `.result(`, a thread's `.join(`) show a frame of the library's.
SLEEP_LINE = re.compile(r"\bsleep\w*\(")
LOCK_LINE = re.compile(r"^\s*(?:async\s+)?with\s+[\w.\[\]]+\s*:|\.acquire\(", re.ASCII)
# A line that took less than this in C did not wait there.
LEAST_C_MS = 1.0


def known_wait(cost: SpanCost, stack: Stack, clues: Clues) -> Waits | None:
    """What the stack waits for; None if its names don't say that it waits."""
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
    if called is not None and called.total_ms >= LEAST_C_MS:
        return callee_waits(called.callee)
    return _line_waits(clues.source(cost.service, leaf.path, leaf.line))


def callee_waits(name: str) -> Waits | None:
    """What a function written in C waits for; None if it isn't known to wait."""
    if SLEEPS.search(name):
        return "sleep"
    if LOCKS.search(name.lower()):
        return "lock"
    return "io" if SOCKETS.search(name) else None


def _line_waits(text: str | None) -> Waits | None:
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
