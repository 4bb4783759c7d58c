"""What coroutines wait for, by what they await innermost."""

import re
from collections.abc import Sequence
from typing import Literal

from lab.measure.measurement import Awaited
from lab.measure.stacks import Frame, Stack

Awaits = Literal["io", "lock", "pool", "sleep"]

# What any wait may end in: it is who called it that tells.
PRIMITIVES = re.compile(
    r"(?:^|/)(?:asyncio/(?:locks|queues|tasks|timeouts)|anyio/_backends/\w+"
    r"|anyio/_core/_synchronization|_synchronization)\.py$"
)
LOCKS = re.compile(r"(?:^|/)(?:asyncio/locks|anyio/(?:_backends/\w+|_core/_synchronization))\.py$")
LOCK_CALLS = re.compile(r"(?:^|\.)(?:acquire|Condition\.wait)$")
TASKS = re.compile(r"(?:^|/)asyncio/(?:taskgroups\.py$|tasks\.py$)")
TASK_CALLS = re.compile(r"TaskGroup\.|_?wait$")
# So much of what a chain waited, the tasks that it awaits must have been seen to wait.
TOLD = 0.5


def awaits(stack: Stack) -> Awaits:
    """What the chain waits for; ``io`` is what no name tells."""
    leaf = stack[-1]
    if leaf.function.rpartition(".")[2] == "sleep":
        return "sleep"
    caller = next((one for one in reversed(stack) if not PRIMITIVES.search(one.file)), leaf)
    if not caller.is_own and _is_pool(caller):
        return "pool"
    is_lock = LOCKS.search(leaf.file) is not None and LOCK_CALLS.search(leaf.function) is not None
    return "lock" if is_lock else "io"


def by_chain(waits: Sequence[Awaited]) -> dict[Stack, float]:
    """Milliseconds waited by chain, without chains that only await other tasks among these."""
    found: dict[Stack, float] = {}
    for one in waits:
        if not (_awaits_tasks(one) and _is_told(one, waits)):
            found[one.stack] = found.get(one.stack, 0.0) + one.waited_ms
    return found


def _is_pool(frame: Frame) -> bool:
    owner = frame.function.rpartition(".")[0]
    return "pool" in frame.path.lower() or "pool" in owner.lower()


def _awaits_tasks(one: Awaited) -> bool:
    leaf = one.stack[-1]
    is_waiting = TASKS.search(leaf.file) is not None and TASK_CALLS.search(leaf.function)
    return leaf.is_own or bool(is_waiting)


def _is_told(one: Awaited, waits: Sequence[Awaited]) -> bool:
    """Whether tasks that began elsewhere waited as long, for something that can be named."""
    told_ms = sum(
        other.waited_ms
        for other in waits
        if other.stack[0].key != one.stack[0].key and not _awaits_tasks(other)
    )
    return told_ms >= TOLD * one.waited_ms
