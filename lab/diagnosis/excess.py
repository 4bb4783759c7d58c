"""What a span takes beyond what it needs, by a healthy reference."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from lab.diagnosis.balance import Balance
from lab.diagnosis.shape import is_server
from lab.measure.measurement import Request, SpanCost
from services.telemetry import conventions as names

Basis = Literal["reference", "envelope", "evidence"]
"""A reference of the same request, one of another, or none."""

LEAST_NOISE_MS = 15.0
# A server's own span begins and ends on an event loop that runs other requests as well.
SERVER_NOISE_MS = 40.0
SPREADS = 3.0
CPU_NOISE = 0.15
CROWD_NOISE = 0.25
CROWDED_WAITS = 0.3
LONG_WAIT_MS = 500.0
PROVIDER_NOISE = 0.04
BETWEEN_NOISE = 0.25
# A request that asks for as much may still cost so much more than the one the reference is of.
OTHER_REQUEST = 1.3
STEADY_SHARE = 1 / 3
MORE_TOKENS = 1.1
MORE_TOKENS_ANYWAY = 50.0


@dataclass(frozen=True)
class Side:
    """A place's cost in one of two measurements."""

    cost: SpanCost
    balance: Balance

    @property
    def cpu_ms(self) -> tuple[float, ...] | None:
        """Each replay's CPU time, if that says something of the work."""
        return self.cost.cpu_ms if self.balance.cpu_ms is not None else None


@dataclass(frozen=True)
class Excess:
    """``over_ms`` is the median of what the replays needed less ``expected_ms``; neither has time
    in it that others took (``crowded_ms`` now).

    Below ``noise_ms`` it means nothing. ``is_steady``: every replay shows some of it. What a
    machine does to a replay only ever makes it longer, so the quickest one tells most.
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


def over_reference(now: Side, before: Side | None, machine: float, crowding: float) -> Excess:
    """Against the same request's healthy cost at that place (None: it had no such span)."""
    if before is None:
        return _excess(now, 0.0, _least_ms(now.cost))
    expected_ms = median(before.balance.needed_ms) + (machine - 1) * before.balance.computing_ms
    computing_ms = max(now.balance.computing_ms, machine * before.balance.computing_ms)
    noise_ms = max(_noise_ms(now, before, crowding), CPU_NOISE * computing_ms)
    return _by_processor(now, before, machine, _excess(now, expected_ms, noise_ms))


def over_envelope(now: Side, before: Side, machine: float, crowding: float, more: float) -> Excess:
    """Against what a request asking ``more`` times as much may cost at most, by another's."""
    expected_ms = median(before.balance.needed_ms) + (machine - 1) * before.balance.computing_ms
    return _excess(now, OTHER_REQUEST * more * expected_ms, _noise_ms(now, before, crowding))


def spread_ms(values: Sequence[float]) -> float:
    """The standard error of the median, from the median absolute deviation.

    Of one value nothing is known: 5 % of it is taken.
    """
    middle = median(values)
    if len(values) == 1:
        return 0.05 * abs(middle)
    deviation = median(abs(value - middle) for value in values)
    return float(1.4826 * deviation / len(values) ** 0.5)


def _excess(now: Side, expected_ms: float, noise_ms: float) -> Excess:
    needed_ms, crowded_ms = now.balance.needed_ms, now.balance.crowded_ms
    over_ms = median(needed_ms) - expected_ms
    return Excess(
        over_ms, expected_ms, noise_ms, crowded_ms, _is_steady(needed_ms, expected_ms, over_ms)
    )


def _by_processor(now: Side, before: Side, machine: float, excess: Excess) -> Excess:
    """The excess in computing alone, where that is clear and the whole is not.

    However long a busy machine makes the waits: the processor's clock counts what is computed.
    """
    used_ms, used_before_ms = now.cpu_ms, before.cpu_ms
    if excess.is_clear or not used_ms or not used_before_ms:
        return excess
    expected_ms = machine * median(used_before_ms)
    over_ms = median(used_ms) - expected_ms
    noise_ms = SPREADS * (spread_ms(used_ms) ** 2 + spread_ms(used_before_ms) ** 2) ** 0.5
    noise_ms = max(LEAST_NOISE_MS, noise_ms, CPU_NOISE * max(median(used_ms), expected_ms))
    by_processor = Excess(
        over_ms,
        expected_ms=median(now.balance.needed_ms) - over_ms,
        noise_ms=noise_ms,
        crowded_ms=excess.crowded_ms,
        is_steady=_is_steady(used_ms, expected_ms, over_ms),
    )
    return by_processor if by_processor.is_clear else excess


def _is_steady(each_ms: Sequence[float], expected_ms: float, over_ms: float) -> bool:
    return min(each_ms) - expected_ms >= max(LEAST_NOISE_MS, STEADY_SHARE * over_ms)


def _least_ms(cost: SpanCost) -> float:
    return SERVER_NOISE_MS if is_server(cost) else LEAST_NOISE_MS


def _noise_ms(now: Side, before: Side, crowding: float) -> float:
    spreads = (spread_ms(side.balance.needed_ms) for side in (now, before))
    noise_ms = SPREADS * sum(spread**2 for spread in spreads) ** 0.5
    crowded_ms = max(now.balance.crowded_ms, before.balance.crowded_ms)
    noise_ms += CROWD_NOISE * crowded_ms + _wait_noise_ms(now, before, crowding)
    return float(max(_least_ms(now.cost), noise_ms))


def _wait_noise_ms(now: Side, before: Side, crowding: float) -> float:
    """Whoever answers is not always equally quick; nor is the way to another service.

    A model that was sent more has a reason for taking longer. On a crowded machine all that answers
    takes longer.
    """
    present = now.balance
    between_ms = present.calls_ms - present.provider_ms
    provider_ms = max(present.provider_ms, before.balance.provider_ms)
    if has_more_tokens(now.cost, before.cost):
        provider_ms = 0.0
    crowded_ms = CROWDED_WAITS * max(0.0, crowding - 1) * min(present.waiting_ms, LONG_WAIT_MS)
    return PROVIDER_NOISE * provider_ms + BETWEEN_NOISE * between_ms + crowded_ms


def has_more_tokens(cost: SpanCost, was: SpanCost, times: float = MORE_TOKENS) -> bool:
    """Whether a model was sent clearly more than in the reference."""
    if names.LLM_COMPLETION_TOKENS not in cost.tokens:
        return False
    sent = cost.tokens.get(names.LLM_PROMPT_TOKENS, 0.0)
    sent_before = was.tokens.get(names.LLM_PROMPT_TOKENS, 0.0)
    return 0 < times * sent_before + MORE_TOKENS_ANYWAY <= sent
