"""Whether a span waits for threads that work for it: a pool's, or one that it joins.

Such a wait shows as one for a lock. What those threads do is the reason then.
"""

from collections.abc import Mapping
from statistics import fmean

from lab.diagnosis.case import Case
from lab.diagnosis.clues import Clues
from lab.diagnosis.doing import split
from lab.measure.measurement import SpanCost
from lab.measure.stacks import Stack

Stacks = Mapping[Stack, float]

# So much of the time that a thread waits for others, those others' work must cover.
COVERS = 0.7


def waits_for_own_threads(case: Case, *, against_reference: bool) -> bool:
    """Whether other threads worked for the span in most of the time that it waited for locks.

    Of all that time, or of what there is more of than in the reference.
    """
    locked_ms, helped_ms = case.ms("lock"), helped_by_ms(case)
    if against_reference and case.before is not None:
        locked_ms = case.more_ms("lock")
        helped_ms -= _others_ms(case.before, case.comparison.clues_before)
    return locked_ms > 0 and helped_ms >= COVERS * locked_ms


def helped_by_ms(case: Case) -> float:
    """How long others worked for the span; those that wait for a lock themselves do not."""
    worked_ms = case.ms("computing", "io", "sleep", "blocked")
    return min(worked_ms, _others_ms(case.cost, case.comparison.clues))


def computed_in_threads(case: Case, *, against_reference: bool) -> tuple[Stacks, Stacks]:
    """The stacks that computed now and in the reference, as they were seen.

    The CPU time is that of the span's own thread and says nothing of the others.
    """
    clues, clues_before = case.comparison.clues, case.comparison.clues_before
    now = split(case.cost, clues).get("computing", {})
    if not against_reference or case.before is None:
        return now, {}
    return now, split(case.before, clues_before).get("computing", {})


def _others_ms(cost: SpanCost, clues: Clues) -> float:
    """How much more time the span's stacks have than its own thread can have had."""
    seen_ms = sum(ms for stack, ms in cost.stacks.items() if not clues.is_foreign(cost, stack))
    return max(0.0, seen_ms - fmean(cost.own_ms))
