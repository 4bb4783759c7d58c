"""The numbers a verdict rests on, from the replays of one span and the samples inside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median

from lab.cuts import Cut, accountable
from lab.facts import Calls, Facts
from lab.stacks import Frame
from lab.waiting import Wait

# A replay that takes less of the original's time than this did not show what made it slow.
REPRODUCED_SHARE = 0.5
REPEATS = 10
# Less than two samples: what such a span is spent on can't be told by sampling.
LEAST_MS = 20.0


@dataclass(frozen=True)
class Samples:
    """What the stacks inside the span say; shares are 0 to 1 of the time they cover.

    ``still_share`` is the part in which the stack didn't change for long (lab.cuts.STILL_US).
    """

    count: int
    io_share: float
    lock_share: float
    still_share: float
    frame: Frame | None


@dataclass(frozen=True)
class Evidence:
    """Means over the occurrences that are judged: the replays if they were as slow as the original.

    Shares are 0 to 1 of the span's own time (without its application children); ``cpu_share`` is
    None where the spans don't tell their CPU time. ``loop_share`` is the part of the own time from
    the first to the last of the ``repeated`` calls, without the other calls in it.
    """

    name: str
    service: str
    wall_ms: float
    original_ms: float
    occurrences: int
    is_reproduced: bool
    cpu_share: float | None
    calls_share: float
    calls: tuple[Calls, ...]
    repeated: Calls | None
    loop_share: float
    tokens: tuple[tuple[str, int], ...]
    samples: Samples | None

    def waiting_share(self, kind: Wait) -> float:
        if self.samples is None:
            return 0.0
        return self.samples.io_share if kind == "io" else self.samples.lock_share


def gather(original: Facts, replays: Sequence[Facts], cut: Cut | None, rate_hz: int) -> Evidence:
    """Put the facts together. Without replays the original alone is judged."""
    is_reproduced = bool(replays) and (
        median(one.self_us for one in replays) >= REPRODUCED_SHARE * original.self_us
    )
    judged = tuple(replays) if is_reproduced else (original,)
    typical = sorted(judged, key=lambda one: one.self_us)[len(judged) // 2]
    repeated = max(typical.calls, key=lambda calls: calls.count, default=None)
    if repeated is not None and repeated.count < REPEATS:
        repeated = None
    return Evidence(
        name=original.span.name,
        service=original.span.service,
        wall_ms=fmean(one.self_us for one in judged) / 1000,
        original_ms=original.self_us / 1000,
        occurrences=len(judged),
        is_reproduced=is_reproduced,
        cpu_share=_cpu_share(judged),
        calls_share=_ratio(sum(one.calls_us for one in judged), sum(one.self_us for one in judged)),
        calls=typical.calls,
        repeated=repeated,
        loop_share=_loop_share(typical, repeated),
        tokens=_tokens(original),
        samples=_samples(cut, rate_hz) if is_reproduced and cut is not None else None,
    )


def _cpu_share(judged: Sequence[Facts]) -> float | None:
    used = [one.cpu_us for one in judged if one.cpu_us is not None]
    if len(used) < len(judged):
        return None
    return _ratio(sum(used), sum(one.self_us for one in judged))


def _loop_share(facts: Facts, repeated: Calls | None) -> float:
    if repeated is None:
        return 0.0
    others_us = facts.calls_us - repeated.own_us
    return max(0.0, _ratio(repeated.extent_us - others_us, facts.self_us))


def _tokens(facts: Facts) -> tuple[tuple[str, int], ...]:
    found = [
        (key, value)
        for key, value in facts.span.attributes.items()
        if key.startswith("llm.") and key.endswith("_tokens")
    ]
    return tuple(sorted((key, value) for key, value in found if isinstance(value, int)))


def _samples(cut: Cut, rate_hz: int) -> Samples | None:
    if not cut.covered_us:
        return None
    return Samples(
        cut.samples(rate_hz),
        cut.waiting_us("io") / cut.covered_us,
        cut.waiting_us("lock") / cut.covered_us,
        cut.still_us / cut.covered_us,
        accountable(cut),
    )


def _ratio(part: float, whole: float) -> float:
    return min(1.0, part / whole) if whole else 0.0
