"""By how much computing takes longer now than when the reference was taken, everywhere alike."""

from collections.abc import Iterable, Iterator
from statistics import median

from lab.diagnosis.balance import MOST_STOPPED
from lab.diagnosis.blame import FunctionId, innermost_function
from lab.diagnosis.clues import Clues
from lab.diagnosis.doing import split
from lab.diagnosis.shape import is_elsewhere
from lab.measure.measurement import Measurement, SpanCost

# Beyond this no machine differs from itself; what looks like it has another reason.
SLOWEST = 2.5
LEAST_PLACES = 3
LEAST_CPU_MS = 4.0
LEAST_FUNCTION_MS = 25.0
# No single place or function may outvote the others: it may be the changed one.
MOST_WEIGHT_MS = 25.0


def factor(now: Measurement, reference: Measurement, clues: Clues, before: Clues) -> float:
    """How many times as long computing takes now; never less than 1.

    What places that compute little and functions that compute much agree on: the lesser of their
    weighted medians. A change in one function, however large, moves only the one; a busy machine
    with cold caches only the other. 1 where there are too few to compare. A machine that seems
    quicker is not believed: then the reference would have to answer for what only seems slower.
    ``clues`` belong to the present, ``before`` to the reference.
    """
    places = sorted(_places(now, reference, clues))
    functions = sorted(_functions(now, reference, clues, before))
    if len(places) < LEAST_PLACES or not functions:
        return 1.0
    agreed = min(_median(places), _median(functions))
    return min(SLOWEST, max(1.0, agreed))


def _places(
    now: Measurement, reference: Measurement, clues: Clues
) -> Iterator[tuple[float, float]]:
    """(ratio, weight) of each place that computes little, by its CPU time in both."""
    for cost in now.spans:
        before = reference.at(cost.place)
        if before is None or cost.cpu_ms is None or before.cpu_ms is None:
            continue
        was_ms = median(before.cpu_ms)
        # What a place of more than that computes is told by function.
        is_small = LEAST_CPU_MS <= was_ms < LEAST_FUNCTION_MS
        if is_small and not is_elsewhere(cost, clues.asynchronous):
            yield median(cost.cpu_ms) / was_ms, min(was_ms, MOST_WEIGHT_MS)


def _functions(
    now: Measurement, reference: Measurement, clues: Clues, before: Clues
) -> Iterator[tuple[float, float]]:
    """(ratio, weight) of each own function's computing, without that of own functions below it."""
    present = _computing(now.spans, clues)
    for key, was_ms in _computing(reference.spans, before).items():
        # One that is gone was renamed or taken out; it says nothing of the machine.
        if was_ms >= LEAST_FUNCTION_MS and key in present:
            yield present[key] / was_ms, MOST_WEIGHT_MS


def _computing(spans: Iterable[SpanCost], clues: Clues) -> dict[FunctionId, float]:
    """By innermost own function; by the CPU time of its span where that is less than it seems."""
    found: dict[FunctionId, float] = {}
    for cost in spans:
        computing = split(cost, clues).get("computing", {})
        seen_ms = sum(computing.values())
        if not seen_ms:
            continue
        share = 1.0
        if cost.cpu_ms is not None and not is_elsewhere(cost, clues.asynchronous):
            share = min(MOST_STOPPED, median(cost.cpu_ms) / seen_ms)
        for stack, ms in computing.items():
            key = innermost_function(stack)
            if key is not None:
                found[key] = found.get(key, 0.0) + ms * share
    return found


def _median(units: list[tuple[float, float]]) -> float:
    """The weighted median of sorted (value, weight), the lower one of two."""
    half = sum(weight for _, weight in units) / 2
    reached = 0.0
    for value, weight in units:
        reached += weight
        if reached >= half:
            return value
    return units[-1][0]
