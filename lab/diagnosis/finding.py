"""A place that takes longer than it needs, with its cause: what the verdict is made from."""

from dataclasses import dataclass
from functools import cached_property

from lab.diagnosis.case import Case
from lab.diagnosis.findings import Confidence
from lab.diagnosis.question import Explained
from lab.measure.measurement import Counted

ENOUGH_REPLAYS = 2
ENOUGH_SAMPLES = 10
RATE_HZ = 100
CROWDED_SHARE = 0.3
LEVELS: tuple[Confidence, ...] = ("high", "medium", "low")


@dataclass(frozen=True)
class Finding:
    """``by_itself``: the evidence alone says that the time is avoidable, no reference does.

    ``in_spans`` is not 0 where the function stands out against the reference, not the place as a
    whole: in so many spans together, of which the case is the one with most of it.
    """

    case: Case
    explained: Explained
    avoidable_ms: float
    by_itself: bool
    exponents: tuple[tuple[str, float], ...]
    in_spans: int = 0

    @cached_property
    def counted(self) -> Counted | None:
        """The counted replay's record of the function in the span."""
        culprit = self.explained.culprit
        if culprit is None:
            return None
        cost, clues = self.case.cost, self.case.comparison.clues
        return clues.counted_as(cost, culprit.function, culprit.file)

    @property
    def is_shown_by_reference(self) -> bool:
        """Whether a reference of the same request takes that time too."""
        excess = self.case.excess
        is_more = excess is not None and excess.is_clear
        return self.by_itself and self.case.comparison.basis == "reference" and not is_more

    @property
    def confidence(self) -> Confidence:
        """High, less one step for each thing that weakens it."""
        case, comparison = self.case, self.case.comparison
        samples = self.avoidable_ms / 1000 * RATE_HZ * comparison.now.replays
        excess = case.excess
        weak = [
            comparison.basis != "reference" or self.is_shown_by_reference,
            comparison.now.replays < ENOUGH_REPLAYS,
            self.explained.culprit is None,
            samples < ENOUGH_SAMPLES,
            excess is not None and excess.crowded_ms > CROWDED_SHARE * self.avoidable_ms,
            excess is not None and not self.by_itself and self.avoidable_ms < 2 * excess.noise_ms,
        ]
        if self.explained.cause == "unclear":
            return "low"
        return LEVELS[min(2, sum(weak))]
