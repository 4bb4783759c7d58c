"""One place of the request as a case: now, in the reference, and how far it is beyond it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from statistics import median

from lab.diagnosis import excess, machine
from lab.diagnosis.balance import Balance, balance, clues_of, paced
from lab.diagnosis.clues import Clues, Source
from lab.diagnosis.doing import Doing, Parts, split
from lab.diagnosis.excess import Basis, Excess, Side
from lab.diagnosis.findings import ReferenceUsed
from lab.diagnosis.matched import matched
from lab.diagnosis.shape import total_ms
from lab.measure.measurement import Awaited, ClientCalls, Measurement, SpanCost
from lab.traces.spans import Place


@dataclass(frozen=True)
class Comparison:
    """The measurement with what it is held against.

    ``more`` is how many times as much the request asks for as the reference's (1 for the same).
    """

    now: Measurement
    reference: Measurement | None
    basis: Basis
    machine: float
    more: float
    clues: Clues
    clues_before: Clues

    @cached_property
    def before(self) -> Mapping[Place, SpanCost]:
        """What the reference has for each of the present spans, by place."""
        return matched(self.reference.spans, self.now.spans) if self.reference else {}

    @cached_property
    def needed_ms(self) -> float:
        """The request's length without the time that others took."""
        clues = self.clues
        return sum(median(balance(cost, clues).needed_ms) for cost in self.now.spans)

    @property
    def crowding(self) -> float:
        """How much more crowded the machine is than it was for the reference; 1 is as much."""
        return self.clues.crowding / self.clues_before.crowding

    @property
    def used(self) -> ReferenceUsed | None:
        """What to tell of the reference."""
        if self.reference is None:
            return None
        return ReferenceUsed(
            taken_s=self.reference.taken_s,
            of_same_request=self.basis == "reference",
            code_differs=self.reference.code != self.now.code,
            machine_factor=self.machine,
        )


def compare(now: Measurement, reference: Measurement | None, source: Source) -> Comparison:
    """Choose how the reference can serve; ``source`` gives lines of the present code."""
    clues = clues_of(now, source)
    if reference is None:
        return Comparison(now, None, "evidence", 1.0, 1.0, clues, Clues())
    before = clues_of(reference)
    crowding = clues.crowding if clues.is_crowding_known else before.crowding
    clues = replace(clues, pace=clues.pace or before.pace, crowding=crowding)
    factor = machine.factor(now, reference, clues, before)
    if reference.request.digest == now.request.digest:
        return Comparison(now, reference, "reference", factor, 1.0, clues, before)
    more = excess.scale(now.request, reference.request)
    return Comparison(now, reference, "envelope", factor, more, clues, before)


@dataclass(frozen=True)
class Case:
    """One place. ``excess`` is None where there is nothing to hold it against."""

    cost: SpanCost
    before: SpanCost | None
    comparison: Comparison

    @cached_property
    def parts(self) -> Parts:
        """The stacks by what they did; computing without the time that others took."""
        return paced(split(self.cost, self.comparison.clues), self.balance)

    @cached_property
    def parts_before(self) -> Parts:
        """What of that the reference shows, on this machine and for as much work."""
        if self.before is None:
            return {}
        more, machine_factor = self.comparison.more, self.comparison.machine
        parts = split(self.before, self.comparison.clues_before)
        past = self.balance_before
        return paced(parts, past, machine_factor, more) if past else {}

    @cached_property
    def balance(self) -> Balance:
        return balance(self.cost, self.comparison.clues)

    @cached_property
    def balance_before(self) -> Balance | None:
        return balance(self.before, self.comparison.clues_before) if self.before else None

    @cached_property
    def excess(self) -> Excess | None:
        comparison = self.comparison
        now = Side(self.cost, self.balance)
        past = self.balance_before
        before = Side(self.before, past) if self.before and past else None
        machine_factor, crowding = comparison.machine, comparison.crowding
        if comparison.basis == "reference":
            return excess.over_reference(now, before, machine_factor, crowding)
        if comparison.basis == "envelope" and before is not None:
            more = comparison.more
            return excess.over_envelope(now, before, machine_factor, crowding, more)
        return None

    @property
    def request_ms(self) -> float:
        """The request's length, by what its spans need."""
        return self.comparison.needed_ms

    def ms(self, *kinds: Doing) -> float:
        """The time of some kinds now."""
        return sum(total_ms(self.parts.get(kind, {})) for kind in kinds)

    def more_ms(self, *kinds: Doing) -> float:
        """How much more of some kinds there is than in the reference."""
        was_ms = sum(total_ms(self.parts_before.get(kind, {})) for kind in kinds)
        return max(0.0, self.ms(*kinds) - was_ms)

    def calls_before(self, calls: ClientCalls) -> ClientCalls | None:
        """The reference's like calls at this place."""
        if self.before is None:
            return None
        like = (calls.path, calls.peer, calls.statement)
        return next(
            (one for one in self.before.calls if (one.path, one.peer, one.statement) == like), None
        )

    def awaited(self) -> tuple[Awaited, ...]:
        """Where the span's coroutines waited in the counted replay."""
        counts = self.comparison.now.counts
        where = self.cost.service, self.cost.name
        return tuple(a for a in counts.awaited if (a.service, a.span) == where) if counts else ()

    def awaited_before(self) -> tuple[Awaited, ...]:
        """The same in the reference's counted replay."""
        counts = self.comparison.reference.counts if self.comparison.reference else None
        if counts is None or self.before is None:
            return ()
        where = self.cost.service, self.cost.name
        return tuple(one for one in counts.awaited if (one.service, one.span) == where)
