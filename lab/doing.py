"""What a span's threads were doing: computing, or waiting, and for what.

A wait in C shows as the Python frame that called it. Where no name tells (lab.known_waits), there
is only that the stack did not move. That alone is no wait: on a busy machine a thread that has to
compute stands still as well, wherever it happens to be.
"""

from collections.abc import Mapping
from typing import Literal

from lab.clues import Clues
from lab.known_waits import known_wait
from lab.measurement import SpanCost
from lab.shape import total_ms
from lab.stacks import Stack

Doing = Literal["computing", "io", "lock", "pool", "sleep", "blocked", "idle"]
"""``blocked``: it waited, nothing tells what for. ``idle``: an event loop or a worker thread with
nothing to run.
"""
Parts = Mapping[Doing, Mapping[Stack, float]]

# A real wait is at the same place in each replay; a thread without processor stops anywhere.
ONE_PLACE = 0.7
# Of the time that a line of ours stood still, so much at least the C calls in it must explain.
C_CALL_SHARE = 0.3
C_CALL_MS = 5.0


def split(cost: SpanCost, clues: Clues) -> Parts:
    """A span's stacks by what they were doing, milliseconds of one replay."""
    parts: dict[Doing, dict[Stack, float]] = {}
    unknown: dict[Stack, float] = {}
    for stack, ms in cost.stacks.items():
        if clues.is_foreign(cost, stack):
            continue
        known = known_wait(cost, stack, clues)
        if known is None:
            unknown[stack] = ms
        else:
            parts.setdefault(known, {})[stack] = ms
    blocked = _blocked(cost, unknown, clues)
    if _computes_in_c(cost, unknown, blocked):
        blocked = {}
    moving = {stack: ms - blocked.get(stack, 0.0) for stack, ms in unknown.items()}
    parts["blocked"] = blocked
    parts["computing"] = {stack: ms for stack, ms in moving.items() if ms > 0}
    return {kind: stacks for kind, stacks in parts.items() if stacks}


def _blocked(cost: SpanCost, unknown: Mapping[Stack, float], clues: Clues) -> dict[Stack, float]:
    """The part of the stacks that stood still, and for a reason of their own."""
    still = {
        stack: min(ms, cost.still[stack]) for stack, ms in unknown.items() if cost.still.get(stack)
    }
    by_place: dict[tuple[str, str, int], float] = {}
    for stack, ms in still.items():
        by_place[_place(stack)] = by_place.get(_place(stack), 0.0) + ms
    whole_ms = total_ms(still)
    return {
        stack: ms
        for stack, ms in still.items()
        if _may_wait(cost, stack, by_place[_place(stack)], whole_ms, clues)
    }


def _may_wait(cost: SpanCost, stack: Stack, place_ms: float, whole_ms: float, clues: Clues) -> bool:
    """Whether a stack that stood still can have waited there.

    A line of ours can only where it called something in C that took as long. Elsewhere it must be
    the one place where the span stood still.
    """
    leaf = stack[-1]
    if leaf.is_own and clues.counted(cost.service, cost.name, leaf) is not None:
        called = clues.builtin(cost, leaf)
        if called is None or called.total_ms < C_CALL_MS * called.calls:
            return False
        return called.total_ms >= C_CALL_SHARE * place_ms
    return place_ms >= ONE_PLACE * whole_ms


def _place(stack: Stack) -> tuple[str, str, int]:
    leaf = stack[-1]
    return leaf.function, leaf.path, leaf.line


def _computes_in_c(
    cost: SpanCost, unknown: Mapping[Stack, float], blocked: Mapping[Stack, float]
) -> bool:
    """Whether the thread used the processor while it stood still: it was computing in C."""
    if cost.cpu_ms is None or not blocked:
        return False
    used_ms = sum(cost.cpu_ms) / len(cost.cpu_ms)
    moving_ms = total_ms(unknown) - total_ms(blocked)
    return used_ms - moving_ms >= total_ms(blocked) / 2
