"""Threads of the background that keep the interpreter from those that work for a request.

Only one thread of a process runs Python at a time. A request's thread that would go on but can't
looks as on a busy machine, except that the process itself has somebody who is busy.
"""

from collections.abc import Iterator, Mapping, Sequence

from lab.diagnosis import who
from lab.diagnosis.blame import blame
from lab.diagnosis.case import Case
from lab.diagnosis.finding import Finding
from lab.diagnosis.judge import is_worth
from lab.diagnosis.question import Explained
from lab.diagnosis.shape import added
from lab.diagnosis.wording import ms
from lab.measure.measurement import Measurement
from lab.measure.stacks import Stack
from lab.measure.waiting import wait_of

HALF = 0.5
# Of its time in the background a thread that only works now and then takes little from others.
LEAST_MS = 50.0


def hog(cases: Sequence[Case]) -> Finding | None:
    """The function that a background thread computes in, where a request waits for as long."""
    return max(_hogs(cases), key=lambda one: one.avoidable_ms, default=None)


def _hogs(cases: Sequence[Case]) -> Iterator[Finding]:
    for service in {case.cost.service for case in cases}:
        here = [case for case in cases if case.cost.service == service]
        comparison = here[0].comparison
        now = _busy(comparison.now, service)
        before = _busy(comparison.reference, service) if comparison.reference else {}
        found = blame(now, before)
        case = max(here, key=_crowded_ms)
        kept_ms = min(_crowded_ms(case), sum(now.values()))
        if found is None or found.delta_ms < LEAST_MS or not is_worth(case, kept_ms):
            continue
        if found.delta_ms < HALF * _crowded_ms(case):
            continue
        detail = f"a background thread computes for {ms(found.delta_ms)} of the request meanwhile"
        explained = Explained("cpu", who.of_blamed(found), detail=detail)
        yield Finding(case, explained, kept_ms, comparison.reference is None, ())


def _busy(measurement: Measurement, service: str) -> Mapping[Stack, float]:
    """What the service's background threads computed while the request was there."""
    stacks = added(one.stacks for one in measurement.background if one.service == service)
    return {stack: spent_ms for stack, spent_ms in stacks.items() if wait_of(stack) is None}


def _crowded_ms(case: Case) -> float:
    """How much longer it waited for the processor or the interpreter than in the reference."""
    before = case.balance_before
    return max(0.0, case.balance.crowded_ms - (before.crowded_ms if before else 0.0))
