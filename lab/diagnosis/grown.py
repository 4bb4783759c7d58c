"""Functions that take far more than in the healthy reference, even where their span hides it.

A span that computes half a second may vary by a hundred milliseconds from one replay to the next;
a function that hardly ran in the reference, or didn't, varies from nothing. And what is shared by
all services may take a little of each span.
"""

import math
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

from lab.cause import Cause
from lab.diagnosis.blame import Blamed, FunctionId, blame, by_innermost, innermost_function
from lab.diagnosis.case import Case
from lab.diagnosis.doing import CROWDED, WORK, Doing, Parts, merged
from lab.diagnosis.excess import LEAST_NOISE_MS, SPREADS
from lab.diagnosis.finding import RATE_HZ
from lab.diagnosis.own_threads import waits_for_own_threads
from lab.diagnosis.shape import added, keeps_loop, total_ms
from lab.measure.stacks import Stack

# A machine that is busy makes functions slower; it doesn't make them twice as slow and more.
TIMES = 2.0
LEAST_MS = 10.0
LEAST_EACH_MS = 5.0
PERIOD_MS = 1000 / RATE_HZ
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

    ``ms`` is without what other functions of the same spans take less: they may do their work.
    ``where`` is the span with most of it, ``spans`` in how many it is.
    """

    ms: float
    blamed: Blamed
    cause: Cause
    where: Case
    spans: int


def grown(cases: Sequence[Case]) -> Grown | None:
    """The function that stands out in these spans together.

    None where none does, or nothing of the same request is there to compare.
    """
    compared = [case for case in cases if case.comparison.basis == "reference"]
    now = [{kind: case.parts.get(kind, {}) for kind in _sure(case)} for case in compared]
    before = [{kind: case.parts_before.get(kind, {}) for kind in _sure(case)} for case in compared]
    now_ms, before_ms = (_by_function(parts) for parts in (now, before))
    keys = {key for key, ms in now_ms.items() if key and ms >= TIMES * before_ms[key] + LEAST_MS}
    over_ms = sum(now_ms[key] - before_ms[key] for key in keys)
    others = before_ms.keys() - keys
    ms = over_ms - sum(max(0.0, before_ms[key] - now_ms[key]) for key in others)
    if not keys or ms < noise_ms(over_ms, compared[0].comparison.now.replays):
        return None
    parts = [{kind: _of(stacks, keys) for kind, stacks in one.items()} for one in now]
    past = [{kind: _of(stacks, keys) for kind, stacks in one.items()} for one in before]
    whole, each_ms = _joined(parts), [total_ms(merged(one, *WORK)) for one in parts]
    blamed = blame(merged(whole, *WORK), merged(_joined(past), *WORK))
    cause = _cause(whole)
    if blamed is None or cause is None:
        return None
    where = compared[max(range(len(compared)), key=lambda index: each_ms[index])]
    return Grown(ms, blamed, cause, where, sum(one >= LEAST_EACH_MS for one in each_ms))


def _by_function(parts: Iterable[Parts]) -> Counter[FunctionId | None]:
    return by_innermost(merged(_joined(parts), *WORK))


def _joined(every: Iterable[Parts]) -> dict[Doing, dict[Stack, float]]:
    """The stacks of several spans as if of one."""
    listed = list(every)
    return {kind: added(parts.get(kind, {}) for parts in listed) for kind in WORK}


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


def _of(stacks: Mapping[Stack, float], keys: Container[FunctionId]) -> dict[Stack, float]:
    return {stack: ms for stack, ms in stacks.items() if innermost_function(stack) in keys}


def _cause(parts: Mapping[Doing, Mapping[Stack, float]]) -> Cause | None:
    """What most of the stacks' time was spent on."""
    stacks = merged(parts, *WORK)
    least_ms = HALF * total_ms(stacks)
    on_loop = {stack: ms for stack, ms in stacks.items() if keeps_loop(stack)}
    if total_ms(on_loop) > least_ms:
        return "event_loop_blocked"
    for kinds, cause in CAUSES:
        if total_ms(merged(parts, *kinds)) > least_ms:
            return cause
    return None
