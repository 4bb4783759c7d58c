"""To which power of the work a function's time grows."""

import math
from collections.abc import Iterable
from itertools import pairwise

from lab.diagnosis.blame import FunctionId
from lab.measure.measurement import Growth, GrowthPoint
from lab.traces.spans import Place

# Less of a difference in the work says nothing: the time's noise would make a power of it.
APART = 1.3
# A few samples: what is shorter than this was hardly seen.
LEAST_MS = 5.0
WORTH_MS = 50.0
SUPERLINEAR = 1.5
# Both halves of the range must speak for it: one slow replay makes one of them steep.
SUPERLINEAR_EACH = 1.2
SUPERLINEAR_ALONE = 1.75
NOT_SUPERLINEAR = 1.4


def exponents(
    growth: Iterable[Growth], place: Place, function: FunctionId | None
) -> tuple[tuple[str, float], ...]:
    """By kind of work: the slope of log time over log work, from the least work to the most.

    Of the function's time at the place, or the place's own time where the function was not seen.
    Left out where the time with most work is below 50 ms, or where no two amounts of work differ
    by 1.3 times: half the `top_k` may fetch as many passages. A power is not called superlinear
    where the steps contradict each other, or where there is one step only and it is not steep: then
    what is told is less.
    """
    found = []
    for one in growth:
        points = sorted((p.work, _ms(p, place, function)) for p in _apart(one.points))
        if len(points) < 2 or points[-1][1] < WORTH_MS:
            continue
        power = _slope(points[0], points[-1])
        steps = [_slope(a, b) for a, b in pairwise(points)]
        is_sure = min(steps) >= (SUPERLINEAR_EACH if len(steps) > 1 else SUPERLINEAR_ALONE)
        if power >= SUPERLINEAR and not is_sure:
            power = min(*steps, NOT_SUPERLINEAR)
        found.append((one.work, round(power, 2)))
    return tuple(found)


def _apart(points: Iterable[GrowthPoint]) -> list[GrowthPoint]:
    """Those that differ enough from each other; the request as it is (work 1) before the others."""
    kept: list[GrowthPoint] = []
    for point in sorted(points, key=lambda one: abs(math.log(one.work))):
        if all(abs(math.log(point.work / one.work)) >= math.log(APART) for one in kept):
            kept.append(point)
    return kept


def _ms(point: GrowthPoint, place: Place, function: FunctionId | None) -> float:
    seen = 0.0
    if function is not None:
        seen = point.function_ms.get((place, *function), 0.0)
    if function is None or not any(key[1:] == function for key in point.function_ms):
        seen = seen or point.own_ms.get(place, 0.0)
    return max(LEAST_MS, seen)


def _slope(one: tuple[float, float], other: tuple[float, float]) -> float:
    return math.log(other[1] / one[1]) / math.log(other[0] / one[0])
