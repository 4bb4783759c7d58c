"""Why a place takes longer than it needs: a closed list of causes, tried in order."""

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from lab.cause import Cause
from lab.diagnosis import who
from lab.diagnosis.doing import WORK, Parts, merged
from lab.diagnosis.excess import has_more_tokens
from lab.diagnosis.intrinsic import (
    LEAST_FAILURES,
    LEAST_REPEATS,
    Waste,
    repeats_itself,
)
from lab.diagnosis.own_threads import computed_in_threads
from lab.diagnosis.question import Explained, Question, Rule
from lab.diagnosis.shape import keeps_loop, total_ms, works_in_threads
from lab.diagnosis.token_makers import adding_tokens
from lab.measure.measurement import ClientCalls
from lab.measure.stacks import Stack
from services.telemetry import conventions as names

HALF = 0.5
MOSTLY = 0.6
MORE_CALLS = 3.0
SAME_ARGUMENTS_CALLS = 100
SUPERLINEAR = 1.5


def explain(question: Question, speaks_for: Waste | None = None) -> Explained:
    """The first cause whose evidence makes up enough of the time in question.

    Where the time ``speaks_for`` one cause by itself, it is that one, and of the stacks that show
    it.
    """
    if speaks_for is not None and speaks_for.stacks:
        return Explained(speaks_for.cause, who.among(speaks_for.stacks))
    rules: tuple[Rule, ...] = (
        retry_storm,
        redundant_tokens,
        repeated_calls,
        pool_wait,
        event_loop_blocked,
        lock_wait,
        computing,
        io_wait,
    )
    found = [one for rule in rules if (one := rule(question)) is not None]
    if speaks_for is not None:
        cause = speaks_for.cause
        fitting = [one for one in found if one.cause == cause]
        if cause == "inefficient_algorithm" and not fitting:
            fitting = [replace(one, cause=cause) for one in found if one.cause == "cpu"]
        return next(iter(fitting), Explained(cause, question.culprit(*WORK)))
    return next(iter(found), Explained("unclear", question.culprit(*WORK)))


def retry_storm(question: Question) -> Explained | None:
    """Calls that failed twice or more in each replay, and the tries take half the time."""
    for calls in sorted(question.case.cost.calls, key=lambda one: -one.errors):
        before = question.before(calls)
        more = calls.errors - (before.errors if before else 0.0)
        if more >= LEAST_FAILURES and calls.extent_ms >= HALF * question.aim_ms:
            return Explained("retry_storm", _repeater(question, calls), calls)
    return None


def redundant_tokens(question: Question) -> Explained | None:
    """More prompt tokens than the reference's, and the model's provider takes the time."""
    case = question.case
    if case.before is None or not has_more_tokens(case.cost, case.before):
        return None
    tokens = case.cost.tokens.get(names.LLM_PROMPT_TOKENS, 0.0)
    was = case.before.tokens.get(names.LLM_PROMPT_TOKENS, 0.0)
    waited_ms = case.balance.provider_ms - (
        case.balance_before.provider_ms if case.balance_before else 0.0
    )
    is_same_request = case.comparison.basis == "reference"
    if is_same_request and waited_ms < HALF * question.aim_ms:
        return None
    detail = f"{tokens:,.0f} prompt tokens where {was:,.0f} did before"
    return Explained("redundant_tokens", adding_tokens(case), detail=detail)


def repeated_calls(question: Question) -> Explained | None:
    """Many calls of one kind, three times the reference's, that take half the time in question."""
    for calls in sorted(question.case.cost.calls, key=lambda one: -one.count):
        before = question.before(calls)
        was = before.count if before else 0.0
        if calls.count < max(LEAST_REPEATS, MORE_CALLS * was):
            return None
        others_ms = sum(o.own_ms for o in question.case.cost.calls if o is not calls)
        taken_ms = max(calls.own_ms, calls.extent_ms - others_ms)
        taken_ms -= before.own_ms if before else 0.0
        if taken_ms >= HALF * question.aim_ms:
            return Explained("inefficient_algorithm", _caller(question), calls)
    return None


def pool_wait(question: Question) -> Explained | None:
    """Stacks or coroutines that wait in a connection pool."""
    return _waiting(question, "pool", "pool_wait")


def event_loop_blocked(question: Question) -> Explained | None:
    """Own code on the event loop that computes or waits without giving it back."""
    case = question.case
    now_ms = _kept_ms(case.parts, keeps_loop)
    if question.against_reference:
        now_ms -= _kept_ms(case.parts_before, keeps_loop)
    if now_ms < HALF * question.aim_ms:
        return None
    return Explained("event_loop_blocked", question.culprit(*WORK, keep=keeps_loop))


def lock_wait(question: Question) -> Explained | None:
    """Stacks or coroutines that wait for a lock, unless for threads that work for the same span."""
    return None if question.waits_for_own_threads() else _waiting(question, "lock", "lock_wait")


def computing(question: Question) -> Explained | None:
    """A thread that computed for half of the time: CPU, or an algorithm that does too much."""
    case = question.case
    used_ms, culprit = _computed(question)
    if used_ms < HALF * question.aim_ms:
        return None
    grows = [work for work, exponent in question.exponents if exponent >= SUPERLINEAR]
    if grows:
        return Explained(
            "inefficient_algorithm", culprit, detail=f"its time grows faster than {grows[0]}"
        )
    if culprit is not None:
        counted = case.comparison.clues.counted_as(case.cost, culprit.function, culprit.file)
        if counted is not None and repeats_itself(counted, SAME_ARGUMENTS_CALLS):
            distinct = counted.distinct_arguments
            told = f"called {counted.calls:,} times with {distinct:,} different arguments"
            return Explained("inefficient_algorithm", culprit, detail=told)
    return Explained("cpu", culprit)


def _computed(question: Question) -> tuple[float, who.Culprit | None]:
    """The time in question that the place computed for, and the function that did."""
    case, is_more = question.case, question.against_reference
    if question.waits_for_own_threads():
        now, was = computed_in_threads(case, against_reference=is_more)
        return total_ms(now) - total_ms(was), who.among(now, was)
    used_ms = question.ms("computing")
    if case.balance.cpu_ms is not None and not works_in_threads(case.cost):
        before = case.balance_before if is_more else None
        was_ms = before.computing_ms * case.comparison.machine if before else 0.0
        used_ms = case.balance.computing_ms - was_ms
    return used_ms, question.culprit("computing")


def io_wait(question: Question) -> Explained | None:
    """Waits for an answer, or a sleep, or a standstill that used no CPU."""
    case = question.case
    calls = max(case.cost.calls, key=lambda one: one.own_ms, default=None)
    before_ms = case.balance_before.calls_ms if case.balance_before else 0.0
    answered_ms = case.balance.calls_ms - (before_ms if question.against_reference else 0.0)
    quiet_ms = question.ms("io", "sleep", "blocked")
    if answered_ms >= MOSTLY * question.aim_ms:
        return Explained("io_wait", _waiter(question), calls)
    if quiet_ms >= HALF * question.aim_ms:
        return Explained("io_wait", _waiter(question))
    if question.awaited_ms("io", "sleep") >= HALF * question.aim_ms:
        return Explained("io_wait", question.coroutine("io", "sleep"))
    return None


def _waiting(question: Question, kind: Literal["lock", "pool"], cause: Cause) -> Explained | None:
    least_ms = HALF * question.aim_ms
    if question.ms(kind) >= least_ms:
        return Explained(cause, question.culprit(kind))
    if question.awaited_ms(kind) >= least_ms:
        return Explained(cause, question.coroutine(kind))
    return None


def _waiter(question: Question) -> who.Culprit | None:
    return question.culprit("io", "sleep", "blocked") or question.coroutine()


def _caller(question: Question) -> who.Culprit | None:
    return question.culprit(*WORK) or question.coroutine()


def _repeater(question: Question, calls: ClientCalls) -> who.Culprit | None:
    found = who.above_repeated_calls(
        question.case,
        calls,
        aim_ms=question.aim_ms,
        against_reference=question.against_reference,
    )
    return found or question.coroutine()


def _kept_ms(parts: Parts, keep: Callable[[Stack], bool]) -> float:
    return sum(ms for stack, ms in merged(parts, *WORK).items() if keep(stack))
