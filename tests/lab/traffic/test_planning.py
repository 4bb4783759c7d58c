"""Who asks what, when."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest

from lab.traffic.planning import plan, starts_s
from lab.traffic.scenario import Request, Scenario

STEADY = Scenario(
    name="steady",
    description="",
    models={"small": 9.0, "large": 1.0},
    top_k={5: 3.0, 10: 1.0},
    users=20,
    user_skew=1.0,
    repeat_share=0.3,
    repeat_skew=1.0,
    use_cache=True,
    burst=1,
)
QUESTIONS = tuple(f"question {number}" for number in range(40))


def asks_the_same(one: Request) -> tuple[str, str, int]:
    """What the cache goes by."""
    return one.question, one.model, one.top_k


def test_the_same_seed_plans_the_same() -> None:
    """And a longer plan begins as the shorter one."""
    assert plan(STEADY, QUESTIONS, requests=50, seed=7) == plan(
        STEADY, QUESTIONS, requests=50, seed=7
    )
    assert plan(STEADY, QUESTIONS, requests=80, seed=7)[:50] == plan(
        STEADY, QUESTIONS, requests=50, seed=7
    )


def test_another_seed_or_scenario_plans_another() -> None:
    """Two scenarios with the same seed don't ask in the same order."""
    planned = plan(STEADY, QUESTIONS, requests=50, seed=7)
    assert planned != plan(STEADY, QUESTIONS, requests=50, seed=8)
    other = replace(STEADY, name="other")
    assert planned != plan(other, QUESTIONS, requests=50, seed=7)


def test_the_plan_does_not_change_between_versions() -> None:
    """What a learner sees with seed 1 is what the instructor saw."""
    first = plan(STEADY, QUESTIONS, requests=3, seed=1)
    assert [(one.question, one.user_id, one.model, one.top_k) for one in first] == [
        ("question 17", "u1", "small", 5),
        ("question 17", "u2", "small", 5),
        ("question 16", "u11", "large", 5),
    ]


def test_a_repeat_asks_what_an_earlier_one_asked() -> None:
    """Same question, model and top_k, so that the cache can answer it."""
    asked = set()
    for one in plan(STEADY, QUESTIONS, requests=500, seed=1):
        assert not one.is_repeat or asks_the_same(one) in asked
        asked.add(asks_the_same(one))


def test_the_share_of_repeats_is_the_scenarios() -> None:
    """30 % of many."""
    planned = plan(STEADY, QUESTIONS, requests=5_000, seed=1)
    assert sum(one.is_repeat for one in planned) / 5_000 == pytest.approx(0.3, abs=0.02)


def test_without_repeats_every_question_comes_before_any_comes_again() -> None:
    """The shuffle is used up, then starts again."""
    planned = plan(replace(STEADY, repeat_share=0.0), QUESTIONS, requests=80, seed=1)
    first, second = planned[:40], planned[40:]
    assert {one.question for one in first} == {one.question for one in second} == set(QUESTIONS)


def test_models_sizes_and_users_are_drawn_by_weight() -> None:
    """Nine small ones to a large one; the first user twice as busy as the second."""
    planned = plan(replace(STEADY, repeat_share=0.0), QUESTIONS, requests=8_000, seed=1)
    models = Counter(one.model for one in planned)
    assert models["small"] / 8_000 == pytest.approx(0.9, abs=0.02)
    assert Counter(one.top_k for one in planned)[5] / 8_000 == pytest.approx(0.75, abs=0.02)
    users = Counter(one.user_id for one in planned)
    assert set(users) == {f"u{number}" for number in range(1, 21)}
    assert users["u1"] / users["u2"] == pytest.approx(2, rel=0.15)


def test_the_number_of_users_can_be_overridden() -> None:
    """`--users 3` leaves u1 to u3."""
    planned = plan(STEADY, QUESTIONS, requests=200, seed=1, users=3)
    assert {one.user_id for one in planned} == {"u1", "u2", "u3"}


def test_a_scenario_without_cache_asks_past_it() -> None:
    """All of its requests, and only its."""
    cold = replace(STEADY, use_cache=False)
    assert all(one.no_cache for one in plan(cold, QUESTIONS, requests=50, seed=1))
    assert not any(one.no_cache for one in plan(STEADY, QUESTIONS, requests=50, seed=1))


def test_fixed_arrivals_are_evenly_spread() -> None:
    """Ten a second: one each 100 ms from the beginning on."""
    found = starts_s(4, rate=10, burst=1, seed=1, arrivals="fixed")
    assert found == pytest.approx([0.0, 0.1, 0.2, 0.3])


def test_a_burst_starts_together_and_the_rate_holds() -> None:
    """Five at a time, ten a second: two bursts a second."""
    found = starts_s(11, rate=10, burst=5, seed=1, arrivals="fixed")
    assert found == pytest.approx([0.0] * 5 + [0.5] * 5 + [1.0])


def test_poisson_arrivals_keep_the_rate_and_vary_as_they_should() -> None:
    """Gaps of an exponential distribution: their deviation is their mean."""
    found = starts_s(20_000, rate=50, burst=1, seed=1)
    gaps = [after - before for before, after in pairwise(found)]
    mean = sum(gaps) / len(gaps)
    deviation = (sum((gap - mean) ** 2 for gap in gaps) / len(gaps)) ** 0.5
    assert mean == pytest.approx(0.02, rel=0.03)
    assert deviation == pytest.approx(0.02, rel=0.05)
    assert found == starts_s(20_000, rate=50, burst=1, seed=1)
