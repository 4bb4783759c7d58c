"""What is to be explained about a place, and what explains it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lab.cause import Cause
from lab.diagnosis import who
from lab.diagnosis.blame import MOSTLY
from lab.diagnosis.case import Case
from lab.diagnosis.coroutines import Awaits, awaits, by_chain
from lab.diagnosis.doing import Doing
from lab.diagnosis.own_threads import waits_for_own_threads
from lab.diagnosis.shape import is_server
from lab.diagnosis.who import Culprit
from lab.measure.measurement import Awaited, ClientCalls
from lab.measure.stacks import Stack


def _any(_: Stack) -> bool:
    return True


@dataclass(frozen=True)
class Question:
    """Why a place takes ``aim_ms`` longer than it needs.

    Beyond what the reference shows, or (``against_reference`` False) of all there is: where no
    reference tells, or the evidence speaks for itself. ``exponents``: to which power of the work
    the place's time was seen to grow, by kind of work.
    """

    case: Case
    aim_ms: float
    against_reference: bool
    exponents: tuple[tuple[str, float], ...] = ()

    def ms(self, *kinds: Doing) -> float:
        """The time of these kinds of stacks that counts."""
        pick = self.case.more_ms if self.against_reference else self.case.ms
        return pick(*kinds)

    def awaited_ms(self, *kinds: Awaits) -> float:
        """The same of what coroutines awaited in the counted replay."""
        ms = _awaited_ms(self.case.awaited(), kinds)
        was_ms = _awaited_ms(self.case.awaited_before(), kinds) if self.against_reference else 0.0
        return max(0.0, ms - was_ms)

    def coroutine(self, *kinds: Awaits) -> Culprit | None:
        """The coroutine that awaited these kinds, or anything where none is given.

        None for a request to a service of plain handlers: what waits there is who passes it on.
        """
        cost, clues = self.case.cost, self.case.comparison.clues
        if is_server(cost) and cost.service not in clues.asynchronous:
            return None
        return who.by_awaited(
            self.case,
            against_reference=self.against_reference,
            keep=lambda stack: not kinds or awaits(stack) in kinds,
        )

    def waits_for_own_threads(self) -> bool:
        """Whether what waits for a lock waits for threads that work for the place."""
        return waits_for_own_threads(self.case, against_reference=self.against_reference)

    def before(self, calls: ClientCalls) -> ClientCalls | None:
        """The reference's like calls, if they count."""
        return self.case.calls_before(calls) if self.against_reference else None

    def culprit(
        self, *kinds: Doing, share: float = MOSTLY, keep: Callable[[Stack], bool] = _any
    ) -> Culprit | None:
        """The function under these kinds of stacks."""
        return who.by_stacks(
            self.case,
            kinds,
            aim_ms=self.aim_ms,
            against_reference=self.against_reference,
            share=share,
            keep=keep,
        )


def _awaited_ms(waits: Sequence[Awaited], kinds: Sequence[Awaits]) -> float:
    return sum(ms for stack, ms in by_chain(waits).items() if awaits(stack) in kinds)


@dataclass(frozen=True)
class Explained:
    """A cause with its function, and the client calls that show it."""

    cause: Cause
    culprit: Culprit | None = None
    calls: ClientCalls | None = None
    detail: str = ""


Rule = Callable[[Question], Explained | None]
