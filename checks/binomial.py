"""The exact two-sided binomial test, and what it is able to notice."""

from functools import lru_cache
from itertools import count
from math import exp, lgamma, log

ALPHA = 0.001
# Outcomes whose probabilities differ by rounding only count as equally likely (as in R).
SAME = 1 + 1e-7


def probability(kept: int, sent: int, ratio: float) -> float:
    """Probability of exactly ``kept`` of ``sent`` when each is kept with probability ``ratio``."""
    if ratio in (0.0, 1.0):
        return float(kept == sent * ratio)
    chosen = lgamma(sent + 1) - lgamma(kept + 1) - lgamma(sent - kept + 1)
    return exp(chosen + kept * log(ratio) + (sent - kept) * log(1 - ratio))


def p_value(kept: int, sent: int, ratio: float) -> float:
    """Two-sided p-value by the method of small probabilities, the one of R's `binom.test`.

    It is the probability, under ``ratio``, of all outcomes that are no more likely than ``kept``.
    """
    limit = probability(kept, sent, ratio) * SAME
    outcomes = (probability(k, sent, ratio) for k in range(sent + 1))
    return min(1.0, sum(p for p in outcomes if p <= limit))


def power(sent: int, ratio: float, true_ratio: float, alpha: float = ALPHA) -> float:
    """Probability that ``sent`` requests show a sampler of ``true_ratio`` to be not ``ratio``."""
    rejected = _rejected(sent, ratio, alpha)
    return min(1.0, sum(probability(kept, sent, true_ratio) for kept in rejected))


@lru_cache(maxsize=8)
def needed(ratio: float, alpha: float = ALPHA) -> int:
    """The fewest requests with which a sampler that keeps none would be found out."""
    return next(sent for sent in count(1) if p_value(0, sent, ratio) < alpha)


def requests_for(kept: int, ratio: float, confidence: float = 0.95) -> int:
    """How many requests to send so that at least ``kept`` are kept with this ``confidence``."""
    return next(
        sent
        for sent in count(kept)
        if sum(probability(k, sent, ratio) for k in range(kept)) <= 1 - confidence
    )


def _rejected(sent: int, ratio: float, alpha: float) -> list[int]:
    """The outcomes with a p-value below ``alpha``, in one pass from the least likely on."""
    by_likelihood = sorted((probability(kept, sent, ratio), kept) for kept in range(sent + 1))
    total, rejected, tied = 0.0, [], 0.0
    for likelihood, kept in by_likelihood:
        total += likelihood
        if total >= alpha:
            tied = likelihood / SAME
            break
        rejected.append(kept)
    # An outcome as likely as the one that crossed alpha has that one's p-value.
    return [kept for kept in rejected if probability(kept, sent, ratio) < tied]
