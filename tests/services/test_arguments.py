"""Keys of arguments: equal for equal ones, different for different ones, nothing of them kept."""

import sys
import time
from typing import Any

import pytest

from services.telemetry import arguments
from services.telemetry.arguments import Keys, names


class Thing:
    """An object that must not be asked for anything."""

    def __eq__(self, other: object) -> bool:
        raise AssertionError("its code was run")

    def __hash__(self) -> int:
        raise AssertionError("its code was run")

    def __len__(self) -> int:
        raise AssertionError("its code was run")


THING = Thing()
LONG = list(range(2000))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a", "a"),
        (("a", 1, None), ("a", 1, None)),
        (["a", ["b"]], ["a", ["b"]]),
        ({"a": [1], "b": 2}, {"b": 2, "a": [1]}),
        ({1, 2}, {2, 1}),
        (THING, THING),
        ([THING], [THING]),
        (LONG, LONG),
    ],
)
def test_equal_arguments_have_equal_keys(one: Any, other: Any) -> None:
    """Text, numbers and containers by content, other objects by identity."""
    keys = Keys()
    assert keys.of(one) == keys.of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a", "b"),
        ("a", b"a"),
        (1, True),
        (1, 1.0),
        (["a"], ("a",)),
        (["a", "b"], ["b", "a"]),
        ({"a": 1}, {"a": 2}),
        (["a"], ["a", "b"]),
        (Thing(), Thing()),
        ([Thing()], [Thing()]),
        (LONG, [*LONG, 1]),
    ],
)
def test_different_arguments_have_different_keys(one: Any, other: Any) -> None:
    """In type, content, order or identity."""
    keys = Keys()
    assert keys.of(one) != keys.of(other)


def test_a_list_that_has_grown_is_different() -> None:
    """The same list, called with it again after an append."""
    keys, blocks = Keys(), ["a"]
    before = keys.of(blocks)
    blocks.append("b")
    assert keys.of(blocks) != before


def test_an_identity_is_not_given_again() -> None:
    """Objects made one after another would share an address, and count as one."""
    keys = Keys()
    assert len({keys.of(object()) for _ in range(100)}) == 100


def test_a_list_in_itself_has_a_key() -> None:
    """Depth is limited."""
    endless: list[Any] = []
    endless.append(endless)
    keys = Keys()
    assert keys.of(endless) == keys.of(endless)


def test_the_arguments_of_a_call_are_read_from_its_frame() -> None:
    """Positional, keyword-only and variadic ones, not what is assigned later."""

    def called(first: str, *rest: int, last: bool = False, **more: str) -> int:
        key = keys.of_call(sys._getframe(), names(called.__code__))
        first = f"{first}{rest}{last}{more}"
        return key

    keys = Keys()
    assert names(called.__code__) == ("first", "last", "rest", "more")
    assert called("a", 1, x="y") == called("a", 1, x="y")
    different = [called("b", 1, x="y"), called("a", 2), called("a", 1, last=True), called("a", 1)]
    assert len({called("a", 1, x="y"), *different}) == 5


@pytest.mark.parametrize("value", [[1] * 200, "a" * 100_000, {"a": "b" * 50_000}])
def test_there_is_a_budget_of_values_to_hash(
    value: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of elements and characters; then it says that it is spent."""
    monkeypatch.setattr(arguments, "MOST_VALUES", 1000)
    keys = Keys()
    spent = []
    for _ in range(9):
        keys.of(value)
        spent.append(keys.is_spent)
    assert (spent[0], spent[-1]) == (False, True)


def test_a_long_list_is_not_hashed_for_each_of_many_calls() -> None:
    """100,000 calls with 200 words each would take four seconds."""
    keys, words = Keys(), [f"word{number}" for number in range(200)]
    began_s = time.thread_time()
    for number in range(100_000):
        if not keys.is_spent:
            keys.of((number, words))
    assert time.thread_time() - began_s < 2
