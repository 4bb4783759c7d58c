"""The diagnosis: of all that a request does, what is worth mending, and why it takes that long.

Two answers that are never mixed up: the slowest span is what the trace says, and most often that is
a provider's own time. The guilty function is the one with the largest avoidable part, in whichever
service. Nothing in here knows what may have been planted.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from statistics import median

from lab.diagnosis import advice, fanout, none, telling
from lab.diagnosis.case import Case, Comparison, compare
from lab.diagnosis.clues import Source
from lab.diagnosis.contributors import contributors
from lab.diagnosis.finding import Finding
from lab.diagnosis.findings import Below, Diagnosis, Slowest, Verdict
from lab.diagnosis.function_table import functions
from lab.diagnosis.hogs import hog
from lab.diagnosis.judge import is_suspect, judge, spread
from lab.measure.measurement import Growth, Measurement

GROWTH_FROM_MS = 50.0
IN_C_SHARE = 0.1
MACHINE_DIFFERS = 0.1


def _no_source(_service: str, _path: str, _line: int) -> str | None:
    return None


def diagnose(
    slowest: Slowest,
    now: Measurement,
    reference: Measurement | None,
    growth: Sequence[Growth] = (),
    *,
    source: Source = _no_source,
) -> Diagnosis:
    """Judge a request as it runs now.

    ``reference`` is a healthy measurement, of the same request best, of another one with less
    certainty. ``growth`` is what ``wants_growth`` of an earlier diagnosis asked for; ``source``
    gives a line of the services' code.
    """
    comparison = compare(now, reference, source)
    cases = [Case(cost, comparison.before.get(cost.place), comparison) for cost in now.spans]
    judged = [found for case in cases if (found := judge(case, growth)) is not None]
    findings = fanout.gathered(cases, [*judged, *_of_no_one_place(cases, judged, growth)])
    guilty = max(findings, key=lambda one: one.avoidable_ms, default=None)
    return Diagnosis(
        verdict=_verdict(guilty) if guilty else _none(slowest, comparison, cases),
        contributors=contributors(cases, findings),
        functions=functions(now, comparison.clues),
        guilty_place=guilty.case.cost.place if guilty else None,
        wants_growth=None if growth else _wants_growth(guilty, cases),
        reference=comparison.used,
        notes=tuple(_notes(comparison)),
    )


def _of_no_one_place(
    cases: Sequence[Case], judged: Sequence[Finding], growth: Sequence[Growth]
) -> Iterator[Finding]:
    """What only several spans together show, or a thread that works for none of them."""
    most_ms = max((one.avoidable_ms for one in judged), default=0.0)
    for found in (spread(cases, growth), hog(cases)):
        if found is not None and found.avoidable_ms > most_ms:
            yield found


def _verdict(guilty: Finding) -> Verdict:
    culprit, cost = guilty.explained.culprit, guilty.case.cost
    verdict = Verdict(
        cause=guilty.explained.cause,
        confidence=guilty.confidence,
        evidence=telling.evidence(guilty),
        against=telling.against(guilty),
        hypothesis=advice.hypothesis(guilty),
        next_step=advice.next_step(guilty),
        span=cost.name,
        service=cost.service,
        avoidable_ms=guilty.avoidable_ms,
        exponents=guilty.exponents,
    )
    if culprit is None:
        return verdict
    counted = guilty.counted
    return replace(
        verdict,
        function=culprit.function,
        file=culprit.file,
        line=culprit.line or None,
        self_ms=culprit.self_ms,
        total_ms=culprit.total_ms,
        calls=counted.calls if counted else None,
        below=(*culprit.below, *_in_c(guilty)),
    )


def _in_c(guilty: Finding) -> tuple[Below, ...]:
    """The functions in C that the guilty one calls and that take a tenth of the time or more."""
    counted, culprit = guilty.counted, guilty.explained.culprit
    if counted is None or culprit is None or culprit.total_ms is None:
        return ()
    found = sorted(counted.builtins, key=lambda one: -one.total_ms)
    least_ms = IN_C_SHARE * guilty.avoidable_ms
    return tuple(
        Below(one.callee, one.total_ms, one.calls) for one in found if one.total_ms >= least_ms
    )


def _none(slowest: Slowest, comparison: Comparison, cases: Sequence[Case]) -> Verdict:
    case = next((c for c in cases if (c.cost.service, c.cost.name) == _where(slowest)), None)
    share = None
    if case is not None and case.balance.own_ms:
        share = min(1.0, case.balance.provider_ms / case.balance.own_ms)
    request_ms = median(comparison.now.request_ms)
    hypothesis, next_step = advice.nothing(slowest, share, request_ms)
    return Verdict(
        cause="none",
        confidence=none.confidence(comparison, cases),
        evidence=none.evidence(comparison, cases),
        against=none.against(comparison, cases),
        hypothesis=hypothesis,
        next_step=next_step,
    )


def _where(slowest: Slowest) -> tuple[str, str]:
    return slowest.service, slowest.name


def _wants_growth(guilty: Finding | None, cases: Sequence[Case]) -> str | None:
    if guilty is not None:
        culprit = guilty.explained.culprit
        taken_ms = (culprit.total_ms if culprit else None) or 0.0
        is_open = guilty.explained.cause == "cpu" and taken_ms >= GROWTH_FROM_MS
        return guilty.case.cost.service if is_open else None
    suspects = [case for case in cases if case.excess is None and is_suspect(case)]
    most = max(suspects, key=lambda case: case.balance.computing_ms, default=None)
    return most.cost.service if most else None


def _notes(comparison: Comparison) -> Iterator[str]:
    used = comparison.used
    if used is None:
        yield "There is no healthy reference: judged from the evidence alone."
        return
    if not used.of_same_request:
        yield "The healthy reference is of another request: it says what this may cost at most."
    if used.code_differs:
        yield "The services' code is not the one that the healthy reference was made with."
    if abs(used.machine_factor - 1) > MACHINE_DIFFERS:
        yield (
            f"Computing takes {used.machine_factor:.2f} times as long everywhere as when the "
            "reference was taken; allowed for."
        )
