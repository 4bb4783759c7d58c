"""What is to be explained about a place, and what explains it."""

from collections.abc import Callable
from dataclasses import dataclass

from lab.cause import Cause
from lab.diagnosis import who
from lab.diagnosis.blame import MOSTLY
from lab.diagnosis.case import Case
from lab.diagnosis.doing import Doing
from lab.diagnosis.who import Culprit
from lab.measure.measurement import ClientCalls
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


@dataclass(frozen=True)
class Explained:
    """A cause with its function, and the client calls that show it."""

    cause: Cause
    culprit: Culprit | None = None
    calls: ClientCalls | None = None
    detail: str = ""


Rule = Callable[[Question], Explained | None]
