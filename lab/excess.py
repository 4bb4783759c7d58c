"""What a span takes beyond what it needs, by a healthy reference."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from lab.balance import Balance
from lab.measurement import Request, SpanCost
from services.telemetry import conventions as names

Basis = Literal["reference", "envelope", "evidence"]
"""A reference of the same request, one of another, or none."""

LEAST_NOISE_MS = 15.0
SPREADS = 3.0
CPU_NOISE = 0.15
CROWD_NOISE = 0.5
PROVIDER_NOISE = 0.04
BETWEEN_NOISE = 0.25
# A request that asks for as much may still cost so much more than the one the reference is of.
OTHER_REQUEST = 1.3
STEADY_SHARE = 2 / 3
MORE_TOKENS = 1.1
MORE_TOKENS_ANYWAY = 50.0


@dataclass(frozen=True)
class Excess:
    """``over_ms`` is the median of the replays less ``expected_ms``, without ``crowded_ms``.

    Below ``noise_ms`` it means nothing. ``is_steady``: enough of the replays show it.
    """

    over_ms: float
    expected_ms: float
    noise_ms: float
    crowded_ms: float
    is_steady: bool

    @property
    def is_clear(self) -> bool:
        return self.is_steady and self.over_ms > self.noise_ms


def scale(now: Request, reference: Request) -> float:
    """How much more work the request asks for than the reference's did, never less than 1."""
    more_words = now.question_words / max(1, reference.question_words)
    more_passages = now.top_k / max(1, reference.top_k)
    return max(1.0, more_words) * max(1.0, more_passages)


def over_reference(
    now: tuple[SpanCost, Balance], before: tuple[SpanCost, Balance] | None, machine: float
) -> Excess:
    """Against the same request's healthy cost at that place (None: it had no such span)."""
    cost, present = now
    if before is None:
        return _excess(cost, present, 0.0, 0.0, LEAST_NOISE_MS)
    was, past = before
    expected_ms = was.typical_ms + (machine - 1) * past.computing_ms
    noise_ms = _noise_ms(cost.critical_ms, was.critical_ms) + _wait_noise_ms(now, before)
    computing_ms = max(present.computing_ms, machine * past.computing_ms)
    noise_ms = max(LEAST_NOISE_MS, noise_ms, CPU_NOISE * computing_ms)
    return _excess(cost, present, expected_ms, past.crowded_ms, noise_ms)


def over_envelope(
    now: tuple[SpanCost, Balance], before: tuple[SpanCost, Balance], machine: float, more: float
) -> Excess:
    """Against what a request asking ``more`` times as much may cost at most, by another's."""
    cost, present = now
    was, past = before
    expected_ms = was.typical_ms + (machine - 1) * past.computing_ms
    expected_ms *= OTHER_REQUEST * more
    noise_ms = _noise_ms(cost.critical_ms, was.critical_ms) + _wait_noise_ms(now, before)
    return _excess(cost, present, expected_ms, past.crowded_ms, max(LEAST_NOISE_MS, noise_ms))


def spread_ms(values: Sequence[float]) -> float:
    """The standard error of the median, from the median absolute deviation.

    Of one value nothing is known: 5 % of it is taken.
    """
    middle = median(values)
    if len(values) == 1:
        return 0.05 * abs(middle)
    deviation = median(abs(value - middle) for value in values)
    return float(1.4826 * deviation / len(values) ** 0.5)


def _excess(
    cost: SpanCost, present: Balance, expected_ms: float, crowded_before_ms: float, noise_ms: float
) -> Excess:
    more_ms = cost.typical_ms - expected_ms
    crowded_ms = min(max(0.0, more_ms), max(0.0, present.crowded_ms - crowded_before_ms))
    over_ms = more_ms - crowded_ms
    noise_ms += CROWD_NOISE * crowded_ms
    shown = [value - expected_ms - crowded_ms > over_ms / 2 for value in cost.critical_ms]
    is_steady = sum(shown) >= STEADY_SHARE * len(shown)
    return Excess(over_ms, expected_ms, noise_ms, crowded_ms, is_steady)


def _noise_ms(now_ms: Sequence[float], before_ms: Sequence[float]) -> float:
    return SPREADS * float((spread_ms(now_ms) ** 2 + spread_ms(before_ms) ** 2) ** 0.5)


def has_more_tokens(cost: SpanCost, was: SpanCost, times: float = MORE_TOKENS) -> bool:
    """Whether a model was sent clearly more than in the reference."""
    if names.LLM_COMPLETION_TOKENS not in cost.tokens:
        return False
    sent = cost.tokens.get(names.LLM_PROMPT_TOKENS, 0.0)
    sent_before = was.tokens.get(names.LLM_PROMPT_TOKENS, 0.0)
    return 0 < times * sent_before + MORE_TOKENS_ANYWAY <= sent


def _wait_noise_ms(now: tuple[SpanCost, Balance], before: tuple[SpanCost, Balance]) -> float:
    """Whoever answers is not always equally quick; nor is the way to another service.

    Not so where a model was sent more: then there is a reason for its taking longer.
    """
    (cost, present), (was, past) = now, before
    between_ms = present.calls_ms - present.provider_ms
    is_model = bool(cost.tokens) and not has_more_tokens(cost, was)
    provider_ms = max(present.provider_ms, past.provider_ms) if is_model else 0.0
    return PROVIDER_NOISE * provider_ms + BETWEEN_NOISE * between_ms
