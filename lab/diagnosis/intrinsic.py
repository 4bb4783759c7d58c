"""Avoidable time that shows without a reference: nobody needs to sleep or to ask 50 times."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from lab.cause import Cause
from lab.diagnosis.blame import blame
from lab.diagnosis.case import Case
from lab.diagnosis.coroutines import awaits, by_chain
from lab.diagnosis.doing import merged
from lab.diagnosis.own_threads import helped_by_ms, waits_for_own_threads
from lab.diagnosis.shape import has_own, keeps_loop, total_ms
from lab.measure.measurement import Counted
from lab.measure.stacks import Stack

LEAST_REPEATS = 10
# Beside a reference that shows the same, more is asked for: it may be meant so.
REPEATS_BESIDE_REFERENCE = 20
LEAST_FAILURES = 2.0
HALF = 0.5
LOOP_BLOCKED_MS = 100.0
# Less may be a pause to let others run.
LEAST_AWAITED_MS = 50.0
SAME_ARGUMENTS_CALLS = 10
SAME_ARGUMENTS_SHARE = 0.1
SAME_ARGUMENTS_MS = 100.0
WAITS: tuple[tuple[Literal["lock", "pool", "sleep"], Cause], ...] = (
    ("sleep", "io_wait"),
    ("lock", "lock_wait"),
    ("pool", "pool_wait"),
)


@dataclass(frozen=True)
class Waste:
    """Avoidable milliseconds of one place, and the cause that they speak for by themselves.

    ``stacks`` (milliseconds) are what they are made of, of threads or of what coroutines awaited:
    who is to blame is among those. Empty where the cause alone tells.
    """

    cause: Cause
    ms: float
    stacks: Mapping[Stack, float] = field(default_factory=dict)


def wastes(case: Case) -> tuple[Waste, ...]:
    """All that the place shows, the largest first."""
    kinds: tuple[Callable[[Case], Iterator[Waste]], ...] = (
        _retries,
        _repeated_calls,
        _waits,
        _awaits,
        _blocked_loop,
        _same_arguments,
    )
    found = [waste for kind in kinds for waste in kind(case)]
    return tuple(sorted(found, key=lambda waste: -waste.ms))


def _least_ms(case: Case) -> float:
    """The quickest replay's time: what is wasted each time is wasted in that one, too."""
    return min(case.cost.critical_ms)


def _retries(case: Case) -> Iterator[Waste]:
    """The tries that failed, and the pauses between the tries."""
    for calls in case.cost.calls:
        if calls.errors >= LEAST_FAILURES:
            others_ms = sum(one.own_ms for one in case.cost.calls if one is not calls)
            pauses_ms = max(0.0, calls.extent_ms - calls.own_ms - others_ms)
            yield Waste("retry_storm", min(_least_ms(case), calls.failed_ms + pauses_ms))


def _repeated_calls(case: Case) -> Iterator[Waste]:
    """All but one of many like calls that take half of the place's time."""
    least = REPEATS_BESIDE_REFERENCE if case.before else LEAST_REPEATS
    for calls in case.cost.calls:
        others_ms = sum(one.own_ms for one in case.cost.calls if one is not calls)
        loop_ms = max(calls.own_ms, calls.extent_ms - others_ms)
        if calls.count >= least and loop_ms >= HALF * case.cost.typical_ms:
            whole_ms = min(_least_ms(case), loop_ms)
            yield Waste("inefficient_algorithm", whole_ms * (1 - 1 / calls.count))


def _waits(case: Case) -> Iterator[Waste]:
    """Sleeps, and waits for locks and pools, of our own code."""
    for kind, cause in WAITS:
        own = {stack: ms for stack, ms in case.parts.get(kind, {}).items() if has_own(stack)}
        wasted_ms = total_ms(own)
        if kind == "lock" and own:
            is_for_own = waits_for_own_threads(case, against_reference=False)
            wasted_ms = 0.0 if is_for_own else wasted_ms - helped_by_ms(case)
        if wasted_ms > 0:
            yield Waste(cause, min(_least_ms(case), wasted_ms), own)


def _awaits(case: Case) -> Iterator[Waste]:
    """The same of coroutines of ours, by the counted replay."""
    chains = by_chain(case.awaited())
    for kind, cause in WAITS:
        found = {s: ms for s, ms in chains.items() if has_own(s) and awaits(s) == kind}
        if total_ms(found) >= LEAST_AWAITED_MS:
            yield Waste(cause, min(_least_ms(case), total_ms(found)), found)


def _blocked_loop(case: Case) -> Iterator[Waste]:
    """Own code that one function kept the event loop busy or waiting with."""
    stacks = on_loop(case)
    blamed = blame(stacks, {})
    if blamed is not None and blamed.total_ms >= LOOP_BLOCKED_MS and not _is_chatty(case):
        yield Waste("event_loop_blocked", min(_least_ms(case), blamed.total_ms), stacks)


def on_loop(case: Case) -> dict[Stack, float]:
    """The span's stacks of own code on the event loop that isn't at rest."""
    busy = merged(case.parts, "computing", "io", "lock", "pool", "sleep", "blocked")
    return {stack: ms for stack, ms in busy.items() if keeps_loop(stack)}


def _is_chatty(case: Case) -> bool:
    """Whether the loop came to rest often in between: many calls, none of them long."""
    return any(calls.count >= LEAST_REPEATS for calls in case.cost.calls)


def _same_arguments(case: Case) -> Iterator[Waste]:
    """A function that computed the same again and again."""
    computing = case.parts.get("computing", {})
    blamed = blame(computing, {}, share=HALF)
    if blamed is None or blamed.total_ms < SAME_ARGUMENTS_MS:
        return
    counted = case.comparison.clues.counted(case.cost.service, case.cost.name, blamed.frame)
    if counted is not None and repeats_itself(counted, SAME_ARGUMENTS_CALLS):
        distinct = counted.distinct_arguments or 1
        needless_ms = blamed.total_ms * (1 - distinct / counted.calls)
        yield Waste("inefficient_algorithm", min(_least_ms(case), needless_ms))


def repeats_itself(counted: Counted, least_calls: int) -> bool:
    """Whether a function was called often with few different arguments."""
    distinct = counted.distinct_arguments
    if distinct is None or counted.calls < least_calls:
        return False
    return distinct <= SAME_ARGUMENTS_SHARE * counted.calls
