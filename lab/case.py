"""One place of the request as a case: now, in the reference, and how far it is beyond it."""

from dataclasses import dataclass
from functools import cached_property

from lab import excess, machine
from lab.balance import Balance, balance, clues_of
from lab.clues import Clues, Source
from lab.doing import Doing, Parts, split
from lab.excess import Basis, Excess, Side
from lab.findings import ReferenceUsed
from lab.measurement import Awaited, ClientCalls, Measurement, SpanCost
from lab.shape import total_ms
from lab.stacks import Stack


# Less than this is what sampling makes of computing, not what others take of it.
CROWDED_SHARE = 0.1


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
        return _paced(split(self.cost, self.comparison.clues), self.balance, 1.0, 1.0)

    @cached_property
    def parts_before(self) -> Parts:
        """What of that the reference shows, on this machine and for as much work."""
        if self.before is None:
            return {}
        more, machine_factor = self.comparison.more, self.comparison.machine
        parts = split(self.before, self.comparison.clues_before)
        past = self.balance_before
        return _paced(parts, past, machine_factor, more) if past else {}

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
        times_ms = sorted(self.comparison.now.request_ms)
        return times_ms[len(times_ms) // 2]

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


def _paced(parts: Parts, told: Balance, machine_factor: float, more: float) -> Parts:
    """The parts with as much computing as the processor's clock tells, on this machine, times."""
    seen_ms = total_ms(parts.get("computing", {}))
    is_crowded = seen_ms and told.crowded_ms > CROWDED_SHARE * told.own_ms
    pace = min(1.0, told.computing_ms / seen_ms) if is_crowded else 1.0
    found: dict[Doing, dict[Stack, float]] = {}
    for kind, stacks in parts.items():
        times = more * machine_factor * pace if kind == "computing" else more
        found[kind] = {stack: ms * times for stack, ms in stacks.items()}
    return found


def merged(parts: Parts, *kinds: Doing) -> dict[Stack, float]:
    """The stacks of some kinds together."""
    found: dict[Stack, float] = {}
    for kind in kinds:
        for stack, ms in parts.get(kind, {}).items():
            found[stack] = found.get(stack, 0.0) + ms
    return found
