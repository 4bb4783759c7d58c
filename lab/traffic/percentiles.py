"""Percentiles of latencies."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor


@dataclass(frozen=True)
class Latency:
    """How long answers took, in milliseconds."""

    count: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float


def percentile(ordered: Sequence[float], share: float) -> float:
    """The value below which ``share`` (0 to 1) of the ascending values lie, interpolated linearly.

    Method 7 of Hyndman and Fan, "Sample Quantiles in Statistical Packages" (1996), the default of
    numpy and R. Raises ValueError for no values.
    """
    if not ordered:
        raise ValueError("no percentile of no values")
    position = share * (len(ordered) - 1)
    below = floor(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)


def latency(durations_ms: Sequence[float]) -> Latency | None:
    """Percentiles of the durations, None where there is none."""
    if not durations_ms:
        return None
    ordered = sorted(durations_ms)
    p50_ms, p95_ms, p99_ms = (percentile(ordered, share) for share in (0.5, 0.95, 0.99))
    return Latency(len(ordered), p50_ms, p95_ms, p99_ms, ordered[-1])
