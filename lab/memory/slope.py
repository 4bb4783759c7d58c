"""Does a process's memory grow with the requests it answers? A robust slope with its error."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, sqrt
from statistics import median
from typing import Literal

# Without a leak a service that has just been started grows by up to 12 KB a request between the
# 200th and the 400th, and by 1 to 6 KB after that (allocator, caches that fill), as measured here:
# below this the memory alone tells nothing, and the allocations decide.
LEAST_KB = 20.0
# Samples a second apart depend on each other; blocks of them much less.
BLOCKS = 12
FEWEST_BLOCKS = 6
# Growth whose second half is below this part of the first is settling.
SETTLING = 0.35
CONFIDENCE_95 = 1.96

Trend = Literal["grows", "steady", "unclear"]


@dataclass(frozen=True)
class Sample:
    """``rss_kb`` of one process when ``requests`` had been answered, ``time_s`` since the epoch."""

    time_s: float
    requests: int
    rss_kb: float


@dataclass(frozen=True)
class Slope:
    """KB per request, and between which two it lies with 95 % confidence."""

    kb: float
    low_kb: float
    high_kb: float

    @property
    def error_kb(self) -> float:
        """Half the width of the interval."""
        return (self.high_kb - self.low_kb) / 2


@dataclass(frozen=True)
class Growth:
    """How one service's memory went with the requests judged.

    ``early_kb`` and ``late_kb`` are the slopes of the two halves. With too few samples there is no
    slope at all and the trend is unclear. ``series`` has all samples, ``samples`` of them judged.
    """

    service: str
    trend: Trend
    requests: int
    samples: int
    first_kb: float
    last_kb: float
    slope: Slope | None = None
    early_kb: float | None = None
    late_kb: float | None = None
    series: tuple[Sample, ...] = ()


def judge(service: str, samples: Sequence[Sample], warm_up: int) -> Growth:
    """The growth after the first ``warm_up`` requests, which fill pools, caches and arenas."""
    kept = [one for one in samples if one.requests >= warm_up]
    points = blocks(kept)
    first, last = (kept[0], kept[-1]) if kept else (None, None)
    requests = last.requests - first.requests if first and last else 0
    ends_kb = (first.rss_kb if first else 0.0, last.rss_kb if last else 0.0)
    if len(points) < FEWEST_BLOCKS:
        return Growth(service, "unclear", requests, len(kept), *ends_kb, series=tuple(samples))
    slope, middle = theil_sen(points), len(points) // 2
    early_kb, late_kb = theil_sen(points[:middle]).kb, theil_sen(points[middle:]).kb
    trend = _trend(slope, early_kb, late_kb)
    return Growth(
        service,
        trend,
        requests,
        len(kept),
        *ends_kb,
        slope=slope,
        early_kb=early_kb,
        late_kb=late_kb,
        series=tuple(samples),
    )


def _trend(slope: Slope, early_kb: float, late_kb: float) -> Trend:
    if slope.low_kb > LEAST_KB and late_kb > max(LEAST_KB, SETTLING * early_kb):
        return "grows"
    if slope.high_kb < LEAST_KB or late_kb < LEAST_KB:
        return "steady"
    return "unclear"


def blocks(samples: Sequence[Sample], count: int = BLOCKS) -> list[tuple[float, float]]:
    """(requests, KB) medians of up to ``count`` stretches of equally many requests."""
    if not samples or samples[-1].requests <= samples[0].requests:
        return []
    start, width = samples[0].requests, (samples[-1].requests - samples[0].requests) / count
    found: dict[int, list[Sample]] = {}
    for one in samples:
        found.setdefault(min(int((one.requests - start) / width), count - 1), []).append(one)
    return [
        (median(one.requests for one in block), median(one.rss_kb for one in block))
        for block in found.values()
    ]


def theil_sen(points: Sequence[tuple[float, float]], z: float = CONFIDENCE_95) -> Slope:
    """The median of the slopes between all pairs of points, hardly moved by outliers.

    With Sen's interval from Kendall's rank correlation: P. K. Sen, "Estimates of the Regression
    Coefficient Based on Kendall's Tau", Journal of the American Statistical Association 63 (1968).
    Raises ValueError where no two points differ in x.
    """
    slopes = sorted(
        (right[1] - left[1]) / (right[0] - left[0])
        for index, left in enumerate(points)
        for right in points[index + 1 :]
        if right[0] != left[0]
    )
    if not slopes:
        raise ValueError("no slope through one point")
    count, pairs = len(points), len(slopes)
    spread = z * sqrt(count * (count - 1) * (2 * count + 5) / 18)
    low, high = floor((pairs - spread) / 2), ceil((pairs + spread) / 2)
    return Slope(median(slopes), slopes[max(low - 1, 0)], slopes[min(high, pairs - 1)])
