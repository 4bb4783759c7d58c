"""Lengths of time as people write them."""

import pytest

from lab.duration import milliseconds, parse_us, seconds
from lab.errors import UsageError


@pytest.mark.parametrize(
    ("text", "expected_us"),
    [
        ("2s", 2_000_000),
        ("500ms", 500_000),
        ("250us", 250),
        ("1.5s", 1_500_000),
        ("1h30m", 5_400_000_000),
        ("24h", 86_400_000_000),
        ("7d", 604_800_000_000),
        (" 2S ", 2_000_000),
        ("0s", 0),
    ],
)
def test_a_duration_is_number_and_unit(text: str, expected_us: int) -> None:
    """Any sum of numbers with units is read as whole microseconds."""
    assert parse_us(text) == expected_us


@pytest.mark.parametrize("text", ["", "s", "-2s", "2 s", "2x", "1e3s", "nan", "2s!", "٣s", "1h-3m"])
def test_what_is_no_duration_is_refused_with_an_example(text: str) -> None:
    """The message names what was wrong, the value found, and shows a right one."""
    with pytest.raises(UsageError, match=r"--since is .*500ms, 2s, 1h30m or 24h"):
        parse_us(text, "--since")


def test_a_number_without_unit_is_refused_with_itself_in_seconds() -> None:
    """Whoever writes 2 is shown 2s."""
    with pytest.raises(UsageError, match="such as 2s"):
        parse_us("2")


def test_more_than_ten_years_is_refused() -> None:
    """A window can't begin before there were any traces."""
    with pytest.raises(UsageError, match="ten years"):
        parse_us("9999999d")


@pytest.mark.parametrize(
    ("duration_ms", "shown"),
    [
        (4203.4, "4,203"),
        (181.6, "182"),
        (99.94, "99.9"),
        (15.23, "15.2"),
        (0.412, "0.41"),
        (0, "0.00"),
    ],
)
def test_milliseconds_are_shown_with_three_digits(duration_ms: float, shown: str) -> None:
    """Small durations keep decimals, large ones get separators."""
    assert milliseconds(duration_ms) == shown


@pytest.mark.parametrize(
    ("duration_s", "shown"),
    [(86_400, "24 h"), (604_800, "7 d"), (90, "90 s"), (3_600, "60 min"), (0.5, "0.5 s")],
)
def test_seconds_are_shown_in_the_largest_whole_unit(duration_s: float, shown: str) -> None:
    """A day is 24 h, a week 7 d."""
    assert seconds(duration_s) == shown
