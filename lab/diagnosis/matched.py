"""The reference's spans as the present request would have them.

Spans are renamed, taken out, put around a part of another. What they covered is still there: a
span that is gone is a part of the one above it, and a new one has taken its part from there.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from lab.diagnosis.blame import by_innermost, innermost_function
from lab.diagnosis.shape import added, total_ms
from lab.measure.measurement import ClientCalls, SpanCost
from lab.measure.stacks import Stack
from lab.traces.spans import Place


def matched(reference: Sequence[SpanCost], now: Sequence[SpanCost]) -> Mapping[Place, SpanCost]:
    """By the place of a present span what the reference has for it; none for what is all new."""
    present = {cost.place: cost for cost in now}
    found = {cost.place: cost for cost in reference if cost.place in present}
    for cost in sorted(reference, key=lambda one: -len(one.place)):
        above = _nearest(cost.place, found)
        if cost.place not in present and above is not None:
            found[above] = _together(found[above], cost)
    for cost in sorted(now, key=lambda one: len(one.place)):
        above = _nearest(cost.place, found)
        if cost.place in found or above is None:
            continue
        taken, left = _parted(found[above], present[above], cost)
        found[above] = left
        if taken is not None:
            found[cost.place] = taken
    return found


def _nearest(place: Place, among: Iterable[Place]) -> Place | None:
    """The innermost of some places that a place is below."""
    above = [one for one in among if len(one) < len(place) and place[: len(one)] == one]
    return max(above, key=len, default=None)


def _together(one: SpanCost, other: SpanCost) -> SpanCost:
    """Two spans' costs as one span's, replay by replay."""
    has_cpu = one.cpu_ms is not None and other.cpu_ms is not None
    return replace(
        one,
        critical_ms=_sums(one.critical_ms, other.critical_ms),
        own_ms=_sums(one.own_ms, other.own_ms),
        cpu_ms=_sums(one.cpu_ms or (), other.cpu_ms or ()) if has_cpu else None,
        calls=(*one.calls, *other.calls),
        tokens={**other.tokens, **one.tokens},
        stacks=added((one.stacks, other.stacks)),
        still=added((one.still, other.still)),
        samples=one.samples + other.samples,
        covers=(*one.covers, other.name, *other.covers),
    )


def _parted(before: SpanCost, above: SpanCost, new: SpanCost) -> tuple[SpanCost | None, SpanCost]:
    """What of a span's past a new span below it has taken over, None where nothing; and the rest.

    Each of the past's stacks goes with its innermost own function: to the new span as far as that
    function now runs there and not in the span ``above``.
    """
    mine, others = by_innermost(new.stacks), by_innermost(above.stacks)
    shares = {key: ms / (ms + others[key]) for key, ms in mine.items() if ms > 0}
    moved = {
        stack: ms * shares[key]
        for stack, ms in before.stacks.items()
        if (key := innermost_function(stack)) in shares
    }
    calls = tuple(one for one in before.calls if _has(new, one) and not _has(above, one))
    whole_ms = total_ms(before.stacks)
    share = total_ms(moved) / whole_ms if whole_ms else 0.0
    if not share:
        return None, before
    taken = _scaled(before, share, moved, calls)
    kept = {stack: ms - moved.get(stack, 0.0) for stack, ms in before.stacks.items()}
    left = _scaled(before, 1 - share, kept, [one for one in before.calls if one not in calls])
    covers = (*before.covers, before.name)
    return replace(taken, place=new.place, covers=covers), left


def _scaled(
    cost: SpanCost, share: float, stacks: Mapping[Stack, float], calls: Iterable[ClientCalls]
) -> SpanCost:
    def scaled(times: Iterable[float]) -> tuple[float, ...]:
        return tuple(ms * share for ms in times)

    return replace(
        cost,
        critical_ms=scaled(cost.critical_ms),
        own_ms=scaled(cost.own_ms),
        cpu_ms=scaled(cost.cpu_ms) if cost.cpu_ms is not None else None,
        calls=tuple(calls),
        stacks={stack: ms for stack, ms in stacks.items() if ms > 0},
        still={
            stack: ms * stacks[stack] / cost.stacks[stack]
            for stack, ms in cost.still.items()
            if stacks.get(stack) and cost.stacks.get(stack)
        },
        samples=round(cost.samples * share),
    )


def _has(cost: SpanCost, calls: ClientCalls) -> bool:
    return any((one.path, one.peer) == (calls.path, calls.peer) for one in cost.calls)


def _sums(one: Sequence[float], other: Sequence[float]) -> tuple[float, ...]:
    return tuple(a + b for a, b in zip(one, other, strict=True))
