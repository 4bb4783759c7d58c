"""What is told where nothing can be avoided: how sure that is, and what was looked at."""

from collections.abc import Sequence

from lab.diagnosis.case import Case, Comparison
from lab.diagnosis.finding import ENOUGH_REPLAYS, LEVELS
from lab.diagnosis.findings import Confidence
from lab.diagnosis.judge import is_suspect
from lab.diagnosis.wording import count, ms

LISTED = 4
BLIND_SHARE = 0.08
TOLD_SHARE = 0.1


def confidence(comparison: Comparison, cases: Sequence[Case]) -> Confidence:
    """High where a reference of the same request shows no more, low where nothing was compared."""
    if comparison.basis == "reference":
        blind_ms = max((_blind_ms(case) for case in cases), default=0.0)
        shares = (BLIND_SHARE, 2 * BLIND_SHARE)
        level = sum(blind_ms > share * case.request_ms for share in shares for case in cases[:1])
        return LEVELS[max(level, int(comparison.now.replays < ENOUGH_REPLAYS))]
    return "low" if any(is_suspect(case) and case.excess is None for case in cases) else "medium"


def _blind_ms(case: Case) -> float:
    """How much more a place could take without being noticed."""
    return case.excess.noise_ms + case.excess.crowded_ms if case.excess else 0.0


def evidence(comparison: Comparison, cases: Sequence[Case]) -> tuple[str, ...]:
    """The largest places, each beside the most it may take."""
    told = []
    for case in sorted(cases, key=lambda one: -one.cost.typical_ms)[:LISTED]:
        line = f"`{case.cost.name}` ({case.cost.service}): {ms(case.cost.typical_ms)}"
        excess = case.excess
        if excess is not None and excess.crowded_ms >= TOLD_SHARE * case.cost.typical_ms:
            line += f", {ms(excess.expected_ms + excess.over_ms)} without waiting for the processor"
        if excess is not None:
            line += f", expected {ms(excess.expected_ms)}, noise {ms(excess.noise_ms)}"
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
        if _blind_ms(case) > BLIND_SHARE * case.request_ms:
            told.append(
                f"the replays differ: up to {ms(_blind_ms(case))} more of `{case.cost.name}` would "
                "go unnoticed; profile again when the machine is quieter"
            )
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
