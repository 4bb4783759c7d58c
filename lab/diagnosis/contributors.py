"""Which spans make up a request's time, what each spends it on, and how much of it is avoidable."""

from collections.abc import Sequence

from lab.cause import Cause
from lab.diagnosis.blame import blame
from lab.diagnosis.case import Case
from lab.diagnosis.doing import WORK, merged
from lab.diagnosis.finding import Finding
from lab.diagnosis.findings import Contributor

LEAST_SHARE = 0.01
HALF = 0.5


def contributors(cases: Sequence[Case], findings: Sequence[Finding]) -> tuple[Contributor, ...]:
    """The spans of at least 1 % of the replayed request each, the longest first.

    Those with avoidable time are always among them. Of the others ``cause`` is what they spend
    their time on, and ``function`` the own function that half of it is under.
    """
    by_place = {finding.case.cost.place: finding for finding in findings}
    listed = []
    for case in cases:
        finding = by_place.get(case.cost.place)
        if finding is not None:
            listed.append(_guilty(finding))
        elif case.cost.typical_ms >= LEAST_SHARE * case.request_ms:
            listed.append(_innocent(case))
    return tuple(sorted(listed, key=lambda one: -one.critical_ms))


def _guilty(finding: Finding) -> Contributor:
    cost, culprit = finding.case.cost, finding.explained.culprit
    return Contributor(
        span=cost.name,
        service=cost.service,
        function=culprit.function if culprit else None,
        cause=finding.explained.cause,
        critical_ms=cost.typical_ms,
        avoidable_ms=finding.avoidable_ms,
    )


def _innocent(case: Case) -> Contributor:
    found = blame(merged(case.parts, *WORK), {}, share=HALF)
    return Contributor(
        span=case.cost.name,
        service=case.cost.service,
        function=found.frame.function if found else None,
        cause=looks(case),
        critical_ms=case.cost.typical_ms,
        avoidable_ms=None if case.excess is None else 0.0,
    )


def looks(case: Case) -> Cause:
    """What the span spends half of its own time on."""
    whole = case.balance
    if whole.computing_ms >= HALF * whole.own_ms:
        return "cpu"
    if case.ms("lock") >= HALF * whole.own_ms:
        return "lock_wait"
    waits_ms = max(whole.calls_ms, case.ms("io", "sleep", "idle"))
    return "io_wait" if waits_ms >= HALF * whole.own_ms else "unclear"
