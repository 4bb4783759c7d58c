"""Who asks what in which order, and when: nothing but a scenario, questions and a number."""

import math
import random
from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate, islice
from typing import Literal

from lab.traffic.scenario import Request, Scenario

Arrivals = Literal["poisson", "fixed"]


def plan(
    scenario: Scenario,
    questions: Sequence[str],
    *,
    requests: int,
    seed: int,
    users: int | None = None,
) -> tuple[Request, ...]:
    """The first ``requests`` of `endless`."""
    return tuple(islice(endless(scenario, questions, seed=seed, users=users), requests))


def endless(
    scenario: Scenario, questions: Sequence[str], *, seed: int, users: int | None = None
) -> Iterator[Request]:
    """Requests without end, the same ones for the same arguments.

    ``users`` overrides how many users the scenario has.
    """
    rng = random.Random(f"requests:{scenario.name}:{seed}")  # noqa: S311 - must be repeatable
    by_user = [*accumulate(_weight(rank, scenario.user_skew) for rank in _ranks(scenario, users))]
    fresh = _fresh(scenario, questions, rng)
    earlier: list[Request] = []
    by_earlier: list[float] = []
    while True:
        if earlier and rng.random() < scenario.repeat_share:
            request = replace(earlier[_draw(rng, by_earlier)], is_repeat=True)
        else:
            request = next(fresh)
            earlier.append(request)
            so_far = by_earlier[-1] if by_earlier else 0.0
            by_earlier.append(so_far + _weight(len(earlier), scenario.repeat_skew))
        yield replace(request, user_id=f"u{_draw(rng, by_user) + 1}")


def starts_s(
    requests: int, *, rate: float, burst: int, seed: int, arrivals: Arrivals = "poisson"
) -> tuple[float, ...]:
    """When to send each request, in seconds from the beginning, ``rate`` a second on average.

    ``burst`` requests start together. The gaps between bursts are all alike (``fixed``) or drawn
    from the exponential distribution (``poisson``), as of users who don't know of each other.
    """
    rng = random.Random(f"starts:{seed}")  # noqa: S311 - must be repeatable
    gap_s = burst / rate
    found: list[float] = []
    at_s = 0.0
    while len(found) < requests:
        found.extend([at_s] * burst)
        at_s += gap_s if arrivals == "fixed" else rng.expovariate(1 / gap_s)
    return tuple(found[:requests])


def _fresh(scenario: Scenario, questions: Sequence[str], rng: random.Random) -> Iterator[Request]:
    models, by_model = list(scenario.models), [*accumulate(scenario.models.values())]
    sizes, by_size = list(scenario.top_k), [*accumulate(scenario.top_k.values())]
    order = list(questions)
    rng.shuffle(order)
    while True:
        for question in order:
            model, top_k = models[_draw(rng, by_model)], sizes[_draw(rng, by_size)]
            yield Request(question, "", top_k, model, no_cache=not scenario.use_cache)


def _ranks(scenario: Scenario, users: int | None) -> range:
    return range(1, (users or scenario.users) + 1)


def _weight(rank: int, skew: float) -> float:
    """Zipf's law: the rank's weight in a popularity contest."""
    return math.pow(rank, -skew)


def _draw(rng: random.Random, cumulated: Sequence[float]) -> int:
    """An index with a probability in proportion to its weight, the weights summed up."""
    return min(bisect(cumulated, rng.random() * cumulated[-1]), len(cumulated) - 1)
