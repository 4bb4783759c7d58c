"""A span's own time, parted into computing, waiting, and neither."""

from dataclasses import dataclass, replace
from math import inf
from statistics import fmean, median

from lab.diagnosis.clues import Clues, Source
from lab.diagnosis.doing import Doing, Parts, pace, split
from lab.diagnosis.shape import asynchronous, is_elsewhere, total_ms
from lab.measure.measurement import Measurement, SpanCost
from lab.measure.stacks import Stack

WAITS: tuple[Doing, ...] = ("io", "lock", "pool", "sleep", "blocked", "idle")
# Where the stacks cover less of a span than this, what they don't show is not called anything.
COVERED = 0.5
MOSTLY_COMPUTING = 0.2
# Less than this is what sampling makes of computing, not what others take of it.
CROWDED_SHARE = 0.1
# Of what computed, so many times as much may have been taken for standing still.
MOST_STOPPED = 2.0
# So few samples of computing say nothing about how long it took by the wall.
COMPARABLE_MS = 50.0


@dataclass(frozen=True)
class Balance:
    """Milliseconds of a typical replay of a span's own time.

    ``cpu_ms`` is the CPU time its thread used, None where that says nothing of the work (it went on
    in another thread). ``computing_ms`` is that or, without it, what the stacks say. ``crowded_ms``
    is time in which it neither used the processor nor waited for anything: it would have computed,
    but others had the processor or the interpreter. ``needed_ms`` is what each replay would have
    taken without that. ``provider_ms`` is the part of the ``calls_ms`` that no traced service
    answers.
    """

    own_ms: float
    cpu_ms: float | None
    computing_ms: float
    waiting_ms: float
    crowded_ms: float
    calls_ms: float
    provider_ms: float
    needed_ms: tuple[float, ...]


def balance(cost: SpanCost, clues: Clues) -> Balance:
    """The span's balance."""
    own_ms = median(cost.own_ms)
    # Stacks and calls are means, which one slow replay can pull far from the typical one.
    typical = own_ms / fmean(cost.own_ms) if any(cost.own_ms) else 1.0
    parts = split(cost, clues)
    quiet_ms = typical * sum(total_ms(parts.get(kind, {})) for kind in WAITS)
    seen_ms = typical * total_ms(parts.get("computing", {}))
    stopped_ms = typical * total_ms(parts.get("stopped", {}))
    calls_ms = typical * sum(one.own_ms for one in cost.calls)
    cpu_ms = _cpu_ms(cost, clues)
    used_ms = median(cpu_ms) if cpu_ms is not None else (seen_ms + stopped_ms) / clues.crowding
    waiting_ms = min(own_ms, max(quiet_ms, calls_ms - used_ms))
    crowded_ms = 0.0
    if typical * total_ms(cost.stacks) >= COVERED * own_ms:
        # What computed by its stacks but not by the processor's clock.
        crowded_ms = max(0.0, min(seen_ms + stopped_ms, own_ms - waiting_ms) - used_ms)
    return Balance(
        own_ms=own_ms,
        cpu_ms=median(cpu_ms) if cpu_ms is not None else None,
        computing_ms=used_ms,
        waiting_ms=waiting_ms,
        crowded_ms=crowded_ms,
        calls_ms=calls_ms,
        provider_ms=typical * sum(one.own_ms for one in cost.calls if not one.is_answered),
        needed_ms=_needed_ms(cost, cpu_ms, waiting_ms, crowded_ms),
    )


def _cpu_ms(cost: SpanCost, clues: Clues) -> tuple[float, ...] | None:
    if cost.cpu_ms is None or is_elsewhere(cost, clues.asynchronous):
        return None
    return cost.cpu_ms


def _needed_ms(
    cost: SpanCost, cpu_ms: tuple[float, ...] | None, waiting_ms: float, crowded_ms: float
) -> tuple[float, ...]:
    """Of a span that computes the processor's clock tells each replay's need for itself."""
    if cpu_ms is None or waiting_ms > MOSTLY_COMPUTING * median(cost.own_ms) or not crowded_ms:
        own_ms = median(cost.own_ms)
        share = max(0.0, 1 - crowded_ms / own_ms) if own_ms else 1.0
        return tuple(ms * share for ms in cost.critical_ms)
    return tuple(
        min(ms, used_ms + waiting_ms) for ms, used_ms in zip(cost.critical_ms, cpu_ms, strict=True)
    )


def clues_of(
    measurement: Measurement, source: Source = lambda _service, _path, _line: None
) -> Clues:
    """What the measurement tells besides its stacks."""
    clues = Clues(measurement.counts, asynchronous(measurement.spans), crowding=inf, source=source)
    times = [times for cost in measurement.spans if (times := _times(cost, clues)) is not None]
    paces = [found for cost in measurement.spans if (found := pace(cost, clues)) is not None]
    return replace(
        clues,
        crowding=max(1.0, median(times)) if times else 1.0,
        is_crowding_known=bool(times),
        pace=median(paces) if paces else None,
    )


def _times(cost: SpanCost, clues: Clues) -> float | None:
    """How many times as long as the CPU time a span that computes did so by the wall."""
    used_ms = _cpu_ms(cost, clues)
    if used_ms is None or median(used_ms) < COMPARABLE_MS:
        return None
    parts = split(cost, clues)
    seen_ms = total_ms(parts.get("computing", {})) + total_ms(parts.get("stopped", {}))
    return seen_ms / fmean(used_ms)


def paced(parts: Parts, told: Balance, machine_factor: float = 1.0, more: float = 1.0) -> Parts:
    """The parts with as much computing in them as the processor's clock tells.

    ``more`` times as much of all, and of computing ``machine_factor`` times as much again.
    """
    seen_ms = total_ms(parts.get("computing", {}))
    is_crowded = seen_ms and told.crowded_ms > CROWDED_SHARE * told.own_ms
    share = min(MOST_STOPPED, told.computing_ms / seen_ms) if is_crowded else 1.0
    found: dict[Doing, dict[Stack, float]] = {}
    for kind, stacks in parts.items():
        times = more * machine_factor * share if kind == "computing" else more
        found[kind] = {stack: ms * times for stack, ms in stacks.items()}
    return found
