"""Which containers grow, and what holds them."""

import sys
from collections.abc import Iterator
from functools import cache
from types import ModuleType

import pytest

from services.telemetry.holders import Census, Grown

LEAST = 5


class Store:
    """Holds a dict as an attribute."""

    shared: list[int] = []  # noqa: RUF012 - the mistake that is to be found

    def __init__(self) -> None:
        self.cache: dict[int, str] = {}
        self.by_user: dict[str, list[int]] = {"u1": []}


class Slotted:
    """Holds a dict in a slot."""

    __slots__ = ("cache",)

    def __init__(self) -> None:
        self.cache: dict[int, str] = {}


@pytest.fixture
def module() -> Iterator[ModuleType]:
    """An imported module."""
    made = ModuleType("services.tiny")
    sys.modules["services.tiny"] = made
    yield made
    del sys.modules["services.tiny"]


def named(census: Census) -> dict[str, Grown]:
    """What has grown, by name."""
    return {one.name: one for one in census.look() if one.name}


def test_an_attribute_that_grows_is_named_by_its_class() -> None:
    """`Store.cache` gained ten entries."""
    store, census = Store(), Census(LEAST)
    store.cache.update(dict.fromkeys(range(3), "before"))
    census.look()
    store.cache.update(dict.fromkeys(range(3, 13), "after"))
    found = named(census)["Store.cache"]
    assert (found.kind, found.length, found.grown_by) == ("dict", 13, 10)


def test_slots_class_attributes_and_nested_containers_are_named() -> None:
    """A slot, a list of the class itself, a list inside a dict of an object."""
    store, slotted, census = Store(), Slotted(), Census(LEAST)
    census.look()
    slotted.cache.update(dict.fromkeys(range(10), ""))
    Store.shared.extend(range(10))
    store.by_user["u1"].extend(range(10))
    assert {"Slotted.cache", "Store.shared", "Store.by_user[...]"} <= set(named(census))
    Store.shared.clear()


def test_a_variable_of_a_module_is_named_and_is_our_own(module: ModuleType) -> None:
    """`tiny.seen` of services/tiny.py is our own code's."""
    module.seen = set()  # type: ignore[attr-defined]
    census = Census(LEAST)
    census.look()
    module.seen.update(range(10))
    found = named(census)["tiny.seen"]
    assert found.is_own
    assert found.kind == "set"


def test_a_closures_variable_is_named_by_its_function() -> None:
    """A dict that a decorator's inner function keeps."""

    def remembering() -> object:
        seen: dict[int, int] = {}

        def remember(number: int) -> int:
            return seen.setdefault(number, number)

        return remember

    remember, census = remembering(), Census(LEAST)
    census.look()
    for number in range(10):
        remember(number)  # type: ignore[operator]
    assert any(name.startswith("closure of ") for name in named(census))


def test_an_lru_cache_without_a_bound_is_named_by_what_it_caches() -> None:
    """lru_cache's own container is of C; it tells its size, and that grew."""

    @cache
    def squared(number: int) -> int:
        return number * number

    census = Census(LEAST)
    census.look()
    for number in range(10):
        squared(number)
    found = next(one for one in census.look() if one.kind == "lru_cache")
    assert found.name is not None
    assert found.name.endswith("squared")
    assert found.grown_by == 10


def test_what_grew_once_is_not_told_again() -> None:
    """A container that is filled, then left alone, doesn't grow."""
    store, census = Store(), Census(LEAST)
    census.look()
    store.cache.update(dict.fromkeys(range(10), ""))
    assert "Store.cache" in named(census)
    assert "Store.cache" not in named(census)


def test_growth_is_told_from_the_first_look() -> None:
    """Over three looks the entries of both times add up."""
    store, census = Store(), Census(LEAST)
    census.look()
    for start in (0, 10):
        store.cache.update(dict.fromkeys(range(start, start + 10), ""))
        found = named(census)["Store.cache"]
    assert found.grown_by == 20
