"""Avoidable time that shows without a reference: nobody needs to sleep or to ask 50 times."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lab.cause import Cause
from lab.diagnosis.blame import blame
from lab.diagnosis.case import Case
from lab.diagnosis.doing import Doing, merged
from lab.diagnosis.shape import has_own, is_on_loop, total_ms
from lab.measure.measurement import Counted
from lab.measure.stacks import Stack

LEAST_REPEATS = 10
# Beside a reference that shows the same, more is asked for: it may be meant so.
REPEATS_BESIDE_REFERENCE = 20
LEAST_FAILURES = 2.0
HALF = 0.5
LOOP_BLOCKED_MS = 100.0
# Less may be a pause to let others run.
LEAST_SLEEP_MS = 50.0
SAME_ARGUMENTS_CALLS = 10
SAME_ARGUMENTS_SHARE = 0.1
SAME_ARGUMENTS_MS = 100.0


@dataclass(frozen=True)
class Waste:
    """Avoidable milliseconds of one place, and the cause that they speak for by themselves."""

    cause: Cause
    ms: float


def wastes(case: Case) -> tuple[Waste, ...]:
    """All that the place shows, the largest first."""
    kinds: tuple[Callable[[Case], Iterator[Waste]], ...] = (
        _retries,
        _repeated_calls,
        _waits,
        _async_sleeps,
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
    causes: tuple[tuple[Doing, Cause], ...] = (
        ("sleep", "io_wait"),
        ("lock", "lock_wait"),
        ("pool", "pool_wait"),
    )
    for kind, cause in causes:
        own = {stack: ms for stack, ms in case.parts.get(kind, {}).items() if has_own(stack)}
        if own:
            yield Waste(cause, min(_least_ms(case), total_ms(own)))


def _async_sleeps(case: Case) -> Iterator[Waste]:
    """Sleeps that a coroutine of ours awaits, by the counted replay."""
    slept_ms = sum(
        one.waited_ms
        for one in case.awaited()
        if has_own(one.stack) and one.stack[-1].function.rpartition(".")[2] == "sleep"
    )
    if slept_ms >= LEAST_SLEEP_MS:
        yield Waste("io_wait", min(_least_ms(case), slept_ms))


def _blocked_loop(case: Case) -> Iterator[Waste]:
    """Own code that one function kept the event loop busy or waiting with."""
    stacks = on_loop(case)
    blamed = blame(stacks, {})
    if blamed is not None and blamed.total_ms >= LOOP_BLOCKED_MS and not _is_chatty(case):
        yield Waste("event_loop_blocked", min(_least_ms(case), blamed.total_ms))


def on_loop(case: Case) -> dict[Stack, float]:
    """The span's stacks of own code on the event loop that isn't at rest."""
    busy = merged(case.parts, "computing", "io", "lock", "pool", "sleep", "blocked")
    return {stack: ms for stack, ms in busy.items() if is_on_loop(stack) and has_own(stack)}


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
