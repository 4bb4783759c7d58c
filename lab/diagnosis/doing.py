"""What a span's threads were doing: computing, or waiting, and for what.

A wait in C shows as the Python frame that called it. Where no name tells (known_waits), there is
only that the stack did not move. That alone is no wait: on a busy machine a thread that has to
compute stands still as well, wherever it happens to be. What a line of ours called in C was
measured (in_c).
"""

from collections.abc import Mapping
from statistics import fmean
from typing import Literal

from lab.diagnosis.clues import Clues
from lab.diagnosis.in_c import in_c, own_line
from lab.diagnosis.known_waits import known_wait
from lab.diagnosis.shape import added, is_elsewhere, total_ms
from lab.measure.measurement import SpanCost
from lab.measure.stacks import Frame, Stack
from lab.measure.waiting import computes

Doing = Literal["computing", "io", "lock", "pool", "sleep", "blocked", "idle", "stopped"]
"""``blocked``: it waited, nothing tells what for. ``idle``: an event loop or a worker thread with
nothing to run. ``stopped``: it would have gone on, had it had the processor.
"""
Parts = Mapping[Doing, Mapping[Stack, float]]

WORK: tuple[Doing, ...] = ("computing", "io", "lock", "pool", "sleep", "blocked")
"""What a thread does for a span."""

# A real wait is at the same place in each replay; a thread without processor stops anywhere.
ONE_PLACE = 0.7
# Of the time that a line of ours stood still, so much at least the C calls in it must explain.
C_CALL_SHARE = 0.3
C_CALL_MS = 5.0
HALF = 0.5
LEAST_C_MS = 30.0
LEAST_C_SHARE = 0.1
CROWDED = 1.5
PACED_FROM_MS = 50.0
STILL_SHARE = 0.1
MOST_PACE = 1.4


def split(cost: SpanCost, clues: Clues) -> Parts:
    """A span's stacks by what they were doing, milliseconds of one replay."""
    parts, moving, still = _sorted(cost, clues)
    computed = _computed_share(cost, moving, still, clues)
    blocked = _blocked(cost, still, clues)
    stopped = {stack: ms for stack, ms in still.items() if stack not in blocked}
    waited = 1 - computed
    if computed and clues.crowding >= CROWDED:
        waited = 0.0
    parts["computing"] = moving
    _add(parts, "computing", still, computed)
    _add(parts, "blocked", blocked, waited)
    _add(parts, "stopped", blocked, 1 - computed - waited)
    _add(parts, "stopped", stopped, 1 - computed)
    return {
        kind: kept
        for kind, stacks in parts.items()
        if (kept := {stack: ms for stack, ms in stacks.items() if ms > 0})
    }


def pace(cost: SpanCost, clues: Clues) -> float | None:
    """How many times as long as by the processor's clock a span computed by its stacks.

    None where that can't be said, as it stood still for a part of it or hardly computed.
    """
    if cost.cpu_ms is None or is_elsewhere(cost, clues.asynchronous):
        return None
    _, moving, still = _sorted(cost, clues)
    used_ms = fmean(cost.cpu_ms)
    if used_ms < PACED_FROM_MS or total_ms(still) > STILL_SHARE * total_ms(moving):
        return None
    return min(MOST_PACE, max(1.0, total_ms(moving) / used_ms))


def _sorted(
    cost: SpanCost, clues: Clues
) -> tuple[dict[Doing, dict[Stack, float]], dict[Stack, float], dict[Stack, float]]:
    """The known waits, and of what is left the time that moved or computed and that stood still."""
    known: dict[Doing, dict[Stack, float]] = {}
    moving: dict[Stack, float] = {}
    still: dict[Stack, float] = {}
    lines = in_c(cost, clues)
    for stack, ms in cost.stacks.items():
        if clues.is_foreign(cost, stack):
            continue
        did = _known(cost, stack, clues, lines)
        if did is not None and did != "computing":
            known.setdefault(did, {})[stack] = ms
            continue
        still_ms = 0.0 if did == "computing" else min(ms, cost.still.get(stack, 0.0))
        moving[stack] = ms - still_ms
        if still_ms:
            still[stack] = still_ms
    return known, moving, still


def _known(
    cost: SpanCost, stack: Stack, clues: Clues, lines: Mapping[Frame, Doing]
) -> Doing | None:
    """What names, or the processor's clock of what its line called in C, say about a stack."""
    wait = known_wait(cost, stack, clues)
    if wait is not None:
        return wait
    if computes(stack):
        return "computing"
    frame = own_line(stack)
    return lines.get(frame) if frame is not None else None


def _blocked(cost: SpanCost, still: Mapping[Stack, float], clues: Clues) -> dict[Stack, float]:
    """The stacks that stood still for a reason of their own."""
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

    It must be the one place where the span stood still. On a crowded machine that is not enough
    for a line of ours: there it must have called something in C that took as long.
    """
    leaf = stack[-1]
    is_counted = leaf.is_own and clues.counted(cost.service, cost.name, leaf) is not None
    if is_counted and clues.crowding >= CROWDED:
        called = clues.builtin(cost, leaf)
        if called is None or called.total_ms < C_CALL_MS * called.calls:
            return False
        return called.total_ms >= C_CALL_SHARE * place_ms
    return place_ms >= ONE_PLACE * whole_ms


def _place(stack: Stack) -> tuple[str, str, int]:
    leaf = stack[-1]
    return leaf.function, leaf.path, leaf.line


def _computed_share(
    cost: SpanCost, moving: Mapping[Stack, float], still: Mapping[Stack, float], clues: Clues
) -> float:
    """The share (0 to 1) of what stood still that computed: in C, or at one line of Python.

    What the thread used of the processor beyond what was seen to move, it used standing still; by
    the wall that takes somewhat longer (``pace``). On a crowded machine the rest may be time in
    which it didn't get the processor.
    """
    whole_ms = total_ms(still)
    if not whole_ms or cost.cpu_ms is None or is_elsewhere(cost, clues.asynchronous):
        return 0.0
    left_ms = (clues.pace or 1.0) * fmean(cost.cpu_ms) - total_ms(moving)
    if left_ms >= HALF * whole_ms:
        return 1.0
    return left_ms / whole_ms if left_ms >= max(LEAST_C_MS, LEAST_C_SHARE * whole_ms) else 0.0


def _add(
    parts: dict[Doing, dict[Stack, float]], kind: Doing, stacks: Mapping[Stack, float], share: float
) -> None:
    into = parts.setdefault(kind, {})
    for stack, ms in stacks.items():
        into[stack] = into.get(stack, 0.0) + share * ms


def merged(parts: Parts, *kinds: Doing) -> dict[Stack, float]:
    """The stacks of some kinds together."""
    return added(parts.get(kind, {}) for kind in kinds)
