"""The latency models."""

import asyncio

import pytest

from services.providers.chat import MODELS
from services.providers.latency import QUERY, ChatLatency, ItemLatency, Pace


def test_mystery_query_takes_three_and_a_half_seconds() -> None:
    """gpt-4 with 1,850 tokens read and 420 written."""
    assert MODELS["gpt-4"].latency.of(1850, 420) == pytest.approx(3500)


def test_smaller_models_are_quicker() -> None:
    """For the same tokens, gpt-4o-mini needs less than a fifth of gpt-4's time."""
    times = [MODELS[name].latency.of(1850, 420) for name in ("gpt-4", "gpt-4o", "gpt-4o-mini")]
    assert times == sorted(times, reverse=True)
    assert times[2] < 0.2 * times[0]


def test_every_token_and_item_counts() -> None:
    """A base, and a share for each."""
    assert ChatLatency(100, 2, 3).of(10, 20) == 100 + 20 + 60
    assert ItemLatency(10, 2).of(5) == 20
    assert QUERY.of(60) > QUERY.of(30)


@pytest.mark.parametrize(
    ("scale", "worked_s", "expected_s"),
    [(1, 0.0, 2.0), (1, 0.5, 1.5), (1, 2.0, None), (1, 9.0, None), (0.5, 0.25, 0.75), (0, 0, None)],
)
def test_real_work_is_part_of_the_time(
    scale: float, worked_s: float, expected_s: float | None
) -> None:
    """What was worked already isn't waited for again, and there is no negative wait."""
    now_s = [10.0]
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    pace = Pace(scale, lambda: now_s[0], sleep)
    started_s = pace.start()
    now_s[0] += worked_s
    asyncio.run(pace.finish(started_s, 2000))
    assert waits == ([] if expected_s is None else [pytest.approx(expected_s)])
