"""Many calls of another service where one would do: what they start there is their caller's doing.

Each place judges its own time. A caller that asks a service sixty times has little of it: the
sixty answers are computed elsewhere, where every function is as quick as it ever was. So it is
with a caller that tries again what fails there.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lab.cause import Cause
from lab.diagnosis import who
from lab.diagnosis.case import Case
from lab.diagnosis.causes import MORE_CALLS
from lab.diagnosis.finding import Finding
from lab.diagnosis.intrinsic import LEAST_FAILURES, LEAST_REPEATS
from lab.diagnosis.judge import is_worth
from lab.diagnosis.question import Explained
from lab.diagnosis.wording import ms
from lab.measure.measurement import ClientCalls

# Beside the same request's reference a second call, or one that failed, in each replay is clear.
MORE_THAN_REFERENCE = 1.0
TIMES_REFERENCE = 2.0
# A place that takes so many times as long for each call has a reason of its own.
SLOWER_EACH = 1.5


@dataclass(frozen=True)
class _Asked:
    """Calls of a traced service, ``times`` as many as in the reference (of one, without one).

    ``needless`` (0 to 1) is the share of them that could be spared.
    """

    calls: ClientCalls
    cause: Cause
    times: float
    needless: float


def gathered(cases: Sequence[Case], findings: Sequence[Finding]) -> list[Finding]:
    """The findings, those that come of such calls replaced by one of their caller."""
    kept = list(findings)
    for case in sorted(cases, key=lambda one: len(one.cost.place)):
        asked = next(_repeated(case), None)
        found = _found(case, asked, cases) if asked else None
        if asked is None or found is None:
            continue
        replaced = [one for one in kept if one.case is case or _is_started(one.case, case, asked)]
        if all(one.avoidable_ms <= found.avoidable_ms for one in replaced):
            kept = [one for one in kept if one not in replaced]
            kept.append(found)
    return kept


def _found(case: Case, asked: _Asked, cases: Sequence[Case]) -> Finding | None:
    started = [one for one in cases if _is_started(one, case, asked)]
    elsewhere_ms = sum(_more_ms(one, asked) for one in started)
    avoidable_ms = elsewhere_ms + _more_ms(case, asked)
    if not is_worth(case, avoidable_ms):
        return None
    by_itself = case.comparison.basis != "reference"
    culprit = who.above_repeated_calls(
        case, asked.calls, aim_ms=avoidable_ms, against_reference=not by_itself
    )
    detail = f"they start {ms(elsewhere_ms)} more of work there"
    explained = Explained(asked.cause, culprit, asked.calls, detail)
    return Finding(case, explained, avoidable_ms, by_itself, ())


def _repeated(case: Case) -> Iterator[_Asked]:
    """Calls that a traced service answered: failed ones made again, or clearly too many."""
    for calls in case.cost.calls:
        if not calls.is_answered:
            continue
        before = case.calls_before(calls)
        was, failed = (before.count, before.errors) if before else (0.0, 0.0)
        was *= case.comparison.more
        is_like = case.comparison.basis == "reference" and was > 0
        times = calls.count / max(1.0, was)
        if calls.errors - failed >= (MORE_THAN_REFERENCE if is_like else LEAST_FAILURES):
            yield _Asked(calls, "retry_storm", times, calls.errors / calls.count)
        elif calls.count - calls.errors >= _least(was, is_like=is_like):
            yield _Asked(calls, "inefficient_algorithm", times, 1 - 1 / calls.count)


def _least(was: float, *, is_like: bool) -> float:
    """How many calls are clearly too many where there were ``was``, of a like request or not."""
    if is_like:
        return max(was + MORE_THAN_REFERENCE, TIMES_REFERENCE * was)
    return max(LEAST_REPEATS, MORE_CALLS * was)


def _more_ms(case: Case, asked: _Asked) -> float:
    """What a place takes beyond the reference; without one, what the needless calls take."""
    if case.comparison.basis == "reference":
        return max(0.0, case.excess.over_ms) if case.excess else 0.0
    return case.cost.typical_ms * asked.needless


def _is_started(case: Case, caller: Case, asked: _Asked) -> bool:
    """Whether the calls start the place's work, and nothing else makes it take longer."""
    if not _is_below(case, caller):
        return False
    excess = case.excess
    if case.comparison.basis != "reference" or excess is None or not excess.expected_ms > 0:
        return True
    taken_ms = excess.expected_ms + excess.over_ms
    return taken_ms <= SLOWER_EACH * asked.times * excess.expected_ms


def _is_below(case: Case, caller: Case) -> bool:
    above = caller.cost.place
    return len(case.cost.place) > len(above) and case.cost.place[: len(above)] == above
