"""Many calls of another service where one would do: what they start there is their caller's doing.

Each place judges its own time. A caller that asks a service sixty times has little of it: the
sixty answers are computed elsewhere, where every function is as quick as it ever was.
"""

from collections.abc import Iterator, Sequence

from lab.diagnosis import who
from lab.diagnosis.case import Case
from lab.diagnosis.causes import MORE_CALLS
from lab.diagnosis.finding import Finding
from lab.diagnosis.intrinsic import LEAST_REPEATS
from lab.diagnosis.judge import is_worth
from lab.diagnosis.question import Explained
from lab.diagnosis.wording import ms
from lab.measure.measurement import ClientCalls


def gathered(cases: Sequence[Case], findings: Sequence[Finding]) -> list[Finding]:
    """The findings, those that come of such calls replaced by one of their caller."""
    kept = list(findings)
    for case in sorted(cases, key=lambda one: len(one.cost.place)):
        found = _found(case, cases)
        if found is None:
            continue
        replaced = [one for one in kept if one.case is case or _is_below(one.case, case)]
        if all(one.avoidable_ms <= found.avoidable_ms for one in replaced):
            kept = [one for one in kept if one not in replaced]
            kept.append(found)
    return kept


def _found(case: Case, cases: Sequence[Case]) -> Finding | None:
    calls = next(_repeated(case), None)
    if calls is None:
        return None
    below = [one for one in cases if _is_below(one, case)]
    elsewhere_ms = sum(_more_ms(one, calls) for one in below)
    avoidable_ms = elsewhere_ms + _more_ms(case, calls)
    if not is_worth(case, avoidable_ms):
        return None
    by_itself = case.comparison.basis != "reference"
    culprit = who.above_repeated_calls(
        case, calls, aim_ms=avoidable_ms, against_reference=not by_itself
    )
    if culprit is None:
        return None
    detail = f"they start {ms(elsewhere_ms)} more of work there"
    explained = Explained("inefficient_algorithm", culprit, calls, detail)
    return Finding(case, explained, avoidable_ms, by_itself, ())


def _repeated(case: Case) -> Iterator[ClientCalls]:
    """Calls that a traced service answered, many and several times as many as in the reference."""
    for calls in case.cost.calls:
        before = case.calls_before(calls)
        was = before.count * case.comparison.more if before else 0.0
        if calls.is_answered and calls.count >= max(LEAST_REPEATS, MORE_CALLS * was):
            yield calls


def _more_ms(case: Case, calls: ClientCalls) -> float:
    """What a place takes beyond the reference; without one, all but a call's share of its time."""
    if case.comparison.basis == "reference":
        return max(0.0, case.excess.over_ms) if case.excess else 0.0
    return case.cost.typical_ms * (1 - 1 / calls.count)


def _is_below(case: Case, caller: Case) -> bool:
    above = caller.cost.place
    return len(case.cost.place) > len(above) and case.cost.place[: len(above)] == above
