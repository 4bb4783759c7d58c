"""Functions that take far more than in the healthy reference, even where their span hides it.

A span that computes half a second may vary by a hundred milliseconds from one replay to the next;
a function that hardly ran in the reference, or didn't, varies from nothing.
"""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from lab.cause import Cause
from lab.diagnosis.blame import Blamed, FunctionId, blame, innermost_own
from lab.diagnosis.case import Case
from lab.diagnosis.doing import CROWDED, WORK, Doing, merged
from lab.diagnosis.own_threads import waits_for_own_threads
from lab.diagnosis.shape import has_own, is_on_loop, total_ms
from lab.measure.stacks import Stack

# A machine that is busy makes functions slower; it doesn't make them twice as slow and more.
TIMES = 2.0
LEAST_MS = 10.0
LEAST_NOISE_MS = 15.0
SPREADS = 3.0
PERIOD_MS = 10.0  # between two samples
HALF = 0.5
CAUSES: tuple[tuple[tuple[Doing, ...], Cause], ...] = (
    (("computing",), "cpu"),
    (("lock",), "lock_wait"),
    (("pool",), "pool_wait"),
    (("io", "sleep", "blocked"), "io_wait"),
)


@dataclass(frozen=True)
class Grown:
    """What one function and all below it take beyond the reference, and what it does meanwhile.

    ``ms`` is without what other functions of the span take less: it may do their work.
    """

    ms: float
    blamed: Blamed
    cause: Cause


def grown(case: Case) -> Grown | None:
    """None where no function stands out, or nothing of the same request is there to compare."""
    kinds = _sure(case)
    if case.comparison.basis != "reference" or not kinds:
        return None
    now_ms = by_innermost(merged(case.parts, *kinds))
    before_ms = by_innermost(merged(case.parts_before, *kinds))
    keys = {key for key, ms in now_ms.items() if ms >= TIMES * before_ms[key] + LEAST_MS}
    over_ms = sum(now_ms[key] - before_ms[key] for key in keys)
    others = before_ms.keys() - keys
    ms = over_ms - sum(max(0.0, before_ms[key] - now_ms[key]) for key in others)
    if ms < noise_ms(over_ms, case.comparison.now.replays):
        return None
    parts = {kind: _of(case.parts.get(kind, {}), keys) for kind in kinds}
    blamed = blame(merged(parts, *kinds), _of(merged(case.parts_before, *kinds), keys))
    cause = _cause(parts)
    return Grown(ms, blamed, cause) if blamed and cause else None


def _sure(case: Case) -> tuple[Doing, ...]:
    """What is the function's own doing for certain, and no waiting for others' work."""
    is_for_own = waits_for_own_threads(case, against_reference=True)
    work = tuple(kind for kind in WORK if kind != "lock" or not is_for_own)
    if case.comparison.clues.crowding < CROWDED:
        return work
    if case.balance.cpu_ms is None:
        return ()
    return tuple(kind for kind in work if kind != "blocked")


def noise_ms(ms: float, replays: int) -> float:
    """What chance makes of so much time in samples, added up over the replays and shared by them.

    Samples that fall at random scatter by the root of their number (Poisson).
    """
    return max(LEAST_NOISE_MS, SPREADS * math.sqrt(max(0.0, ms) * PERIOD_MS / replays))


def by_innermost(stacks: Mapping[Stack, float]) -> Counter[FunctionId]:
    """The time by innermost own function, with that of libraries below it."""
    found: Counter[FunctionId] = Counter()
    for stack, ms in stacks.items():
        key = innermost_own(stack)
        if key is not None:
            found[key] += ms  # type: ignore[assignment] # a Counter of floats
    return found


def _of(stacks: Mapping[Stack, float], keys: set[FunctionId]) -> dict[Stack, float]:
    return {stack: ms for stack, ms in stacks.items() if innermost_own(stack) in keys}


def _cause(parts: Mapping[Doing, Mapping[Stack, float]]) -> Cause | None:
    """What most of the stacks' time was spent on."""
    stacks = merged(parts, *WORK)
    least_ms = HALF * total_ms(stacks)
    on_loop = {stack: ms for stack, ms in stacks.items() if is_on_loop(stack) and has_own(stack)}
    if total_ms(on_loop) > least_ms:
        return "event_loop_blocked"
    for kinds, cause in CAUSES:
        if total_ms(merged(parts, *kinds)) > least_ms:
            return cause
    return None
