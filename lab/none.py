"""What is told where nothing can be avoided: how sure that is, and what was looked at."""

from collections.abc import Sequence

from lab.case import Case, Comparison
from lab.findings import Confidence
from lab.judge import is_suspect
from lab.wording import count, ms

LISTED = 4


def confidence(comparison: Comparison, cases: Sequence[Case]) -> Confidence:
    """High where a reference of the same request shows no more, low where nothing was compared."""
    if comparison.basis == "reference":
        return "high" if comparison.now.replays > 1 else "medium"
    return "low" if any(is_suspect(case) and case.excess is None for case in cases) else "medium"


def evidence(comparison: Comparison, cases: Sequence[Case]) -> tuple[str, ...]:
    """The largest places, each beside the most it may take."""
    told = []
    for case in sorted(cases, key=lambda one: -one.cost.typical_ms)[:LISTED]:
        line = f"`{case.cost.name}` ({case.cost.service}): {ms(case.cost.typical_ms)}"
        if case.excess is not None:
            line += f", expected {ms(case.excess.expected_ms)}, noise {ms(case.excess.noise_ms)}"
        told.append(line)
    replays = count(comparison.now.replays, "replay")
    return (f"{replays} of the request, own time on the critical path:", *told)


def against(comparison: Comparison, cases: Sequence[Case]) -> tuple[str, ...]:
    """Why something could have been missed."""
    told = []
    if comparison.basis == "evidence":
        told.append("there is no healthy reference: judged from the evidence alone")
    elif comparison.basis == "envelope":
        told.append("the healthy reference is of another request")
    for case in cases:
        if case.excess is None and is_suspect(case):
            told.append(
                f"`{case.cost.name}` computes for {ms(case.balance.computing_ms)}; without a "
                "reference nothing tells whether it must"
            )
        crowded_ms = case.excess.crowded_ms if case.excess else 0.0
        if crowded_ms >= 0.05 * case.request_ms:
            told.append(
                f"`{case.cost.name}` waited {ms(crowded_ms)} longer for the processor: the "
                "machine was busy"
            )
    return tuple(told)
