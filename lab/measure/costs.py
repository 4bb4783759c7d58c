"""What each span of a request costs: the numbers of its replays' traces, with their stacks."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from lab.measure.attribution import Seen, Stretch
from lab.measure.measurement import ClientCalls, SpanCost
from lab.traces.critical_path import critical_self_time_us
from lab.traces.facts import Calls, Facts, facts
from lab.traces.folding import places, rank
from lab.traces.spans import Place, Trace
from services.telemetry.conventions import THREAD_ID

Kind = tuple[tuple[str, ...], str, str]


@dataclass(frozen=True)
class Replayed:
    """One replay's facts by place, and its spans' time on the critical path."""

    trace: Trace
    by_place: Mapping[Place, Sequence[Facts]]
    critical_us: Mapping[str, int]

    @staticmethod
    def of(trace: Trace) -> "Replayed":
        where = places(trace)
        found: dict[Place, list[Facts]] = {}
        for one in facts(trace):
            found.setdefault(where[one.span.span_id], []).append(one)
        critical = rank(trace, critical_self_time_us(trace))
        return Replayed(trace, found, {span.span_id: us for span, us in critical})

    def at(self, place: Place) -> Sequence[Facts]:
        return self.by_place.get(place, ())

    def stretches(self, service: str) -> list[Stretch]:
        """Where the own times of a service's spans lie."""
        return [
            Stretch(place, _thread(one), one.span.start_us, start_us, end_us)
            for place, found in self.by_place.items()
            for one in found
            if one.span.service == service
            for start_us, end_us in one.own
        ]

    def open_times(self, service: str) -> list[tuple[int, int]]:
        """When a service's spans are open."""
        return [(one.start_us, one.end_us) for one in self.trace.spans if one.service == service]


def span_costs(
    replays: Sequence[Replayed], seen: Mapping[Place, Seen], rate_hz: int
) -> tuple[SpanCost, ...]:
    """Each place that any replay has, the one with most time on the critical path first.

    A replay without it counts as none of its time.
    """
    every = dict.fromkeys(place for replay in replays for place in replay.by_place)
    found = [_cost(place, replays, seen.get(place, Seen()), rate_hz) for place in every]
    return tuple(sorted(found, key=lambda cost: -cost.typical_ms))


def _cost(place: Place, replays: Sequence[Replayed], seen: Seen, rate_hz: int) -> SpanCost:
    each = [replay.at(place) for replay in replays]
    count = len(replays)
    return SpanCost(
        place=place,
        critical_ms=tuple(
            sum(replay.critical_us.get(one.span.span_id, 0) for one in found) / 1000
            for replay, found in zip(replays, each, strict=True)
        ),
        own_ms=tuple(sum(one.self_us for one in found) / 1000 for found in each),
        cpu_ms=_cpu_ms(each),
        calls=_calls([calls for found in each for one in found for calls in one.calls], count),
        tokens=_tokens([one for found in each for one in found]),
        stacks={stack: us / 1000 / count for stack, us in seen.stacks.items()},
        still={stack: us / 1000 / count for stack, us in seen.still.items()},
        samples=round(sum(seen.stacks.values()) * rate_hz / 1_000_000),
    )


def _cpu_ms(each: Iterable[Sequence[Facts]]) -> tuple[float, ...] | None:
    found = []
    for of_replay in each:
        # While a child runs elsewhere, its thread may compute for others, as event loops do.
        used = [min(one.cpu_us, one.self_us) for one in of_replay if one.cpu_us is not None]
        if len(used) < len(of_replay):
            return None
        found.append(sum(used) / 1000)
    return tuple(found)


def _calls(every: Iterable[Calls], replays: int) -> tuple[ClientCalls, ...]:
    groups: dict[Kind, list[Calls]] = {}
    for calls in every:
        groups.setdefault((calls.path, calls.peer, calls.statement), []).append(calls)
    found = [
        ClientCalls(
            path=path,
            peer=peer,
            count=sum(one.count for one in group) / replays,
            errors=sum(one.errors for one in group) / replays,
            own_ms=sum(one.own_us for one in group) / 1000 / replays,
            extent_ms=sum(one.extent_us for one in group) / 1000 / replays,
            is_answered=any(one.is_answered for one in group),
            statement=statement,
            failed_ms=sum(one.failed_us for one in group) / 1000 / replays,
        )
        for (path, peer, statement), group in groups.items()
    ]
    return tuple(sorted(found, key=lambda calls: -calls.own_ms))


def _tokens(every: Iterable[Facts]) -> Mapping[str, float]:
    told: dict[str, list[int]] = {}
    for one in every:
        for key, value in one.span.attributes.items():
            if key.startswith("llm.") and key.endswith("_tokens") and isinstance(value, int):
                told.setdefault(key, []).append(value)
    return {key: fmean(values) for key, values in sorted(told.items())}


def _thread(one: Facts) -> int | None:
    thread_id = one.span.attributes.get(THREAD_ID)
    return thread_id if isinstance(thread_id, int) else None
