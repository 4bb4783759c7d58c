"""The exact binomial test."""

from math import comb

import pytest

from checks import binomial


@pytest.mark.parametrize(
    ("kept", "sent", "ratio", "expected"),
    [
        (682, 925, 0.75, 0.3825),  # Conover (1971), as in the manual of R's binom.test
        (51, 235, 1 / 6, 0.04375),  # the dice of Wikipedia's "Binomial test"
        (3, 15, 0.1, 0.18406),  # the manual of scipy.stats.binomtest
        (0, 10, 0.5, 2 / 1024),
        (5, 10, 0.5, 1.0),
    ],
)
def test_p_values_are_the_published_ones(
    kept: int, sent: int, ratio: float, expected: float
) -> None:
    """Two-sided p-values agree with those in textbooks and manuals."""
    assert binomial.p_value(kept, sent, ratio) == pytest.approx(expected, rel=2e-4)


def test_probabilities_are_the_binomial_ones_and_sum_to_one() -> None:
    """The distribution equals the one from whole binomial coefficients."""
    told = [binomial.probability(kept, 30, 0.1) for kept in range(31)]
    assert told == pytest.approx([comb(30, k) * 0.1**k * 0.9 ** (30 - k) for k in range(31)])
    assert sum(told) == pytest.approx(1)


@pytest.mark.parametrize(("ratio", "kept"), [(0.0, 0), (1.0, 30)])
def test_a_sampler_of_none_or_all_has_one_outcome(ratio: float, kept: int) -> None:
    """Ratios 0 and 1 leave no doubt."""
    told = [binomial.probability(k, 30, ratio) for k in range(31)]
    assert told == [float(k == kept) for k in range(31)]


@pytest.mark.parametrize("sent", [50, 130, 641])
def test_power_is_the_chance_of_a_rejected_outcome(sent: int) -> None:
    """Power sums exactly the outcomes whose p-value is below alpha."""
    rejected = [k for k in range(sent + 1) if binomial.p_value(k, sent, 0.1) < binomial.ALPHA]
    expected = sum(binomial.probability(k, sent, 0.5) for k in rejected)
    assert binomial.power(sent, 0.1, 0.5) == pytest.approx(expected)
    by_chance = sum(binomial.probability(k, sent, 0.1) for k in rejected)
    assert binomial.power(sent, 0.1, 0.1) == pytest.approx(by_chance)
    assert by_chance < binomial.ALPHA


def test_ties_are_treated_alike() -> None:
    """Equally likely outcomes on both sides are rejected together or not at all."""
    assert binomial.p_value(1, 12, 0.5) == pytest.approx(binomial.p_value(11, 12, 0.5))
    both_sides = binomial.p_value(1, 12, 0.5)
    strict = binomial.power(12, 0.5, 0.5, alpha=both_sides * 0.999)
    loose = binomial.power(12, 0.5, 0.5, alpha=both_sides * 1.001)
    assert strict == pytest.approx(2 / 4096)
    assert loose == pytest.approx(26 / 4096)


def test_the_fewest_requests_are_those_that_expose_a_dead_sampler() -> None:
    """With `needed` requests none kept is significant, with one fewer it isn't."""
    needed = binomial.needed(0.1)
    assert binomial.p_value(0, needed, 0.1) < binomial.ALPHA
    assert binomial.p_value(0, needed - 1, 0.1) >= binomial.ALPHA
    assert 60 < needed < 90


def test_requests_for_keeps_enough_with_the_stated_confidence() -> None:
    """So many requests keep ten with 95 %, one fewer does not."""
    sent = binomial.requests_for(10, 0.1)

    def chance_of_fewer(of: int) -> float:
        return sum(binomial.probability(k, of, 0.1) for k in range(10))

    assert chance_of_fewer(sent) <= 0.05 < chance_of_fewer(sent - 1)
